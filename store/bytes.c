/* A growing buffer with a mandatory limit: doubling, but never past the limit. */
#include "store/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

void bytes_init(struct bytes *bytes, size_t limit) {
  *bytes = (struct bytes){.limit = limit};
}

void bytes_release(struct bytes *bytes) {
  free(bytes->data);
  bytes->data = NULL;
  bytes->length = bytes->capacity = 0;
}

enum status bytes_reserve(struct bytes *bytes, size_t more) {
  if (more <= bytes->capacity - bytes->length) return STATUS_OK;
  if (more > bytes->limit - bytes->length) return STATUS_LIMIT;
  size_t needed = bytes->length + more;
  size_t doubled = bytes->capacity > bytes->limit / 2 ? bytes->limit : bytes->capacity * 2;
  size_t capacity = needed > doubled ? needed : doubled;
  if (capacity < FIRST_CAPACITY && FIRST_CAPACITY <= bytes->limit) capacity = FIRST_CAPACITY;
  unsigned char *data = realloc(bytes->data, capacity);
  if (!data) return STATUS_NO_MEMORY;
  bytes->data = data;
  bytes->capacity = capacity;
  return STATUS_OK;
}

enum status bytes_append(struct bytes *bytes, const void *data, size_t length) {
  if (length == 0) return STATUS_OK;
  enum status status = bytes_reserve(bytes, length);
  if (status != STATUS_OK) return status;
  memcpy(bytes->data + bytes->length, data, length);
  bytes->length += length;
  return STATUS_OK;
}

enum status bytes_append_text(struct bytes *bytes, const char *text) {
  return bytes_append(bytes, text, strlen(text));
}

unsigned char *bytes_take(struct bytes *bytes) {
  unsigned char *data = bytes->data;
  bytes->data = NULL;
  bytes->length = bytes->capacity = 0;
  return data;
}
