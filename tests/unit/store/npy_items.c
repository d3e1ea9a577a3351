/* Items of .npy arrays as numbers; float16 against another way of widening it, for all there are. */
#include "store/npy_items.h"

#include <check.h>
#include <math.h>
#include <string.h>

#include "tests/support/suite.h"

static struct npy_header header_of(enum npy_kind kind, size_t item_bytes, bool big_endian) {
  return (struct npy_header){.kind = kind, .item_bytes = item_bytes, .big_endian = big_endian};
}

/* Multiplying by 2^112 moves the bias of binary16 to that of binary32, denormal numbers included. */
static float widened(uint16_t bits) {
  uint32_t wide = (uint32_t)(bits & 0x7FFF) << 13;
  float value;
  memcpy(&value, &wide, sizeof value);
  value *= 0x1p112f;
  if ((bits & 0x7C00) == 0x7C00) value = bits & 0x3FF ? NAN : INFINITY;
  return bits & 0x8000 ? -value : value;
}

START_TEST(every_float16) {
  struct npy_header little = header_of(NPY_FLOAT, 2, false), big = header_of(NPY_FLOAT, 2, true);
  for (uint32_t bits = 0; bits <= 0xFFFF; bits++) {
    unsigned char bytes[2] = {(unsigned char)bits, (unsigned char)(bits >> 8)}, swapped[2] = {bytes[1], bytes[0]};
    float value, other, wanted = widened((uint16_t)bits);
    npy_floats(&little, bytes, 1, &value);
    npy_floats(&big, swapped, 1, &other);
    if (isnan(wanted)) {
      ck_assert(isnan(value) && isnan(other));
      continue;
    }
    ck_assert_mem_eq(&value, &wanted, sizeof value);
    ck_assert_mem_eq(&other, &wanted, sizeof other);
  }
}
END_TEST

START_TEST(floats_of_other_sizes) {
  static const float wanted[] = {1.5f, -0.0f, 3.4028235e38f, 1e-45f, -2.25f};
  enum { COUNT = sizeof wanted / sizeof wanted[0] };
  double wide[COUNT];
  unsigned char bytes[1 + sizeof wide];
  float got[COUNT];
  for (size_t size = sizeof(float); size <= sizeof(double); size *= 2)
    for (int big = 0; big < 2; big++) {
      struct npy_header header = header_of(NPY_FLOAT, size, big);
      for (size_t i = 0; i < COUNT; i++) wide[i] = (double)wanted[i];
      memcpy(bytes + 1, size == sizeof(float) ? (const void *)wanted : wide, COUNT * size);
      for (size_t i = 0; i < COUNT && big; i++)
        for (size_t b = 0; b < size / 2; b++) {
          unsigned char *item = bytes + 1 + i * size, byte = item[b];
          item[b] = item[size - 1 - b];
          item[size - 1 - b] = byte;
        }
      npy_floats(&header, bytes + 1, COUNT, got); /* from an odd address */
      ck_assert_mem_eq(got, wanted, sizeof wanted);
    }
  wide[0] = 0.1;
  wide[1] = 1e39;
  struct npy_header header = header_of(NPY_FLOAT, 8, false);
  npy_floats(&header, wide, 2, got);
  ck_assert(got[0] == 0.1f);
  ck_assert(isinf(got[1]));
  npy_floats(&header, NULL, 0, got);
}
END_TEST

static const struct {
  const char *bytes;
  int64_t as_signed;
  int64_t as_unsigned; /* -1: above INT64_MAX */
  size_t size;
} integers[] = {
    {"\x00", 0, 0, 1},
    {"\x7F", 127, 127, 1},
    {"\xFF", -1, 255, 1},
    {"\x01\x80", -32767, 0x8001, 2},
    {"\x01\x00\x00\x00", 1, 1, 4},
    {"\xFE\xFF\xFF\xFF", -2, 0xFFFFFFFE, 4},
    {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", INT64_MAX, INT64_MAX, 8},
    {"\x00\x00\x00\x00\x00\x00\x00\x80", INT64_MIN, -1, 8},
};

START_TEST(integers_of_every_size) {
  size_t size = integers[_i].size;
  char swapped[8];
  for (size_t b = 0; b < size; b++) swapped[b] = integers[_i].bytes[size - 1 - b];
  for (int big = 0; big < 2; big++) {
    const char *bytes = big ? swapped : integers[_i].bytes;
    struct npy_header with_sign = header_of(NPY_SIGNED, size, big), without = header_of(NPY_UNSIGNED, size, big);
    int64_t value = 4711;
    ck_assert(npy_integer(&with_sign, bytes, &value));
    ck_assert_int_eq(value, integers[_i].as_signed);
    value = 4711;
    ck_assert_int_eq(npy_integer(&without, bytes, &value), integers[_i].as_unsigned >= 0);
    ck_assert_int_eq(value, integers[_i].as_unsigned >= 0 ? integers[_i].as_unsigned : 4711);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/npy_items", &tcase);
  tcase_add_test(tcase, every_float16);
  tcase_add_test(tcase, floats_of_other_sizes);
  tcase_add_loop_test(tcase, integers_of_every_size, 0, sizeof integers / sizeof integers[0]);
  return suite_run(suite);
}
