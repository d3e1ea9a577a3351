/* The questions of a file, and what the model makes of them. */
#include "server/eval_analogies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/text_words.h"

enum {
  NEAREST = 5, /* which gensim looks at, for one that is no other case of a word of the question */
  FORM_MAX = 1 << 24
};

void eval_analogies_init(struct eval_analogies *all) {
  *all = (struct eval_analogies){.count = 0};
  bytes_init(&all->text, (size_t)1 << 32);
}

void eval_analogies_release(struct eval_analogies *all) {
  bytes_release(&all->text);
  free(all->analogies);
  free(all->sections);
}

static bool no_memory(void) {
  fprintf(stderr, "wordvec eval: out of memory\n");
  return false;
}

/* ---- Reading */

/* A section's name: colons and spaces before it and white space around it left out. */
static struct word section_name(struct word line) {
  struct word piece, rest = line, name = {line.bytes + line.length, 0};
  while (rest.length > 0 && (*rest.bytes == ':' || *rest.bytes == ' ')) rest.bytes++, rest.length--;
  if (rest.length > 0) name = (struct word){rest.bytes, 0};
  for (bool first = true; text_words_next(&rest, &piece); first = false) {
    if (first) name.bytes = piece.bytes;
    name.length = (size_t)(piece.bytes + piece.length - name.bytes);
  }
  return name;
}

static bool add_section(struct eval_analogies *all, struct word line) {
  if (all->section_count == all->section_capacity) {
    size_t capacity = all->section_capacity ? all->section_capacity * 2 : 16;
    struct analogy_section *sections = reallocarray(all->sections, capacity, sizeof *sections);
    if (!sections) return no_memory();
    all->sections = sections;
    all->section_capacity = capacity;
  }
  all->sections[all->section_count++] = (struct analogy_section){section_name(line), all->count, 0};
  return true;
}

static bool add_analogy(struct eval_analogies *all, const struct eval_words *words,
                        const struct word pieces[ANALOGY_WORDS]) {
  if (all->count == all->capacity) {
    size_t capacity = all->capacity ? all->capacity * 2 : 1024;
    struct analogy *analogies = reallocarray(all->analogies, capacity, sizeof *analogies);
    if (!analogies) return no_memory();
    all->analogies = analogies;
    all->capacity = capacity;
  }
  struct analogy *analogy = &all->analogies[all->count];
  *analogy = (struct analogy){.outcome = ANALOGY_INCORRECT};
  for (size_t i = 0; i < ANALOGY_WORDS; i++) {
    struct word form;
    if (eval_words_form(words, pieces[i], &all->text, &form) != STATUS_OK) return no_memory();
    if (!eval_words_find(words, form, &analogy->rows[i])) analogy->outcome = ANALOGY_UNKNOWN;
    analogy->words[i] = (struct word){NULL, form.length}; /* the text still moves */
  }
  all->count++;
  all->sections[all->section_count - 1].count++;
  return true;
}

static bool read_line(struct eval_analogies *all, const struct eval_words *words, const struct eval_text *text,
                      struct word line) {
  struct word pieces[ANALOGY_WORDS], piece;
  size_t count = 0;
  if (line.length >= 2 && memcmp(line.bytes, ": ", 2) == 0) return add_section(all, line);
  if (all->section_count == 0) {
    fprintf(stderr, "wordvec eval: %s: line %zu comes before the first section, which is a line ': NAME'\n", text->path,
            text->line);
    return false;
  }
  while (text_words_next(&line, &piece)) {
    if (count < ANALOGY_WORDS) pieces[count] = piece;
    count++;
  }
  if (count == ANALOGY_WORDS) return add_analogy(all, words, pieces);
  all->invalid += count > 0;
  return true;
}

bool eval_analogies_read(struct eval_analogies *all, const struct eval_words *words, struct eval_text *text) {
  struct word line;
  while (eval_text_next(text, &line))
    if (!read_line(all, words, text, line)) return false;
  const char *at = (const char *)all->text.data;
  for (size_t i = 0; i < all->count; i++) {
    for (size_t w = 0; w < ANALOGY_WORDS; w++) {
      all->analogies[i].words[w].bytes = at;
      at += all->analogies[i].words[w].length;
    }
  }
  if (all->count > 0) return true;
  fprintf(stderr, "wordvec eval: %s has no question: one is a line of four words\n", text->path);
  return false;
}

