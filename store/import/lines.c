/* Fills a block from a source and cuts it behind its last line feed. What is behind that begins the next block. */
#include "store/import/lines.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(LINES_LENGTH_MAX % LINES_BLOCK == 0, "a block grows to the longest line in whole steps");

static enum status no_memory(const struct source *source, struct problem *problem) {
  return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
}

enum status lines_init(struct lines *lines, struct source *source, struct problem *problem) {
  *lines = (struct lines){.source = source, .tail = malloc(LINES_BLOCK)};
  return lines->tail ? STATUS_OK : no_memory(source, problem);
}

void lines_release(struct lines *lines) {
  free(lines->tail);
  lines->tail = NULL;
}

void line_block_release(struct line_block *block) {
  free(block->bytes);
  *block = (struct line_block){0};
}

static enum status make_room(const struct lines *lines, size_t wanted, struct problem *problem,
                             struct line_block *block) {
  if (wanted <= block->capacity) return STATUS_OK;
  char *grown = realloc(block->bytes, wanted);
  if (!grown) return no_memory(lines->source, problem);
  block->bytes = grown;
  block->capacity = wanted;
  return STATUS_OK;
}

/* Reads on until the block has a line feed or the source has ended; *feed is then the last one or NULL. Steps of
 * LINES_BLOCK keep what is behind that feed, and the lines behind a very long one, below LINES_BLOCK. */
static enum status fill(struct lines *lines, struct problem *problem, struct line_block *block, const char **feed) {
  *feed = NULL;
  for (size_t size = LINES_BLOCK; !block->last && !*feed; size += LINES_BLOCK) {
    if (size > LINES_LENGTH_MAX) return STATUS_LIMIT;
    enum status status = make_room(lines, size, problem, block);
    size_t got = 0, wanted = size - block->length;
    if (status == STATUS_OK) status = source_read(lines->source, block->bytes + block->length, wanted, problem, &got);
    if (status != STATUS_OK) return status;
    block->last = got < wanted;
    *feed = memrchr(block->bytes + block->length, '\n', got);
    block->length += got;
  }
  return STATUS_OK;
}

enum status lines_cut(struct lines *lines, struct problem *problem, struct line_block *block) {
  enum status status = make_room(lines, LINES_BLOCK, problem, block);
  if (status != STATUS_OK) return status;
  memcpy(block->bytes, lines->tail, lines->tail_length);
  block->length = lines->tail_length;
  block->last = false;
  lines->tail_length = 0;
  const char *feed;
  status = fill(lines, problem, block, &feed);
  if (status != STATUS_OK) return status;
  if (!block->last) {
    size_t length = (size_t)(feed - block->bytes) + 1;
    lines->tail_length = block->length - length;
    memcpy(lines->tail, feed + 1, lines->tail_length);
    block->length = length;
  }
  block->text_bytes = source_position(lines->source);
  block->stored_bytes = source_stored(lines->source);
  return STATUS_OK;
}
