/* word2vec's binary layout: "rows dim", then for each row its word, a space, the floats and a line feed, as the C
 * program writes it. gensim leaves the line feed out; with it, words that begin with one can be told. */
#include <string.h>

#include "store/export/form.h"

static const char *binary_misfit(struct export_job *job, struct word word, const float *vector, enum status *status) {
  (void)job;
  (void)vector;
  (void)status;
  return word.length > 0 && memchr(word.bytes, ' ', word.length) ? "a space in a word" : NULL;
}

static enum status binary_header(struct export_job *job) {
  return output_text(job->outputs, job->problem, "%llu %u\n", (unsigned long long)job->count, job->dim);
}

static enum status binary_row(struct export_job *job, struct word word, const float *vector) {
  enum status status = output_write(job->outputs, word.bytes, word.length, job->problem);
  if (status == STATUS_OK) status = output_write(job->outputs, " ", 1, job->problem);
  if (status == STATUS_OK) status = output_write(job->outputs, vector, job->dim * sizeof *vector, job->problem);
  return status == STATUS_OK ? output_write(job->outputs, "\n", 1, job->problem) : status;
}

const struct export_form export_word2vec_binary = {.name = "word2vec-binary",
                                                   .files = 1,
                                                   .endings = {".bin"},
                                                   .read_as = IMPORT_WORD2VEC_BINARY,
                                                   .misfit = binary_misfit,
                                                   .begin = binary_header,
                                                   .row = binary_row};
