/* Any bytes through source, detection and readers, for libFuzzer. What must hold: no sanitizer speaks, a row that comes
 * out is whole and finite as it says, positions only grow, and a failure has one line of text.
 *
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/import_readers.c store/?*.c \
 *     store/matrix/?*.c store/import/[!i]*.c store/import/intake.c -llmdb -lzip -lz -lxxhash -lutf8proc -lm
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/import/reader.h"
#include "store/import/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "broken: %s\n", what);
  abort();
}

static void expect_row(const struct reader_row *row, uint32_t dim, uint64_t *position) {
  demand(row->position >= *position, "positions only grow");
  *position = row->position;
  demand(row->word.length <= WORD_LENGTH_MAX, "words are bounded");
  if (row->kind == ROW_CUT_SHORT) return;
  bool finite = true;
  for (uint32_t i = 0; i < dim; i++) finite &= isfinite(row->vector[i]) != 0;
  demand(finite == (row->kind == ROW_WHOLE), "a row is finite as it says");
}

static int file_of(const void *bytes, size_t size, char path[64]) {
  int fd = memfd_create("input", MFD_CLOEXEC);
  if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
  snprintf(path, 64, "/proc/self/fd/%d", fd);
  return fd;
}

static enum status read_all(struct source *source, enum import_format format, struct reader_needs *needs,
                            struct problem *problem) {
  struct layout layout;
  struct reader *reader;
  struct reader_row row;
  uint64_t position = 0;
  enum status status = detect(source, format, problem, &layout);
  if (status != STATUS_OK) return status;
  demand(layout.dim >= 1 && layout.dim <= MODEL_DIM_MAX, "dimensions are bounded");
  if ((status = reader_open(source, &layout, needs, problem, &reader)) != STATUS_OK) return status;
  do {
    status = reader_next(reader, problem, &row);
    if (status == STATUS_OK && row.kind != ROW_END) expect_row(&row, layout.dim, &position);
  } while (status == STATUS_OK && row.kind != ROW_END);
  reader_close(reader);
  return status;
}

/* The first byte chooses the format. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  char path[64], words_path[64];
  int fd = file_of(data + 1, size - 1, path), words_fd = file_of(data, size, words_path);
  struct problem problem;
  struct source *source;
  struct word_list *words = NULL; /* the same bytes as lines: for an array often too few */
  enum status status = word_list_open(words_path, &problem, &words);
  if (status == STATUS_OK && (status = source_open(path, &problem, &source)) == STATUS_OK) {
    struct reader_needs needs = {.threads = 2, .words = words, .folder = "/tmp"};
    status = read_all(source, (enum import_format)(data[0] % IMPORT_FORMATS), &needs, &problem);
    source_close(source);
  }
  word_list_close(words);
  if (status != STATUS_OK) demand(problem.status == status && !strchr(problem.text, '\n'), "a failure has one line");
  close(words_fd);
  close(fd);
  return 0;
}
