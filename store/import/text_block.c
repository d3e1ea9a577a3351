/* Parses lines into rows up to the first that is none. The memory stays with the block for its next lines. */
#include "store/import/text_block.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_FLOATS = 1 << 16 };

static struct word next_line(const char **at, const char *end, bool *closed) {
  const char *feed = memchr(*at, '\n', (size_t)(end - *at));
  struct word line = {*at, (size_t)((feed ? feed : end) - *at)};
  *closed = feed != NULL;
  *at = feed ? feed + 1 : end;
  return line;
}

static enum status make_room(struct text_block *block, uint32_t dim) {
  if (block->rows < block->capacity) return STATUS_OK;
  size_t capacity = block->capacity > 0 ? block->capacity * 2 : FIRST_FLOATS / dim + 1;
  struct text_block_row *row = realloc(block->row, capacity * sizeof *row);
  if (!row) return STATUS_NO_MEMORY;
  block->row = row;
  float *vectors = realloc(block->vectors, capacity * dim * sizeof *vectors);
  if (!vectors) return STATUS_NO_MEMORY;
  block->vectors = vectors;
  block->capacity = capacity;
  return STATUS_OK;
}

static bool holds_a_line(const char *at, const char *end) {
  bool closed;
  while (at < end)
    if (text_row_trimmed(next_line(&at, end, &closed)) > 0) return true;
  return false;
}

enum status text_block_parse(struct text_block *block, locale_t locale, uint32_t dim) {
  const char *at = block->lines.bytes, *end = at + block->lines.length;
  block->rows = 0;
  block->has_odd = false;
  while (at < end) {
    enum status status = make_room(block, dim);
    if (status != STATUS_OK) return status;
    bool closed;
    struct word line = next_line(&at, end, &closed);
    struct text_row parsed = {.word = line};
    enum text_row_kind kind = text_row_parse(locale, line, dim, block->vectors + block->rows * dim, &parsed);
    if (kind != TEXT_ROW_WHOLE) {
      block->has_odd = true;
      block->odd = (struct text_block_odd){line, closed, holds_a_line(at, end), kind, parsed};
      return STATUS_OK;
    }
    block->row[block->rows++] = (struct text_block_row){parsed.word, parsed.finite};
  }
  return STATUS_OK;
}

void text_block_release(struct text_block *block) {
  line_block_release(&block->lines);
  free(block->row);
  free(block->vectors);
  *block = (struct text_block){0};
}
