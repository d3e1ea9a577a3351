/* Fills a buffer from a source and cuts it behind its last line feed. What is behind that waits for the next block. */
#include "store/import/lines.h"

#include <stdlib.h>
#include <string.h>

static enum status no_memory(const struct lines *lines, struct problem *problem) {
  return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(lines->source));
}

enum status lines_init(struct lines *lines, struct source *source, uint64_t line, struct problem *problem) {
  *lines = (struct lines){.source = source, .capacity = LINES_BLOCK, .line = line};
  lines->buffer = malloc(lines->capacity);
  return lines->buffer ? STATUS_OK : no_memory(lines, problem);
}

void lines_release(struct lines *lines) {
  free(lines->buffer);
  lines->buffer = NULL;
}

/* Fills the buffer; learns whether the source has ended even when it ends exactly with the buffer. */
static enum status fill(struct lines *lines, struct problem *problem) {
  size_t got, room = lines->capacity - lines->length;
  enum status status = source_read(lines->source, lines->buffer + lines->length, room, problem, &got);
  if (status != STATUS_OK) return status;
  lines->length += got;
  const unsigned char *next;
  size_t available;
  status = source_peek(lines->source, 1, problem, &next, &available);
  lines->ended = status == STATUS_OK && available == 0;
  return status;
}

static enum status grow(struct lines *lines, struct problem *problem) {
  if (lines->capacity >= LINES_LENGTH_MAX)
    return source_problem(lines->source, lines->line, problem,
                          "line %llu is longer than %d MiB: this is no text matrix, or its line feeds are lost",
                          (unsigned long long)lines->line, LINES_LENGTH_MAX >> 20);
  char *grown = realloc(lines->buffer, lines->capacity * 2);
  if (!grown) return no_memory(lines, problem);
  lines->buffer = grown;
  lines->capacity *= 2;
  return STATUS_OK;
}

static uint64_t count_lines(const char *bytes, size_t length) {
  uint64_t count = 0;
  for (const char *p = bytes, *end = bytes + length; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++) count++;
  return count;
}

enum status lines_next(struct lines *lines, struct problem *problem, struct line_block *block) {
  if (lines->tail > 0) memmove(lines->buffer, lines->buffer + lines->tail, lines->length - lines->tail);
  lines->length -= lines->tail;
  lines->tail = 0;
  const char *feed = NULL;
  while (!lines->ended && !feed) {
    enum status status = lines->length == lines->capacity ? grow(lines, problem) : STATUS_OK;
    if (status == STATUS_OK) status = fill(lines, problem);
    if (status != STATUS_OK) return status;
    feed = memrchr(lines->buffer, '\n', lines->length);
  }
  lines->tail = lines->ended ? lines->length : (size_t)(feed - lines->buffer) + 1;
  *block = (struct line_block){
      .bytes = lines->buffer, .length = lines->tail, .first_line = lines->line, .last = lines->ended};
  lines->line += count_lines(lines->buffer, lines->tail);
  return STATUS_OK;
}
