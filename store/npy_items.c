/* Bytes are put together by their weights, so that nothing depends on how they are aligned; float32 of this machine,
 * which nearly all files hold, are copied. */
#include "store/npy_items.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "floats are copied as they lie");

/* The `size` bytes of an item as a number without sign. */
static uint64_t bits_of(const unsigned char *item, size_t size, bool big_endian) {
  uint64_t bits = 0;
  for (size_t i = 0; i < size; i++) bits = bits << 8 | item[big_endian ? i : size - 1 - i];
  return bits;
}

/* IEEE 754 binary16: sign, 5 bits of exponent with a bias of 15, 10 of significand. Every one is a float32. */
static float half_of(uint64_t bits) {
  int exponent = (int)(bits >> 10 & 0x1F);
  float significand = (float)(bits & 0x3FF);
  float size = exponent == 0x1F ? (significand != 0 ? NAN : INFINITY)
               : exponent == 0  ? ldexpf(significand, -24)
                                : ldexpf(significand + 1024, exponent - 25);
  return bits >> 15 & 1 ? -size : size;
}

static float float_of(const unsigned char *item, size_t size, bool big_endian) {
  uint64_t bits = bits_of(item, size, big_endian);
  if (size == 2) return half_of(bits);
  if (size == 4) {
    uint32_t low = (uint32_t)bits;
    float single;
    memcpy(&single, &low, sizeof single);
    return single;
  }
  double wide;
  memcpy(&wide, &bits, sizeof wide);
  return (float)wide;
}

void npy_floats(const struct npy_header *header, const void *items, size_t count, float *out) {
  const unsigned char *item = items;
  assert(header->kind == NPY_FLOAT);
  if (header->item_bytes == sizeof(float) && !header->big_endian) {
    if (count > 0) memcpy(out, items, count * sizeof(float));
    return;
  }
  for (size_t i = 0; i < count; i++, item += header->item_bytes)
    out[i] = float_of(item, header->item_bytes, header->big_endian);
}

bool npy_integer(const struct npy_header *header, const void *item, int64_t *out) {
  assert(header->kind == NPY_SIGNED || header->kind == NPY_UNSIGNED);
  uint64_t bits = bits_of(item, header->item_bytes, header->big_endian);
  unsigned spare = (unsigned)(64 - 8 * header->item_bytes);
  if (header->kind == NPY_SIGNED)
    *out = (int64_t)(bits << spare) >> spare; /* gcc and clang shift the sign in */
  else if (bits <= (uint64_t)INT64_MAX)
    *out = (int64_t)bits;
  else
    return false;
  return true;
}
