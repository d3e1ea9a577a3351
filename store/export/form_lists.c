/* Layouts of two files: the vectors, and the words one a line. NumPy's array (version 1.0, float32 in C order), and the
 * TensorFlow Projector's pair of tab-separated tables. */
#include <stdio.h>
#include <string.h>

#include "store/export/form.h"
#include "store/utf8.h"

enum { HEAD_ALIGNMENT = 64, HEAD_PREFIX = 10 };

static bool has(struct word word, char byte) {
  return word.length > 0 && memchr(word.bytes, byte, word.length);
}

static enum status list_word(struct export_job *job, struct word word) {
  struct output *words = &job->outputs[1];
  enum status status = output_write(words, word.bytes, word.length, job->problem);
  return status == STATUS_OK ? output_write(words, "\n", 1, job->problem) : status;
}

/* ---- npy */

static const char *npy_misfit(struct export_job *job, struct word word, const float *vector, enum status *status) {
  (void)job;
  (void)vector;
  (void)status;
  if (has(word, '\n')) return "a line feed in a word";
  return word.length > 0 && word.bytes[word.length - 1] == '\r' ? "a carriage return at the end of a word" : NULL;
}

/* numpy.lib.format: the head ends in spaces and a line feed, so that the numbers begin on a multiple of 64. */
static enum status npy_head(struct export_job *job) {
  char text[128];
  int length = snprintf(text, sizeof text, "{'descr': '<f4', 'fortran_order': False, 'shape': (%llu, %u), }",
                        (unsigned long long)job->count, job->dim);
  int padded = (HEAD_PREFIX + length + 1 + HEAD_ALIGNMENT - 1) / HEAD_ALIGNMENT * HEAD_ALIGNMENT - HEAD_PREFIX;
  unsigned char prefix[HEAD_PREFIX] = "\x93NUMPY\x01";
  prefix[8] = (unsigned char)padded;
  prefix[9] = (unsigned char)(padded >> 8);
  enum status status = output_write(job->outputs, prefix, sizeof prefix, job->problem);
  return status == STATUS_OK ? output_text(job->outputs, job->problem, "%-*s\n", padded - 1, text) : status;
}

static enum status npy_row(struct export_job *job, struct word word, const float *vector) {
  enum status status = output_write(job->outputs, vector, job->dim * sizeof *vector, job->problem);
  return status == STATUS_OK ? list_word(job, word) : status;
}

const struct export_form export_npy = {.name = "npy",
                                       .files = 2,
                                       .endings = {".npy", ".words.txt"},
                                       .misfit = npy_misfit,
                                       .begin = npy_head,
                                       .row = npy_row};

/* ---- TensorFlow Projector */

/* What JavaScript's trim() takes away. */
static bool is_trimmed(uint32_t c) {
  return (c >= 9 && c <= 13) || c == ' ' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

/* The Projector reads UTF-8, takes a tab for the end of a column, trims lines, and passes empty ones over, which would
 * give each row behind them the word of another. */
static const char *projector_misfit(struct export_job *job, struct word word, const float *vector,
                                    enum status *status) {
  (void)job;
  (void)vector;
  (void)status;
  bool seen = false;
  if (has(word, '\t') || has(word, '\n') || has(word, '\r')) return "a tab or the end of a line in a word";
  for (size_t i = 0; i < word.length;) {
    uint32_t c;
    i += utf8_next(word.bytes + i, word.length - i, &c);
    if (c == UTF8_ILL_FORMED) return "a word that is not UTF-8";
    seen |= !is_trimmed(c);
  }
  return seen ? NULL : "a word of which nothing is seen";
}

static enum status projector_row(struct export_job *job, struct word word, const float *vector) {
  struct word line;
  enum status status = export_line(job, NULL, vector, '\t', &line);
  if (status == STATUS_OK) status = output_write(job->outputs, line.bytes, line.length, job->problem);
  return status == STATUS_OK ? list_word(job, word) : status;
}

const struct export_form export_projector = {.name = "tensorflow-projector",
                                             .files = 2,
                                             .endings = {".vectors.tsv", ".metadata.tsv"},
                                             .misfit = projector_misfit,
                                             .row = projector_row};
