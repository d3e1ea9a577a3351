/* A body that is made while it is sent, for answers far larger than what may be held: its maker is asked for the next
 * bytes whenever the client has taken the last ones. A stream holds a block of memory, which counts among the answers
 * like any other, and whatever its maker keeps.
 *
 * The head of an answer is out before its first byte is made: a maker cannot fail, so it must hold all that it needs
 * from the beginning on. */
#ifndef WORDVEC_SERVER_STREAM_H
#define WORDVEC_SERVER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/bytes.h"
#include "store/status.h"

/* Of a stream whose length nobody knows before its end; it goes out in chunks. */
#define STREAM_LENGTH_UNKNOWN UINT64_MAX

/* Bytes that are made at a time. 400,000 x 300 floats took the daemon 130 ms of a core in pieces of 16 KiB, and about
 * 95 ms in all sizes from 32 to 512 KiB. */
enum { STREAM_BLOCK_BYTES = 64 << 10 };

struct stream_source {
  uint64_t length; /* of the body, or STREAM_LENGTH_UNKNOWN */

  /* Writes the bytes of the body from `position` on, up to `room` of them (at least 1) and at least one before the end,
   * and returns how many; 0: the body ends here. Positions follow each other without gaps. On any thread, one at a
   * time; it must not wait, for other connections' answers go over the same thread. */
  size_t (*read)(void *context, uint64_t position, unsigned char *out, size_t room);

  /* Frees the context, once: when the body is out, or nobody is there any more to take it. */
  void (*end)(void *context);

  void *context;
  size_t memory; /* bytes that the context keeps, to be counted */
};

struct visit;

struct stream {
  struct stream_source source;
  struct budget *budget;
  struct visit *visit; /* that is told what has been made; NULL: none */
  size_t taken;
  uint64_t made; /* bytes so far */
};

/* A stream of the source, within the budget. STATUS_BUSY: what it keeps is not left there; STATUS_LIMIT: it is more
 * than the whole budget; STATUS_NO_MEMORY. Then, too, the source is ended. */
enum status stream_new(const struct stream_source *source, struct budget *budget, struct stream **out) MUST_USE;
void stream_free(struct stream *stream); /* ends the source; NULL is allowed */

/* As stream_source.read; false: the source gave less than it promised. */
bool stream_read(struct stream *stream, uint64_t position, unsigned char *out, size_t room, size_t *got);

/* Appends the whole body, for those who have no connection to send it over. Fails as bytes_reserve() does. */
enum status stream_append(struct stream *stream, struct bytes *out) MUST_USE;

#endif
