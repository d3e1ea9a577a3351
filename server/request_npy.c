/* The array of a body: its head is judged by npy_header, its size by the length of the body. */
#include "server/request_npy.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/npy_items.h"

static const unsigned char *body_of(const struct reading *reading) {
  return reading->call->body;
}

static const char *pointer_of(const char *name, char out[POINTER_MAX]) {
  snprintf(out, POINTER_MAX, "#/%s", name);
  return out;
}

static bool refuse_head(struct reading *reading, const char *name, const struct problem *problem) {
  char pointer[POINTER_MAX];
  if (problem->status == STATUS_UNSUPPORTED)
    reading_invalid(reading, pointer_of(name, pointer), "%s", problem->text);
  else
    reading_refuse(reading, REFUSAL_MALFORMED, "The body is no .npy file: %s", problem->text);
  return false;
}

size_t npy_array_lines(const struct npy_array *array) {
  return array->header.dimensions == 1 ? 1 : (size_t)array->header.sizes[0];
}

size_t npy_array_width(const struct npy_array *array) {
  return (size_t)array->header.sizes[array->header.dimensions - 1];
}

bool request_npy(struct reading *reading, const char *name, struct npy_array *out) {
  size_t length = reading->call->body_length;
  struct npy_header header;
  struct problem problem;
  char pointer[POINTER_MAX];
  if (length == 0) {
    reading_refuse(reading, REFUSAL_MALFORMED, "The body is empty: send what numpy.save writes");
    return false;
  }
  if (npy_header_read(body_of(reading), length, &problem, &header) != STATUS_OK)
    return refuse_head(reading, name, &problem);
  if (header.total_bytes != length) {
    reading_refuse(reading, REFUSAL_MALFORMED,
                   "The body has %zu bytes, and its header speaks of %" PRIu64 ": %" PRIu64
                   " items of type '%s' behind "
                   "%zu",
                   length, header.total_bytes, header.count, header.descr, header.offset);
    return false;
  }
  if (header.dimensions < 1 || header.dimensions > 2) {
    reading_invalid(reading, pointer_of(name, pointer), "an array of %zu dimensions where one or two are expected",
                    header.dimensions);
    return false;
  }
  *out = (struct npy_array){header, body_of(reading) + header.offset};
  if (npy_array_lines(out) <= length) return true;
  /* Lines without items take no bytes, and would be as many as anybody likes. */
  reading_invalid(reading, pointer_of(name, pointer), "%zu empty lines", npy_array_lines(out));
  return false;
}

static const unsigned char *item_at(const struct npy_array *array, size_t line, size_t column) {
  uint64_t item = array->header.dimensions == 1 ? column : npy_item_at(&array->header, line, column);
  return array->items + item * array->header.item_bytes;
}

static void wrong_items(struct reading *reading, const char *name, const struct npy_array *array, const char *wanted) {
  char pointer[POINTER_MAX];
  reading_invalid(reading, pointer_of(name, pointer), "an array of type '%s' where %s are expected",
                  array->header.descr, wanted);
}

float *npy_array_floats(struct reading *reading, const char *name, const struct npy_array *array) {
  if (array->header.kind != NPY_FLOAT) {
    wrong_items(reading, name, array, "floats ('<f4', '<f8', '<f2')");
    return NULL;
  }
  size_t lines = npy_array_lines(array), width = npy_array_width(array);
  float *floats = reading_alloc(reading, (size_t)array->header.count, sizeof *floats);
  if (!floats) return NULL;
  if (lines < 2 || !array->header.fortran_order) {
    npy_floats(&array->header, array->items, (size_t)array->header.count, floats);
    return floats;
  }
  for (size_t line = 0; line < lines; line++)
    for (size_t column = 0; column < width; column++)
      npy_floats(&array->header, item_at(array, line, column), 1, &floats[line * width + column]);
  return floats;
}

bool npy_array_integer(const struct npy_array *array, size_t line, size_t column, int64_t *out) {
  return npy_integer(&array->header, item_at(array, line, column), out);
}

bool npy_array_is_integers(struct reading *reading, const char *name, const struct npy_array *array) {
  if (array->header.kind == NPY_SIGNED || array->header.kind == NPY_UNSIGNED) return true;
  wrong_items(reading, name, array, "integers ('<i4', '<i8', '<u4')");
  return false;
}
