/* The .npy reader of the tests. */
#include "tests/support/npy.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void expect_type(const struct answer *answer, const char *type) {
  ck_assert_msg(answer->status == 200, "status %ld: %.2000s", answer->status, answer->body);
  char value[128] = "";
  answer_header(answer, "Content-Type", value, sizeof value);
  ck_assert_str_eq(value, type);
}

/* Without spaces, as writers differ in them. */
static void squeeze(char *to, const char *from, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (from[i] != ' ' && from[i] != '\n') *to++ = from[i];
  *to = '\0';
}

static size_t write_shape(char *to, size_t size, const size_t *shape, size_t dimensions) {
  size_t used = (size_t)snprintf(to, size, "'shape':(");
  for (size_t i = 0; i < dimensions; i++) {
    const char *separator = i + 1 < dimensions || dimensions == 1 ? "," : "";
    used += (size_t)snprintf(to + used, size - used, "%zu%s", shape[i], separator);
  }
  return used + (size_t)snprintf(to + used, size - used, ")");
}

void expect_npy(const struct answer *answer, const size_t *shape, size_t dimensions, const float *floats) {
  expect_type(answer, "application/x-npy");
  const unsigned char *bytes = (const unsigned char *)answer->body;
  ck_assert_uint_gt(answer->length, 12);
  ck_assert_mem_eq(bytes, "\x93NUMPY", 6);
  ck_assert_uint_eq(bytes[7], 0);
  size_t start = bytes[6] == 1 ? 10 : 12;
  size_t length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
  if (bytes[6] > 1) length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
  ck_assert_uint_le(start + length, answer->length);
  ck_assert_uint_eq((start + length) % 64, 0);
  ck_assert_int_eq(bytes[start + length - 1], '\n');
  char header[1024], wanted[256];
  ck_assert_uint_lt(length, sizeof header);
  squeeze(header, answer->body + start, length);
  write_shape(wanted, sizeof wanted, shape, dimensions);
  ck_assert_msg(strstr(header, wanted) != NULL, "%s has no %s", header, wanted);
  ck_assert_ptr_nonnull(strstr(header, "'descr':'<f4'"));
  ck_assert_ptr_nonnull(strstr(header, "'fortran_order':False"));
  size_t count = 1;
  for (size_t i = 0; i < dimensions; i++) count *= shape[i];
  ck_assert_uint_eq(answer->length - start - length, count * sizeof(float));
  if (count) ck_assert_mem_eq(bytes + start + length, floats, count * sizeof(float));
}

void expect_bare_floats(const struct answer *answer, const char *shape, const float *floats, size_t count) {
  expect_type(answer, "application/octet-stream");
  char value[128] = "", plain[128];
  ck_assert_msg(answer_header(answer, "X-Shape", value, sizeof value), "no X-Shape");
  squeeze(plain, value, strlen(value));
  ck_assert_str_eq(plain, shape);
  ck_assert_msg(answer_header(answer, "X-Dtype", value, sizeof value), "no X-Dtype");
  ck_assert_str_eq(value, "float32");
  ck_assert_uint_eq(answer->length, count * sizeof(float));
  if (count) ck_assert_mem_eq(answer->body, floats, count * sizeof(float));
}
