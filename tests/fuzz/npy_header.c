/* Any bytes as the head of a .npy file, for libFuzzer, and the items behind it. What must hold: no sanitizer speaks,
 * what is accepted adds up, and a failure has one line of text. */
#include "store/npy_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/npy_items.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "broken: %s\n", what);
  abort();
}

static void read_items(const struct npy_header *header, const uint8_t *items) {
  for (uint64_t i = 0; i < header->count; i++) {
    const uint8_t *item = items + i * header->item_bytes;
    float number;
    int64_t whole;
    if (header->kind == NPY_FLOAT) npy_floats(header, item, 1, &number);
    if (header->kind == NPY_SIGNED) demand(npy_integer(header, item, &whole), "every signed item fits");
    if (header->kind == NPY_UNSIGNED) demand(!npy_integer(header, item, &whole) || whole >= 0, "no sign appears");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct npy_header header;
  struct problem problem = {0};
  enum status status = npy_header_read(data, size, &problem, &header);
  if (status != STATUS_OK) {
    demand(problem.status == status && problem.text[0] && !strchr(problem.text, '\n'), "a failure has one line");
    return 0;
  }
  unsigned __int128 count = 1;
  for (size_t i = 0; i < header.dimensions; i++) count = count > UINT64_MAX ? count : count * header.sizes[i];
  for (size_t i = 0; i < header.dimensions; i++)
    if (header.sizes[i] == 0) count = 0;
  demand(count == header.count, "the count is the product of the sizes");
  demand(header.offset <= size, "the head was all there");
  demand(header.total_bytes == header.offset + header.count * header.item_bytes, "the bytes add up");
  if (header.total_bytes <= size && header.item_bytes > 0) read_items(&header, data + header.offset);
  return 0;
}
