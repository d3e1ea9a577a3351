/* A .npy header is the text of a Python dict, padded with spaces so that the floats start at a multiple of 64 bytes. */
#include "server/write_npy.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "server/write_parts.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rows are written as they lie in memory");

enum {
  ALIGNMENT = 64,
  PREFIX = 10, /* magic, version, length of the header */
  DIMENSIONS_MAX = 3
};

struct shape {
  size_t item; /* bytes of a float: 4 or 8 */
  size_t dimensions;
  size_t sizes[DIMENSIONS_MAX];
};

/* "2,4,50" */
static void write_shape(const struct shape *shape, char text[SHAPE_TEXT]) {
  size_t length = 0;
  for (size_t i = 0; i < shape->dimensions; i++)
    length += (size_t)snprintf(text + length, SHAPE_TEXT - length, "%s%zu", i ? "," : "", shape->sizes[i]);
}

static size_t make_header(char header[WRITE_NPY_HEAD], const struct shape *shape) {
  char sizes[SHAPE_TEXT];
  write_shape(shape, sizes);
  /* A Python tuple of one element ends in a comma. */
  int dict = snprintf(header + PREFIX, WRITE_NPY_HEAD - PREFIX,
                      "{'descr': '<f%zu', 'fortran_order': False, 'shape': (%s%s), }", shape->item, sizes,
                      shape->dimensions == 1 ? "," : "");
  size_t used = PREFIX + (size_t)dict;
  size_t total = (used + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  memset(header + used, ' ', total - used - 1);
  header[total - 1] = '\n';
  memcpy(header, "\x93NUMPY\x01\x00", 8);
  header[8] = (char)((total - PREFIX) & 0xFF);
  header[9] = (char)((total - PREFIX) >> 8);
  return total;
}

size_t write_npy_head(char out[WRITE_NPY_HEAD], enum representation representation, size_t count, size_t dim,
                      char shape[SHAPE_TEXT]) {
  const struct shape sizes = {.item = sizeof(float), .dimensions = 2, .sizes = {count, dim}};
  if (representation == REPRESENTATION_NPY) return make_header(out, &sizes);
  write_shape(&sizes, shape);
  return 0;
}

void write_npy_sources(const size_t counts[FOUND_COUNT], char out[REPLY_SOURCES]) {
  size_t used = 0;
  out[0] = '\0';
  for (int by = 0; by < FOUND_COUNT && used < REPLY_SOURCES; by++) {
    const char *name = found_name((enum found_by)by);
    if (counts[by] == 0 || !name) continue;
    used += (size_t)snprintf(out + used, REPLY_SOURCES - used, "%s%s=%zu", used ? ", " : "", name, counts[by]);
  }
}

static enum status write_header(struct bytes *out, const struct shape *shape) {
  char header[WRITE_NPY_HEAD];
  return bytes_append(out, header, make_header(header, shape));
}

/* Makes room for everything at once, then writes what comes before the floats. */
static enum status begin(struct bytes *out, enum representation representation, const struct shape *shape,
                         char text[SHAPE_TEXT]) {
  bool npy = representation == REPRESENTATION_NPY;
  size_t floats = 1;
  for (size_t i = 0; i < shape->dimensions; i++) floats *= shape->sizes[i];
  enum status status = bytes_reserve(out, floats * shape->item + (npy ? WRITE_NPY_HEAD : 0));
  if (status == STATUS_OK && npy) return write_header(out, shape);
  if (status == STATUS_OK) write_shape(shape, text);
  return status;
}

enum status write_npy_row(struct bytes *out, enum representation representation, const struct row_result *result,
                          char shape[SHAPE_TEXT]) {
  enum status status = begin(out, representation,
                             &(struct shape){.item = sizeof(float), .dimensions = 1, .sizes = {result->dim}}, shape);
  return status == STATUS_OK ? bytes_append(out, result->found.vector, result->dim * sizeof(float)) : status;
}

/* Rows are gathered into one buffer, which is then sent as it is. Sending them from where they lie, a piece for each
 * (MHD_create_response_from_iovec), made 1,000 x 300 only 4 % faster, for the rows have to be fetched into the cache in
 * either way; and libmicrohttpd 0.9.75 stalls behind 1,024 pieces and aborts the process when an answer of pieces is
 * not taken at once. */
enum status write_npy_grid(struct bytes *out, enum representation representation, const struct grid_result *result,
                           char shape[SHAPE_TEXT]) {
  size_t dim = result->dim;
  struct shape sizes = {.item = sizeof(float), .dimensions = 2, .sizes = {result->count, dim}};
  if (result->two_dimensional)
    sizes = (struct shape){.item = sizeof(float), .dimensions = 3, .sizes = {result->count, result->width, dim}};
  enum status status = begin(out, representation, &sizes, shape);
  for (size_t cell = 0; status == STATUS_OK && cell < result->count * result->width; cell++)
    status = bytes_append(out, result->cells[cell].vector, dim * sizeof(float));
  return status;
}

enum status write_npy_similarities(struct bytes *out, enum representation representation,
                                   const struct similarities_result *result, char shape[SHAPE_TEXT]) {
  const struct shape sizes = {
      .item = sizeof(double), .dimensions = result->matrix ? 2 : 1, .sizes = {result->count, result->width}};
  enum status status = begin(out, representation, &sizes, shape);
  if (status != STATUS_OK) return status;
  return bytes_append(out, result->values, result->count * result->width * sizeof(double));
}
