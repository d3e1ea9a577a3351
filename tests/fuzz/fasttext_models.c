/* Any bytes as a binary model of fastText, for libFuzzer: the cases tests/cases/fasttext-* are good seeds. What must
 * hold: no sanitizer speaks, rows are finite as they say, n-grams are as subwords.h promises and give any word a finite
 * vector or none, and a failure has one line of text with a place inside the file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/import/reader.h"
#include "store/import/source.h"
#include "store/matrix/subwords_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "broken: %s\n", what);
  abort();
}

static bool is_finite(const float *vector, uint32_t dim) {
  bool finite = true;
  for (uint32_t i = 0; i < dim; i++) finite &= isfinite(vector[i]) != 0;
  return finite;
}

/* Words of the file's own bytes, which need not be text. */
static void expect_subwords(const struct subwords *subwords, const uint8_t *data, size_t size) {
  struct problem problem;
  float *vector = calloc(subwords->dim, sizeof *vector);
  if (!vector) abort();
  demand(subwords->min <= subwords->max && subwords->max <= SUBWORDS_LENGTH_MAX, "lengths of n-grams are bounded");
  demand(subwords_verify(subwords, &problem) == STATUS_OK, "rows of n-grams are as promised");
  for (size_t length = 0; length <= size && length < 200; length += 7) {
    struct word word = {(const char *)data + size - length, length};
    bool has = subwords_ngrams(subwords, word) > 0;
    demand(subwords_vector(subwords, word, vector) == (has ? STATUS_OK : STATUS_NOT_FOUND), "n-grams make a vector");
    demand(is_finite(vector, subwords->dim), "n-grams make finite numbers");
  }
  free(vector);
}

static enum status read_rows(struct reader *reader, uint32_t dim, struct problem *problem) {
  struct reader_row row;
  uint64_t position = 0;
  for (;;) {
    enum status status = reader_next(reader, problem, &row);
    if (status != STATUS_OK || row.kind == ROW_END) return status;
    demand(row.position > position, "positions grow");
    position = row.position;
    demand(row.word.length <= WORD_LENGTH_MAX && !memchr(row.word.bytes, '\0', row.word.length), "words are words");
    demand(row.kind == (is_finite(row.vector, dim) ? ROW_WHOLE : ROW_NOT_FINITE), "a row is finite as it says");
  }
}

static enum status read_model(struct source *source, const uint8_t *data, size_t size, struct problem *problem) {
  const struct reader_needs needs = {.threads = 1, .folder = "/tmp"};
  struct layout layout;
  struct reader *reader;
  enum status status = detect(source, IMPORT_FASTTEXT_BIN, problem, &layout);
  if (status != STATUS_OK) return status;
  demand(layout.dim >= 1 && layout.dim <= MODEL_DIM_MAX, "dimensions are bounded");
  if ((status = reader_open(source, &layout, &needs, problem, &reader)) != STATUS_OK) return status;
  status = read_rows(reader, layout.dim, problem);
  if (status == STATUS_OK && reader->subwords) expect_subwords(reader->subwords, data, size);
  reader_close(reader);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char path[64];
  struct problem problem;
  struct source *source;
  int fd = memfd_create("model", MFD_CLOEXEC);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  enum status status = source_open(path, &problem, &source);
  if (status == STATUS_OK) {
    status = read_model(source, data, size, &problem);
    source_close(source);
  }
  if (status == STATUS_BAD_MATRIX && size >= 2 && memcmp(data, "\x1F\x8B", 2) != 0 && memcmp(data, "PK", 2) != 0)
    demand(problem.position <= size, "the place is in the file");
  if (status != STATUS_OK) demand(problem.status == status && !strchr(problem.text, '\n'), "a failure has one line");
  close(fd);
  return 0;
}
