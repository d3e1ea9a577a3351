/* One pass over the text of the dict, with a cursor that knows where in the file it stands. */
#include "store/npy_header.h"

#include <string.h>

static const char magic[] = "\x93NUMPY";

enum { MAGIC_BYTES = sizeof magic - 1, VERSION_AT = MAGIC_BYTES, LENGTH_AT = MAGIC_BYTES + 2 };

/* The rest of the head, to be read from left to right. */
struct cursor {
  const unsigned char *start; /* of the file */
  const unsigned char *at;
  const unsigned char *end; /* of the head */
  struct problem *problem;
};

static enum status fail(const struct cursor *cursor, const char *what) {
  uint64_t position = (uint64_t)(cursor->at - cursor->start);
  return problem_set(cursor->problem, STATUS_BAD_MATRIX, position, "the .npy header says no sense at byte %llu: %s",
                     (unsigned long long)position, what);
}

static void skip_spaces(struct cursor *cursor) {
  while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t' || *cursor->at == '\n')) cursor->at++;
}

/* Whether that character comes next; then it is behind the cursor. */
static bool take(struct cursor *cursor, char wanted) {
  skip_spaces(cursor);
  if (cursor->at == cursor->end || *cursor->at != (unsigned char)wanted) return false;
  cursor->at++;
  return true;
}

static bool take_text(struct cursor *cursor, const char *wanted) {
  size_t length = strlen(wanted);
  skip_spaces(cursor);
  if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, wanted, length) != 0) return false;
  cursor->at += length;
  return true;
}

/* A Python string without escapes, which no key and no type has, into `out`; one that does not fit is cut. */
static enum status read_string(struct cursor *cursor, char *out, size_t size) {
  char quote = take(cursor, '\'') ? '\'' : '"';
  if (quote == '"' && !take(cursor, '"')) return fail(cursor, "a string is expected");
  const unsigned char *close = memchr(cursor->at, quote, (size_t)(cursor->end - cursor->at));
  if (!close) return fail(cursor, "a string does not end");
  size_t length = 0;
  for (; cursor->at < close; cursor->at++) {
    if (*cursor->at < 0x20 || *cursor->at >= 0x7F || *cursor->at == '\\')
      return fail(cursor, "a character that is not expected in a string");
    if (length + 1 < size) out[length++] = (char)*cursor->at;
  }
  out[length] = '\0';
  cursor->at++;
  return STATUS_OK;
}

/* A number from 0 to INT64_MAX, as NumPy's sizes are. */
static enum status read_number(struct cursor *cursor, uint64_t *out) {
  uint64_t number = 0;
  skip_spaces(cursor);
  const unsigned char *first = cursor->at;
  for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
    unsigned digit = (unsigned)(*cursor->at - '0');
    if (number > ((uint64_t)INT64_MAX - digit) / 10) return fail(cursor, "a number that is far too large");
    number = number * 10 + digit;
  }
  if (cursor->at == first) return fail(cursor, "a whole number is expected");
  if (cursor->at < cursor->end && *cursor->at == 'L') cursor->at++;
  *out = number;
  return STATUS_OK;
}

/* (), (3,), (3, 50) or (3, 50, ). */
static enum status read_shape(struct cursor *cursor, struct npy_header *out) {
  if (!take(cursor, '(')) return fail(cursor, "a shape such as (3, 50) is expected");
  out->dimensions = 0;
  while (!take(cursor, ')')) {
    uint64_t size = 0;
    enum status status = read_number(cursor, &size);
    if (status != STATUS_OK) return status;
    if (out->dimensions == NPY_DIMENSIONS_MAX)
      return problem_set(cursor->problem, STATUS_UNSUPPORTED, (uint64_t)(cursor->at - cursor->start),
                         "the .npy array has more than %d dimensions", NPY_DIMENSIONS_MAX);
    out->sizes[out->dimensions++] = size;
    if (take(cursor, ',')) continue;
    if (!take(cursor, ')') || out->dimensions == 1) /* (3) is a number to Python and no tuple */
      return fail(cursor, "a comma is expected in the shape");
    break;
  }
  return STATUS_OK;
}

