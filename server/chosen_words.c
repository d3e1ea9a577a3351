/* A list of words turned into rows once; vectors that are no row are made each time they are asked for. */
#include "server/chosen_words.h"

#include <stdlib.h>
#include <string.h>

#include "server/lookup.h"
#include "store/import/encoding.h"
#include "store/import/word_list.h"
#include "store/matrix/subwords.h"

static const size_t memory_most = (size_t)1 << 36;

static enum status unsupported(struct problem *problem, const char *reason) {
  return problem_set(problem, STATUS_UNSUPPORTED, 0, "the model %s", reason);
}

/* What the policy needs of the model; *unk_row is set under OOV_UNK. */
static enum status check_policy(const struct model *model, struct word_policy policy, struct problem *problem,
                                uint32_t *unk_row) {
  const struct vocabulary *vocabulary = model_vocabulary(model);
  uint32_t row;
  if (policy.letter_case != CASE_EXACT &&
      vocabulary_find_folded(vocabulary, (struct word){"", 0}, &row) == STATUS_UNSUPPORTED)
    return unsupported(problem, "was imported before folded forms were kept: import it again for --case");
  if (policy.oov == OOV_UNK && lookup_unk(vocabulary, unk_row) != STATUS_OK)
    return unsupported(problem, "has no row for unknown words (<unk>, <UNK>, [UNK], UNK or unk)");
  if (policy.oov == OOV_MEAN && !model_mean(model))
    return unsupported(problem, "was imported before the mean of its rows was kept: import it again");
  if (policy.oov == OOV_SUBWORD && !model_subwords(model))
    return unsupported(problem, "has no n-grams: only models of fastText's .bin format do");
  return STATUS_OK;
}

static enum status find(const struct vocabulary *vocabulary, struct word word, enum case_policy policy, uint32_t *row) {
  enum status status = policy == CASE_FOLD ? STATUS_NOT_FOUND : vocabulary_find(vocabulary, word, row);
  if (status != STATUS_NOT_FOUND || policy == CASE_EXACT) return status;
  return vocabulary_find_folded(vocabulary, word, row);
}

static enum status add(struct chosen_words *chosen, struct word word, uint32_t row, struct problem *problem) {
  struct chosen_word entry = {.offset = chosen->text.length, .length = (uint32_t)word.length, .row = row};
  enum status status = bytes_append(&chosen->text, word.bytes, word.length);
  if (status == STATUS_OK) status = bytes_append(&chosen->words, &entry, sizeof entry);
  if (status != STATUS_OK) return problem_set(problem, status, 0, "no memory for the list of words");
  chosen->count++;
  return STATUS_OK;
}

/* Adds a word with what the policy gives it; STATUS_NOT_FOUND, and no problem, under OOV_ERROR. */
static enum status choose(struct chosen_words *chosen, struct word_policy policy, uint32_t unk_row, struct word word,
                          struct problem *problem) {
  uint32_t row;
  enum status status = find(model_vocabulary(chosen->model), word, policy.letter_case, &row);
  if (status == STATUS_OK) return add(chosen, word, row, problem);
  if (status != STATUS_NOT_FOUND) return problem_set(problem, status, 0, "a word cannot be looked up");
  if (chosen->unknown++ == 0)
    encoding_show(word.bytes, word.length, chosen->first_unknown, sizeof chosen->first_unknown);
  switch (policy.oov) {
    case OOV_ERROR: return STATUS_NOT_FOUND;
    case OOV_NULL: return STATUS_OK;
    case OOV_UNK: return add(chosen, word, unk_row, problem);
    default: return add(chosen, word, CHOSEN_MADE, problem);
  }
}

static enum status read_list(struct chosen_words *chosen, struct word_list *list, struct word_policy policy,
                             uint32_t unk_row, struct problem *problem) {
  struct word word;
  bool more = true;
  for (uint64_t line = 1;; line++) {
    enum status status = word_list_next(list, problem, &more, &word);
    if (status != STATUS_OK || !more) return status;
    status = choose(chosen, policy, unk_row, word, problem);
    if (status == STATUS_NOT_FOUND)
      return problem_set(problem, status, line,
                         "%.200s: line %llu: the model has no word %s; --oov says what becomes of such words",
                         word_list_label(list), (unsigned long long)line, chosen->first_unknown);
    if (status != STATUS_OK) return status;
  }
}

