/* A source taken piece by piece, with the position of each: for readers of binary layouts. */
#ifndef WORDVEC_STORE_IMPORT_INTAKE_H
#define WORDVEC_STORE_IMPORT_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/import/source.h"
#include "store/status.h"

enum { INTAKE_SIZE = 1 << 20 }; /* bytes that can be seen at once */

/* Embedded: intake_init() before use, intake_release() after. */
struct intake {
  struct source *source; /* borrowed */
  unsigned char *buffer;
  size_t at, length;           /* in the buffer */
  uint64_t position;           /* of the next byte in the source */
  bool ended;                  /* the source is at its end: what is in the buffer is all there is */
  void (*tick)(void *context); /* called after each reading of the source; may be NULL */
  void *context;
};

/* A source of which nothing has been taken. STATUS_NO_MEMORY. */
enum status intake_init(struct intake *intake, struct source *source, struct problem *problem) MUST_USE;
void intake_release(struct intake *intake);

/* The next bytes, without taking them: at least `wanted` (at most INTAKE_SIZE), or all when fewer are left. Borrowed
 * until the next call. Fails as source_read() does. */
enum status intake_look(struct intake *intake, size_t wanted, struct problem *problem, const unsigned char **data,
                        size_t *available) MUST_USE;

/* Takes bytes that are in sight. */
void intake_skip(struct intake *intake, size_t size);

#endif