/* The size of an item that the digits of a type tell; 0 without digits, and SIZE_MAX for what is none. */
static size_t size_of_descr(const char *digits) {
  size_t size = 0;
  for (; *digits; digits++) {
    if (*digits < '0' || *digits > '9' || size > 100000000) return SIZE_MAX;
    size = size * 10 + (size_t)(*digits - '0');
  }
  return size;
}

/* Whether numbers of that kind come in that size. */
static bool size_exists(enum npy_kind kind, size_t size) {
  switch (kind) {
    case NPY_FLOAT: return size == 2 || size == 4 || size == 8;
    case NPY_SIGNED:
    case NPY_UNSIGNED: return size == 1 || size == 2 || size == 4 || size == 8;
    case NPY_BOOLEAN: return size == 1;
    default: return size != SIZE_MAX;
  }
}

/* "<f4": the order of bytes, where '|', '=' and none are the machine's, which is little-endian; a letter; a size. */
static bool understand_descr(const char *descr, struct npy_header *out) {
  static const char letters[] = "fiubSU"; /* in the order of enum npy_kind */
  out->big_endian = *descr == '>';
  if (*descr && strchr("<>=|", *descr)) descr++;
  const char *letter = *descr ? strchr(letters, *descr) : NULL;
  if (!letter) return false;
  out->kind = (enum npy_kind)(letter - letters);
  size_t size = size_of_descr(descr + 1);
  if (!size_exists(out->kind, size)) return false;
  out->item_bytes = out->kind == NPY_UNICODE ? size * 4 : size;
  return true;
}

static enum status read_descr(struct cursor *cursor, struct npy_header *out) {
  static const char read_here[] = "read are floats of 2, 4 and 8 bytes, integers of 1, 2, 4 and 8, booleans, strings";
  skip_spaces(cursor);
  uint64_t position = (uint64_t)(cursor->at - cursor->start);
  if (cursor->at < cursor->end && *cursor->at == '[')
    return problem_set(cursor->problem, STATUS_UNSUPPORTED, position, "the .npy array holds records; %s", read_here);
  char descr[NPY_DESCR_MAX];
  enum status status = read_string(cursor, descr, sizeof descr);
  if (status != STATUS_OK) return status;
  memcpy(out->descr, descr, sizeof descr);
  if (understand_descr(descr, out)) return STATUS_OK;
  return problem_set(cursor->problem, STATUS_UNSUPPORTED, position, "the .npy array has items of type '%s'%s; %s",
                     descr, strchr(descr, 'O') ? " (objects of Python)" : "", read_here);
}

static enum status read_order(struct cursor *cursor, struct npy_header *out) {
  out->fortran_order = take_text(cursor, "True");
  if (out->fortran_order || take_text(cursor, "False")) return STATUS_OK;
  return fail(cursor, "True or False is expected");
}

enum { KEY_DESCR, KEY_ORDER, KEY_SHAPE, KEY_COUNT };

static enum status read_value(struct cursor *cursor, int key, struct npy_header *out) {
  switch (key) {
    case KEY_DESCR: return read_descr(cursor, out);
    case KEY_ORDER: return read_order(cursor, out);
    default: return read_shape(cursor, out);
  }
}

static enum status read_dict(struct cursor *cursor, struct npy_header *out) {
  static const char *const keys[KEY_COUNT] = {"descr", "fortran_order", "shape"};
  bool seen[KEY_COUNT] = {false};
  if (!take(cursor, '{')) return fail(cursor, "a dict is expected");
  while (!take(cursor, '}')) {
    char name[NPY_DESCR_MAX];
    enum status status = read_string(cursor, name, sizeof name);
    if (status != STATUS_OK) return status;
    int key = 0;
    while (key < KEY_COUNT && strcmp(name, keys[key]) != 0) key++;
    if (key == KEY_COUNT || seen[key]) return fail(cursor, "descr, fortran_order and shape are expected, each once");
    seen[key] = true;
    if (!take(cursor, ':')) return fail(cursor, "a colon is expected");
    if ((status = read_value(cursor, key, out)) != STATUS_OK) return status;
    if (take(cursor, ',')) continue;
    if (!take(cursor, '}')) return fail(cursor, "a comma is expected");
    break;
  }
  if (!seen[KEY_DESCR] || !seen[KEY_ORDER] || !seen[KEY_SHAPE])
    return fail(cursor, "descr, fortran_order and shape are expected, each once");
  skip_spaces(cursor);
  return cursor->at == cursor->end ? STATUS_OK : fail(cursor, "something follows the dict");
}

