/* Each row is a word's number and its floats, one after the other; each word's number leads to its last row. */
#include "store/import/last_rows.h"

#include <stdlib.h>
#include <string.h>

#include "store/matrix/spill.h"
#include "store/matrix/word_table.h"

struct latest {
  uint64_t row; /* in the order of adding */
  uint64_t position;
};

struct last_rows {
  char *folder;
  struct word_table *words; /* numbered in the order of their first rows */
  struct spill latest;      /* struct latest by word */
  struct spill rows;        /* u32 word and dim floats by row */
  size_t row_size;
  uint32_t dim;
  uint64_t added;
  uint64_t taken; /* by last_rows_next() */
};

enum status last_rows_new(const char *folder, uint32_t dim, struct problem *problem, struct last_rows **out) {
  struct last_rows *rows = calloc(1, sizeof *rows);
  if (!rows) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  rows->latest = rows->rows = SPILL_NONE;
  rows->dim = dim;
  rows->row_size = sizeof(uint32_t) + sizeof(float) * dim;
  rows->folder = strdup(folder);
  enum status status = rows->folder ? word_table_new(folder, problem, &rows->words)
                                    : problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  if (status != STATUS_OK)
    last_rows_free(rows);
  else
    *out = rows;
  return status;
}

void last_rows_free(struct last_rows *rows) {
  if (!rows) return;
  word_table_free(rows->words);
  spill_release(&rows->latest);
  spill_release(&rows->rows);
  free(rows->folder);
  free(rows);
}

static struct latest *latest_of(const struct last_rows *rows, uint32_t word) {
  return (struct latest *)(void *)rows->latest.data + word;
}

enum status last_rows_add(struct last_rows *rows, struct word word, const float *vector, uint64_t position,
                          struct problem *problem, uint64_t *earlier) {
  uint32_t number;
  enum status found = word_table_add(rows->words, word, problem, &number);
  if (found != STATUS_OK && found != STATUS_EXISTS) return found;
  enum status status = spill_grow(&rows->latest, rows->folder, ((size_t)number + 1) * sizeof(struct latest), problem);
  if (status == STATUS_OK)
    status = spill_grow(&rows->rows, rows->folder, (size_t)(rows->added + 1) * rows->row_size, problem);
  if (status != STATUS_OK) return status;
  unsigned char *row = rows->rows.data + rows->added * rows->row_size;
  memcpy(row, &number, sizeof number);
  memcpy(row + sizeof number, vector, sizeof(float) * rows->dim);
  struct latest *latest = latest_of(rows, number);
  if (found == STATUS_EXISTS) *earlier = latest->position;
  *latest = (struct latest){.row = rows->added++, .position = position};
  return found;
}

bool last_rows_next(struct last_rows *rows, struct word *word, const float **vector) {
  while (rows->taken < rows->added) {
    const unsigned char *row = rows->rows.data + rows->taken * rows->row_size;
    uint32_t number;
    memcpy(&number, row, sizeof number);
    if (latest_of(rows, number)->row != rows->taken++) continue;
    *word = word_table_word(rows->words, number);
    *vector = (const float *)(const void *)(row + sizeof number); /* rows are multiples of 4 bytes */
    return true;
  }
  return false;
}
