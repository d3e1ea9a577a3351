/* Forms in byte order, found by halving. */
#include "server/eval_words.h"

#include <stdlib.h>
#include <string.h>

#include "store/case_upper.h"

struct entry {
  struct word form; /* while gathering, bytes is NULL and length alone counts: the text still moves */
  uint32_t row;
};

struct eval_words {
  bool upper;
  uint64_t rows;
  uint64_t most; /* rows that count */
  struct bytes text;
  struct entry *entries;
  size_t count, capacity;
};

enum { TEXT_MAX_SHIFT = 34, PAGE_MOST = 1000, WORD_TEXT_MAX = 1 << 20 };

enum status eval_words_form(const struct eval_words *words, struct word word, struct bytes *text, struct word *form) {
  size_t start = text->length;
  enum status status = bytes_reserve(text, word.length * CASE_UPPER_GROWTH + 1);
  if (status != STATUS_OK) return status;
  char *to = (char *)text->data + start;
  size_t length = word.length;
  if (words->upper)
    length = case_upper(word.bytes, word.length, to);
  else if (length > 0)
    memcpy(to, word.bytes, length);
  text->length += length;
  *form = (struct word){to, length};
  return STATUS_OK;
}

static bool add(struct eval_words *words, struct word word, uint32_t row) {
  struct word form;
  if (words->count == words->capacity) {
    size_t capacity = words->capacity ? words->capacity * 2 : 1024;
    struct entry *entries = reallocarray(words->entries, capacity, sizeof *entries);
    if (!entries) return false;
    words->entries = entries;
    words->capacity = capacity;
  }
  if (eval_words_form(words, word, &words->text, &form) != STATUS_OK) return false;
  words->entries[words->count++] = (struct entry){{NULL, form.length}, row};
  return true;
}

/* Takes a page. False: out of memory, or it is not what /words answers. */
static bool take_page(struct eval_words *words, const struct json_t *page) {
  struct bytes text;
  bytes_init(&text, WORD_TEXT_MAX);
  bool good = page != NULL;
  for (size_t i = 0; good && i < answer_count(page); i++) {
    const struct json_t *entry = answer_element(page, i);
    struct word word;
    size_t row;
    text.length = 0;
    good = answer_word(entry, "word", &text, &word) && answer_size(entry, "index", &row);
    if (!good) break;
    words->rows++;
    if (row < words->most) good = add(words, word, (uint32_t)row);
  }
  bytes_release(&text);
  return good;
}

static bool take_all(struct eval_words *words, struct ask *ask, const struct options *options) {
  struct ask_limits limits;
  struct bytes text;
  struct word after = {0};
  if (!ask_limits(ask, &limits)) return false;
  bytes_init(&text, WORD_TEXT_MAX);
  bool good = true, more = true;
  while (good && more) {
    struct question question;
    struct answer answer;
    question_begin(&question, "/words", NULL);
    if (options->ask.model) question_text(&question, "model", options->ask.model);
    if (after.bytes) question_word(&question, "after", after);
    question_integer(&question, "limit", limits.words < PAGE_MOST ? limits.words : PAGE_MOST);
    good = ask_question(ask, &question, &answer) == ASK_ANSWERED;
    question_release(&question);
    if (!good) break;
    good = take_page(words, answer_member(answer.root, "words"));
    if (!good) fprintf(stderr, "wordvec eval: out of memory, or the answer is not what /words answers\n");
    text.length = 0;
    more = answer_word(answer.root, "next", &text, &after);
    answer_clear(&answer);
  }
  bytes_release(&text);
  return good;
}

static int compare(const void *left, const void *right) {
  const struct entry *a = left;
  const struct entry *b = right;
  int order = word_compare(a->form, b->form);
  return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

/* Of each form only the first row stays. */
static void sort(struct eval_words *words) {
  const char *at = (const char *)words->text.data;
  for (size_t i = 0; i < words->count; i++) {
    words->entries[i].form.bytes = at;
    at += words->entries[i].form.length;
  }
  if (words->count > 1) qsort(words->entries, words->count, sizeof *words->entries, compare);
  size_t kept = 0;
  for (size_t i = 0; i < words->count; i++)
    if (kept == 0 || word_compare(words->entries[kept - 1].form, words->entries[i].form) != 0)
      words->entries[kept++] = words->entries[i];
  words->count = kept;
}

bool eval_words_new(struct ask *ask, const struct options *options, struct eval_words **out) {
  struct eval_words *words = calloc(1, sizeof *words);
  if (!words) {
    fprintf(stderr, "wordvec eval: out of memory\n");
    return false;
  }
  words->upper = !options->eval.case_sensitive;
  words->most = options->eval.restrict_vocab;
  bytes_init(&words->text, (size_t)1 << TEXT_MAX_SHIFT);
  if (!take_all(words, ask, options)) {
    eval_words_free(words);
    return false;
  }
  sort(words);
  *out = words;
  return true;
}

void eval_words_free(struct eval_words *words) {
  if (!words) return;
  bytes_release(&words->text);
  free(words->entries);
  free(words);
}

uint64_t eval_words_rows(const struct eval_words *words) {
  return words->rows;
}

bool eval_words_find(const struct eval_words *words, struct word form, uint32_t *row) {
  size_t low = 0, high = words->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = word_compare(words->entries[middle].form, form);
    if (order == 0) {
      *row = words->entries[middle].row;
      return true;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}