/* Multiplies the sizes out. An array with a size of 0 has no items, whatever the others are. */
static enum status measure(const struct cursor *cursor, struct npy_header *out) {
  uint64_t bytes;
  bool empty = false, fits = true;
  out->count = 1;
  for (size_t i = 0; i < out->dimensions; i++) empty |= out->sizes[i] == 0;
  for (size_t i = 0; i < out->dimensions && !empty; i++)
    fits = fits && !__builtin_mul_overflow(out->count, out->sizes[i], &out->count);
  if (empty) out->count = 0;
  if (!fits || __builtin_mul_overflow(out->count, out->item_bytes, &bytes) ||
      __builtin_add_overflow(bytes, out->offset, &out->total_bytes) || out->total_bytes > (uint64_t)INT64_MAX)
    return fail(cursor, "a shape of more bytes than there can be");
  return STATUS_OK;
}

bool npy_magic(const void *bytes, size_t length) {
  return length == 0 || memcmp(bytes, magic, length < MAGIC_BYTES ? length : MAGIC_BYTES) == 0;
}

static enum status not_npy(struct problem *problem) {
  return problem_set(problem, STATUS_FOREIGN, 0, "not a .npy file: it does not begin with \\x93NUMPY");
}

static enum status cut_short(struct problem *problem, size_t length) {
  return problem_set(problem, STATUS_BAD_MATRIX, length, "the .npy file ends in its header, at byte %zu", length);
}

enum status npy_header_length(const unsigned char bytes[NPY_PREFIX_BYTES], struct problem *problem, size_t *out) {
  if (!npy_magic(bytes, NPY_PREFIX_BYTES)) return not_npy(problem);
  unsigned major = bytes[VERSION_AT], minor = bytes[VERSION_AT + 1];
  if (major < 1 || major > 3 || minor != 0)
    return problem_set(problem, STATUS_UNSUPPORTED, VERSION_AT,
                       "a .npy file of version %u.%u; read are 1.0, 2.0 and 3.0", major, minor);
  size_t prefix = major == 1 ? LENGTH_AT + 2 : LENGTH_AT + 4;
  size_t length = 0;
  for (size_t i = prefix; i-- > LENGTH_AT;) length = length << 8 | bytes[i];
  if (length > NPY_HEADER_BYTES_MAX - prefix)
    return problem_set(problem, STATUS_BAD_MATRIX, LENGTH_AT,
                       "the .npy header says that it has %zu bytes; up to %d are read", prefix + length,
                       NPY_HEADER_BYTES_MAX);
  *out = prefix + length;
  return STATUS_OK;
}

enum status npy_header_read(const void *bytes, size_t length, struct problem *problem, struct npy_header *out) {
  const unsigned char *start = bytes;
  struct npy_header header = {0};
  if (!npy_magic(bytes, length)) return not_npy(problem);
  if (length < NPY_PREFIX_BYTES) return cut_short(problem, length);
  enum status status = npy_header_length(start, problem, &header.offset);
  if (status != STATUS_OK) return status;
  if (length < header.offset) return cut_short(problem, length);
  struct cursor cursor = {.start = start,
                          .at = start + (start[VERSION_AT] == 1 ? LENGTH_AT + 2 : LENGTH_AT + 4),
                          .end = start + header.offset,
                          .problem = problem};
  status = read_dict(&cursor, &header);
  if (status == STATUS_OK) status = measure(&cursor, &header);
  if (status != STATUS_OK) return status;
  *out = header;
  return STATUS_OK;
}
