/* Counts a source's memory, and what it has made. */
#include "server/stream.h"

#include <stdlib.h>

#include "server/visit.h"

enum status stream_new(const struct stream_source *source, struct budget *budget, struct stream **out) {
  size_t bytes = sizeof(struct stream) + STREAM_BLOCK_BYTES;
  bool fits = !__builtin_add_overflow(bytes, source->memory, &bytes) && bytes <= budget->limit;
  bool taken = fits && budget_take(budget, bytes);
  struct stream *stream = taken ? malloc(sizeof *stream) : NULL;
  if (!stream) {
    if (taken) budget_give(budget, bytes);
    source->end(source->context);
    return !fits ? STATUS_LIMIT : !taken ? STATUS_BUSY : STATUS_NO_MEMORY;
  }
  *stream = (struct stream){.source = *source, .budget = budget, .taken = bytes};
  *out = stream;
  return STATUS_OK;
}

void stream_free(struct stream *stream) {
  if (!stream) return;
  stream->source.end(stream->source.context);
  budget_give(stream->budget, stream->taken);
  free(stream);
}

bool stream_read(struct stream *stream, uint64_t position, unsigned char *out, size_t room, size_t *got) {
  *got = stream->source.read(stream->source.context, position, out, room);
  stream->made = position + *got;
  visit_has_made(stream->visit, stream->made);
  return *got > 0 || stream->source.length == STREAM_LENGTH_UNKNOWN;
}

enum status stream_append(struct stream *stream, struct bytes *out) {
  for (size_t got = 1; got > 0 && stream->made < stream->source.length;) {
    uint64_t left = stream->source.length - stream->made;
    size_t room = left < STREAM_BLOCK_BYTES ? (size_t)left : STREAM_BLOCK_BYTES;
    enum status status = bytes_reserve(out, room);
    if (status != STATUS_OK) return status;
    /* One that gives less than it promised has ended. */
    if (!stream_read(stream, stream->made, out->data + out->length, room, &got)) return STATUS_LOST;
    out->length += got;
  }
  return STATUS_OK;
}