/* ---- each word once */

static struct chosen_word *entries(const struct chosen_words *chosen) {
  return (struct chosen_word *)(void *)chosen->words.data;
}

static struct word word_of(const struct chosen_words *chosen, const struct chosen_word *entry) {
  return (struct word){entry->length > 0 ? (const char *)chosen->text.data + entry->offset : "", entry->length};
}

/* Equal words by where they stand in the list, so that the first of them is kept. */
static int by_word(const void *a, const void *b, void *context) {
  const struct chosen_word *const *x = a, *const *y = b;
  int order = word_compare(word_of(context, *x), word_of(context, *y));
  return order ? order : (*x > *y) - (*x < *y);
}

static enum status drop_repeated(struct chosen_words *chosen, struct problem *problem) {
  enum { DROPPED = UINT16_MAX + 1 }; /* no word's length */
  struct chosen_word *list = entries(chosen);
  struct chosen_word **sorted = calloc(chosen->count + 1, sizeof *sorted);
  if (!sorted) return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory for the list of words");
  for (size_t i = 0; i < chosen->count; i++) sorted[i] = &list[i];
  qsort_r(sorted, chosen->count, sizeof *sorted, by_word, chosen);
  struct word last = {"", 0};
  for (size_t i = 0; i < chosen->count; i++) {
    struct word word = word_of(chosen, sorted[i]);
    if (i > 0 && word_compare(last, word) == 0) sorted[i]->length = DROPPED;
    last = word;
  }
  free(sorted);
  size_t kept = 0;
  for (size_t i = 0; i < chosen->count; i++)
    if (list[i].length != DROPPED) list[kept++] = list[i];
  chosen->repeated = chosen->count - kept;
  chosen->count = kept;
  return STATUS_OK;
}

enum status chosen_words_read(const struct model *model, const char *path, struct word_policy policy,
                              struct problem *problem, struct chosen_words *out) {
  struct word_list *list;
  uint32_t unk_row = 0;
  *out = (struct chosen_words){.model = model, .oov = policy.oov};
  bytes_init(&out->text, memory_most);
  bytes_init(&out->words, memory_most);
  out->made = calloc(model_rows(model)->dim, sizeof *out->made);
  if (!out->made) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  enum status status = check_policy(model, policy, problem, &unk_row);
  if (status == STATUS_OK) status = word_list_open(path, problem, &list);
  if (status != STATUS_OK) return status;
  status = read_list(out, list, policy, unk_row, problem);
  word_list_close(list);
  return status == STATUS_OK ? drop_repeated(out, problem) : status;
}

void chosen_words_release(struct chosen_words *chosen) {
  bytes_release(&chosen->text);
  bytes_release(&chosen->words);
  free(chosen->made);
}

static enum status chosen_row(void *context, uint64_t at, struct problem *problem, struct word *word,
                              const float **vector) {
  struct chosen_words *chosen = context;
  const struct chosen_word *entry = &entries(chosen)[at];
  (void)problem;
  *word = word_of(chosen, entry);
  *vector = chosen->made;
  if (entry->row != CHOSEN_MADE)
    *vector = rows_at(model_rows(chosen->model), entry->row);
  else if (chosen->oov == OOV_MEAN)
    *vector = model_mean(chosen->model);
  else if (chosen->oov == OOV_SUBWORD &&
           subwords_vector(model_subwords(chosen->model), *word, chosen->made) != STATUS_OK)
    memset(chosen->made, 0, model_rows(chosen->model)->dim * sizeof *chosen->made); /* as fastText does */
  return STATUS_OK;
}

struct export_rows chosen_words_rows(struct chosen_words *chosen) {
  return (struct export_rows){.count = chosen->count,
                              .dim = model_rows(chosen->model)->dim,
                              .row = chosen_row,
                              .context = chosen,
                              .source = chosen->model};
}
