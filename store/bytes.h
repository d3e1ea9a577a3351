/* A growing buffer of bytes with a mandatory limit: nothing that reads or writes on behalf of somebody else can grow
 * without one. Several can also share a budget. Embedded: bytes_init() before use, bytes_release() after. */
#ifndef WORDVEC_STORE_BYTES_H
#define WORDVEC_STORE_BYTES_H

#include <stddef.h>

#include "store/budget.h"
#include "store/status.h"

struct bytes {
  unsigned char *data; /* `length` bytes in use; NULL before the first growth */
  size_t length;
  size_t capacity;
  size_t limit;          /* `capacity` never passes it */
  struct budget *budget; /* borrowed, of what `capacity` is taken; NULL: none */
  size_t spared;         /* up to this capacity the budget counts but never refuses; 0 unless the owner sets it */
};

void bytes_init(struct bytes *bytes, size_t limit);
void bytes_init_within(struct bytes *bytes, size_t limit, struct budget *budget);
void bytes_release(struct bytes *bytes);

/* Makes room for `more` bytes behind data + length, which the caller may then fill and add to length itself.
 * STATUS_LIMIT when length + more passes the limit, STATUS_BUSY when that is not left in the budget, STATUS_NO_MEMORY;
 * the contents stay in all cases. */
enum status bytes_reserve(struct bytes *bytes, size_t more) MUST_USE;

/* Appends `length` bytes; fails as bytes_reserve() does, then appends nothing. */
enum status bytes_append(struct bytes *bytes, const void *data, size_t length) MUST_USE;

/* Appends a terminated text without its terminator. */
enum status bytes_append_text(struct bytes *bytes, const char *text) MUST_USE;

/* Gives back the memory behind the contents, and its share of the budget. */
void bytes_trim(struct bytes *bytes);

/* Hands the memory over to the caller, who frees it with free(); the buffer is empty afterwards. The budget counts it
 * no longer. */
unsigned char *bytes_take(struct bytes *bytes);

#endif