/* ---- Asking */

static bool same(struct word a, struct word b) {
  return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

static bool is_of_question(const struct analogy *analogy, struct word form) {
  for (size_t i = 0; i < ANALOGY_WORDS - 1; i++)
    if (same(analogy->words[i], form)) return true;
  return false;
}

/* As gensim does: the first of the nearest that is no word of the question decides; if all are, the last one. False: no
 * memory, or they are no neighbors. */
static bool judge(struct analogy *analogy, const struct eval_words *words, const struct json_t *neighbors,
                  struct bytes texts[2]) {
  struct word word, form = {"", 0};
  size_t count = answer_count(neighbors);
  bool decided = false;
  for (size_t i = 0; !decided && i < count; i++) {
    uint32_t row;
    texts[0].length = texts[1].length = 0;
    if (!answer_word(answer_element(neighbors, i), "word", &texts[0], &word) ||
        eval_words_form(words, word, &texts[1], &form) != STATUS_OK)
      return false;
    decided = eval_words_find(words, form, &row) && !is_of_question(analogy, form);
  }
  bool correct = count > 0 && same(form, analogy->words[ANALOGY_WORDS - 1]);
  analogy->outcome = correct ? ANALOGY_CORRECT : ANALOGY_INCORRECT;
  return true;
}

static bool judge_all(struct analogy *const *asked, size_t count, const struct eval_words *words,
                      const struct json_t *results) {
  struct bytes texts[2];
  for (size_t i = 0; i < 2; i++) bytes_init(&texts[i], FORM_MAX);
  bool good = answer_count(results) == count;
  for (size_t i = 0; good && i < count; i++) {
    const struct json_t *result = answer_element(results, i);
    const struct json_t *neighbors = answer_member(result, "neighbors");
    /* A sum without a direction is an error, and finds nothing. */
    good = neighbors || answer_member(result, "error");
    if (good) good = judge(asked[i], words, neighbors, texts);
  }
  for (size_t i = 0; i < 2; i++) bytes_release(&texts[i]);
  if (!good) fprintf(stderr, "wordvec eval: out of memory, or the answer is not what /neighbors answers\n");
  return good;
}

static bool ask_batch(struct analogy *const *asked, size_t count, const struct eval_words *words, struct ask *ask,
                      const struct options *options) {
  struct question question;
  struct answer answer;
  question_begin(&question, "/neighbors", options);
  question_integer(&question, "k", NEAREST);
  if (options->eval.restrict_vocab < eval_words_rows(words))
    question_integer(&question, "restrict_vocab", options->eval.restrict_vocab);
  for (size_t i = 0; i < count; i++) {
    const uint64_t positive[] = {asked[i]->rows[1], asked[i]->rows[2]}, negative[] = {asked[i]->rows[0]};
    question_query_sum(&question, positive, 2, negative, 1);
  }
  bool good = ask_question(ask, &question, &answer) == ASK_ANSWERED;
  question_release(&question);
  if (!good) return false;
  good = judge_all(asked, count, words, answer_member(answer.root, "results"));
  answer_clear(&answer);
  return good;
}

bool eval_analogies_ask(struct eval_analogies *all, const struct eval_words *words, struct ask *ask,
                        const struct options *options) {
  struct ask_limits limits;
  if (!ask_limits(ask, &limits)) return false;
  struct analogy **batch = calloc(limits.batch_queries, sizeof(struct analogy *));
  size_t count = 0;
  bool good = batch || no_memory();
  for (size_t i = 0; good && i < all->count; i++) {
    if (all->analogies[i].outcome != ANALOGY_UNKNOWN) batch[count++] = &all->analogies[i];
    if (count < limits.batch_queries && (i + 1 < all->count || count == 0)) continue;
    good = ask_batch(batch, count, words, ask, options);
    count = 0;
  }
  free(batch);
  return good;
}

size_t eval_analogies_count(const struct eval_analogies *all, const struct analogy_section *section,
                            enum analogy_outcome outcome) {
  size_t first = section ? section->first : 0, count = section ? section->count : all->count, found = 0;
  for (size_t i = first; i < first + count; i++) found += all->analogies[i].outcome == outcome;
  return found;
}
