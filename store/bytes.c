/* A growing buffer with a mandatory limit: doubling, but never past the limit or what is left in the budget. */
#include "store/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

void bytes_init(struct bytes *bytes, size_t limit) {
  bytes_init_within(bytes, limit, NULL);
}

void bytes_init_within(struct bytes *bytes, size_t limit, struct budget *budget) {
  *bytes = (struct bytes){.limit = limit, .budget = budget};
}

void bytes_release(struct bytes *bytes) {
  free(bytes_take(bytes));
}

/* Takes what the buffer is to grow by from its budget: to *capacity, else only to what is spared or needed. */
static bool take(const struct bytes *bytes, size_t needed, size_t *capacity) {
  if (!bytes->budget || budget_take(bytes->budget, *capacity - bytes->capacity)) return true;
  if (needed <= bytes->spared) {
    if (*capacity > bytes->spared) *capacity = bytes->spared;
    budget_take_past(bytes->budget, *capacity - bytes->capacity);
    return true;
  }
  *capacity = needed;
  return budget_take(bytes->budget, needed - bytes->capacity);
}

enum status bytes_reserve(struct bytes *bytes, size_t more) {
  if (more <= bytes->capacity - bytes->length) return STATUS_OK;
  if (more > bytes->limit - bytes->length) return STATUS_LIMIT;
  size_t needed = bytes->length + more;
  size_t doubled = bytes->capacity > bytes->limit / 2 ? bytes->limit : bytes->capacity * 2;
  size_t capacity = needed > doubled ? needed : doubled;
  if (capacity < FIRST_CAPACITY && FIRST_CAPACITY <= bytes->limit) capacity = FIRST_CAPACITY;
  if (!take(bytes, needed, &capacity)) return STATUS_BUSY;
  unsigned char *data = realloc(bytes->data, capacity);
  if (!data) {
    if (bytes->budget) budget_give(bytes->budget, capacity - bytes->capacity);
    return STATUS_NO_MEMORY;
  }
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

void bytes_trim(struct bytes *bytes) {
  if (bytes->length == bytes->capacity || bytes->length == 0) return;
  unsigned char *data = realloc(bytes->data, bytes->length);
  if (!data) return; /* then it stays as large as it is, and is counted so */
  if (bytes->budget) budget_give(bytes->budget, bytes->capacity - bytes->length);
  bytes->data = data;
  bytes->capacity = bytes->length;
}

unsigned char *bytes_take(struct bytes *bytes) {
  unsigned char *data = bytes->data;
  if (bytes->budget) budget_give(bytes->budget, bytes->capacity);
  bytes->data = NULL;
  bytes->length = bytes->capacity = 0;
  return data;
}
