/* fastText's binary layout, version 12 (import/fasttext_head.h and fasttext_matrix.h describe it): a skip-gram model
 * whose words have the model's vectors, and whose n-grams, if it has any, are the model's. The store has no counts:
 * words count the more the earlier they come, as fastText orders them. The output matrix, which only training needs, is
 * zero.
 *
 * fastText adds rows up from +0.0, so a -0.0 without n-grams comes back as +0.0. */
#include <string.h>

#include "store/export/form.h"
#include "store/export/own_row.h"
#include "store/import/fasttext_head.h"
#include "store/matrix/subwords.h"

static const char *fasttext_misfit(struct export_job *job, struct word word, const float *vector, enum status *status) {
  (void)job;
  (void)vector;
  (void)status;
  return word.length > 0 && memchr(word.bytes, '\0', word.length) ? "a zero byte in a word" : NULL;
}

/* What of the arguments is not known is fastText's default. */
static enum status write_head(struct export_job *job, const struct subwords *subwords) {
  enum { MIN_COUNT = 1, NEGATIVE_SAMPLING = 2, SKIPGRAM = 2 };
  const int32_t buckets = subwords ? (int32_t)subwords->buckets : 0, min = subwords ? (int32_t)subwords->min : 0,
                max = subwords ? (int32_t)subwords->max : 0, words = (int32_t)job->count;
  const int32_t mark[] = {FASTTEXT_MAGIC, FASTTEXT_VERSION};
  const int32_t arguments[] = {(int32_t)job->dim, 5,        5,       MIN_COUNT, 5,   1,
                               NEGATIVE_SAMPLING, SKIPGRAM, buckets, min,       max, 100};
  const double threshold = 1e-4;
  const int32_t counts[] = {words, words, 0};
  const int64_t tokens = (int64_t)job->count * ((int64_t)job->count + 1) / 2, not_pruned = -1;
  const struct {
    const void *bytes;
    size_t length;
  } parts[] = {{mark, sizeof mark},     {arguments, sizeof arguments}, {&threshold, sizeof threshold},
               {counts, sizeof counts}, {&tokens, sizeof tokens},      {&not_pruned, sizeof not_pruned}};
  enum status status = STATUS_OK;
  for (size_t i = 0; status == STATUS_OK && i < sizeof parts / sizeof *parts; i++)
    status = output_write(job->outputs, parts[i].bytes, parts[i].length, job->problem);
  return status;
}

static enum status write_dictionary(struct export_job *job) {
  const struct vocabulary *vocabulary = model_vocabulary(job->model);
  int64_t uses = (int64_t)job->count;
  enum status status = STATUS_OK;
  for (uint32_t row = 0; status == STATUS_OK && row < vocabulary_count(vocabulary); row++) {
    struct word word = vocabulary_word(vocabulary, row);
    unsigned char tail[10] = {0}; /* the word's end, i64 uses, u8 type 0 */
    if (fasttext_misfit(job, word, NULL, &status)) continue;
    memcpy(tail + 1, &uses, sizeof uses);
    uses--;
    status = output_write(job->outputs, word.bytes, word.length, job->problem);
    if (status == STATUS_OK) status = output_write(job->outputs, tail, sizeof tail, job->problem);
  }
  return status;
}

/* Not quantised; rows, dim. */
static enum status write_shape(struct export_job *job, uint64_t rows) {
  const unsigned char quantised = 0;
  const int64_t shape[] = {(int64_t)rows, job->dim};
  enum status status = output_write(job->outputs, &quantised, sizeof quantised, job->problem);
  return status == STATUS_OK ? output_write(job->outputs, shape, sizeof shape, job->problem) : status;
}

static enum status fasttext_begin(struct export_job *job) {
  const struct subwords *subwords = model_subwords(job->model);
  uint64_t rows = job->count + (subwords ? subwords->buckets : 0);
  if (subwords && subwords->pruned)
    return problem_set(job->problem, STATUS_UNSUPPORTED, 0,
                       "the model was pruned, and fastText reads such models only quantised: its words alone can be "
                       "written, as fasttext-vec or word2vec-binary");
  if (rows > INT32_MAX)
    return problem_set(job->problem, STATUS_UNSUPPORTED, 0, "fastText counts only %d rows and n-grams; there are %llu",
                       INT32_MAX, (unsigned long long)rows);
  enum status status = write_head(job, subwords);
  if (status == STATUS_OK) status = write_dictionary(job);
  return status == STATUS_OK ? write_shape(job, rows) : status;
}

/* Version 12 has no n-grams for "</s>", whatever the model's own rule. */
static enum status fasttext_row(struct export_job *job, struct word word, const float *vector) {
  const struct subwords *subwords = model_subwords(job->model);
  if (subwords) {
    struct subwords rules = *subwords;
    rules.end_is_word = false;
    enum status status = own_row_find(&rules, word, vector, job->vector);
    if (status != STATUS_OK) return problem_set(job->problem, status, 0, "out of memory");
    vector = job->vector;
  }
  return output_write(job->outputs, vector, job->dim * sizeof *vector, job->problem);
}

static enum status fasttext_end(struct export_job *job) {
  const struct subwords *subwords = model_subwords(job->model);
  size_t row_bytes = job->dim * sizeof(float);
  enum status status = STATUS_OK;
  for (uint32_t row = 0; status == STATUS_OK && subwords && row < subwords->count; row++)
    status = output_write(job->outputs, subwords_row(subwords, row), row_bytes, job->problem);
  if (status == STATUS_OK) status = write_shape(job, job->count);
  memset(job->vector, 0, row_bytes);
  for (uint64_t row = 0; status == STATUS_OK && row < job->count; row++)
    status = output_write(job->outputs, job->vector, row_bytes, job->problem);
  return status;
}

const struct export_form export_fasttext_bin = {.name = "fasttext-bin",
                                                .files = 1,
                                                .endings = {".bin"},
                                                .whole = true,
                                                .misfit = fasttext_misfit,
                                                .begin = fasttext_begin,
                                                .row = fasttext_row,
                                                .end = fasttext_end};
