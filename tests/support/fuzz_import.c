/* Source, detection and readers, asked as import asks them. */
#include "tests/support/fuzz_import.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/import/reader.h"
#include "store/import/source.h"
#include "tests/support/fuzz_service.h"

static void expect_row(const struct reader_row *row, uint32_t dim, uint64_t *position) {
  fuzz_demand(row->position >= *position, "positions only grow");
  *position = row->position;
  fuzz_demand(row->word.length <= WORD_LENGTH_MAX, "words are bounded");
  if (row->kind == ROW_CUT_SHORT) return;
  bool finite = true;
  for (uint32_t i = 0; i < dim; i++) finite &= isfinite(row->vector[i]) != 0;
  fuzz_demand(finite == (row->kind == ROW_WHOLE), "a row is finite as it says");
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
  fuzz_demand(layout.dim >= 1 && layout.dim <= MODEL_DIM_MAX, "dimensions are bounded");
  if ((status = reader_open(source, &layout, needs, problem, &reader)) != STATUS_OK) return status;
  do {
    status = reader_next(reader, problem, &row);
    if (status == STATUS_OK && row.kind != ROW_END) expect_row(&row, layout.dim, &position);
  } while (status == STATUS_OK && row.kind != ROW_END);
  reader_close(reader);
  return status;
}

void fuzz_import(enum import_format format, const uint8_t *data, size_t size) {
  char path[64], words_path[64];
  int fd = file_of(data, size, path), words_fd = file_of(data, size, words_path);
  struct problem problem;
  struct source *source;
  struct word_list *words = NULL; /* the same bytes as lines: for an array often too few */
  enum status status = word_list_open(words_path, &problem, &words);
  if (status == STATUS_OK && (status = source_open(path, &problem, &source)) == STATUS_OK) {
    struct reader_needs needs = {.threads = 2, .words = words, .folder = "/tmp"};
    status = read_all(source, format, &needs, &problem);
    source_close(source);
  }
  word_list_close(words);
  if (status != STATUS_OK)
    fuzz_demand(problem.status == status && !strchr(problem.text, '\n'), "a failure has one line");
  close(words_fd);
  close(fd);
}
