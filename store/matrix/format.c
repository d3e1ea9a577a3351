/* Keys and head of the store file. Numbers are little-endian in the file and on every CPU that this builds for. */
#include "store/matrix/format.h"

#include <string.h>
#include <xxhash.h>

#include "store/matrix/lmdb.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the store maps little-endian floats as they are");

static const char magic[8] = "wordvec";
static const uint32_t byte_order = 0x01020304;

struct format_key format_key_of(struct format_part part) {
  return (struct format_key){
      .length = 5,
      .bytes = {(unsigned char)part.kind, (unsigned char)(part.number >> 24), (unsigned char)(part.number >> 16),
                (unsigned char)(part.number >> 8), (unsigned char)part.number}};
}

struct format_key format_word_key(struct word word) {
  struct format_key key;
  size_t kept = word.length < FORMAT_KEY_WORD ? word.length : FORMAT_KEY_WORD;
  key.length = kept + 1;
  key.bytes[0] = FORMAT_WORD;
  if (kept > 0) memcpy(key.bytes + 1, word.bytes, kept);
  return key;
}

uint32_t format_slab_rows(uint32_t dim) {
  size_t row_bytes = rows_stride_of(dim) * sizeof(float);
  uint32_t rows = FORMAT_SLAB_ROWS_MAX;
  while (rows > 1 && rows * row_bytes > FORMAT_SLAB_BYTES) rows /= 2;
  return rows;
}

/* Fields are copied one by one: the layout is the document's, not the compiler's. */
static unsigned char *put(unsigned char *at, const void *value, size_t size) {
  memcpy(at, value, size);
  return at + size;
}

static const unsigned char *get(const unsigned char *at, void *value, size_t size) {
  memcpy(value, at, size);
  return at + size;
}

size_t format_head_write(const struct head *head, unsigned char *out) {
  const uint32_t version = FORMAT_VERSION, zero = 0;
  uint16_t source_length = (uint16_t)strlen(head->source);
  uint16_t format_length = (uint16_t)strlen(head->source_format);
  unsigned char *at = out;
  at = put(at, magic, sizeof magic);
  at = put(at, &version, 4);
  at = put(at, &byte_order, 4);
  at = put(at, &head->rows, 8);
  at = put(at, &head->dim, 4);
  at = put(at, &head->stride, 4);
  at = put(at, &head->slab_rows, 4);
  at = put(at, &head->slabs, 4);
  at = put(at, &head->text_chunks, 4);
  at = put(at, &zero, 4);
  at = put(at, &head->text_bytes, 8);
  at = put(at, head->digest, 16);
  at = put(at, &head->imported_at, 8);
  at = put(at, &head->declared_rows, 8);
  at = put(at, head->skipped, sizeof head->skipped);
  at = put(at, &source_length, 2);
  at = put(at, &format_length, 2);
  at = put(at, &head->sum, 4);
  at = put(at, head->source, source_length);
  at = put(at, head->source_format, format_length);
  return (size_t)(at - out);
}

static enum status check_numbers(const struct head *head, const char *file, struct problem *problem) {
  const char *wrong = NULL;
  if (head->rows < 1 || head->rows > MODEL_ROWS_MAX)
    wrong = "row count";
  else if (head->dim < 1 || head->dim > MODEL_DIM_MAX)
    wrong = "dimension";
  else if (head->stride != rows_stride_of(head->dim))
    wrong = "stride";
  else if (head->slab_rows != format_slab_rows(head->dim))
    wrong = "slab size";
  else if (head->slabs != (head->rows + head->slab_rows - 1) / head->slab_rows)
    wrong = "slab count";
  else if (head->text_chunks != (head->text_bytes + FORMAT_TEXT_CHUNK - 1) / FORMAT_TEXT_CHUNK)
    wrong = "chunk count";
  else if (head->text_bytes >> 48)
    wrong = "length of words";
  if (!wrong) return STATUS_OK;
  return problem_set(problem, STATUS_DAMAGED, 0, "%s: its head is inconsistent (%s); import it again", file, wrong);
}

enum status format_head_read(const unsigned char *data, size_t length, const char *file, struct problem *problem,
                             struct head *out) {
  if (length < FORMAT_HEAD_FIXED || memcmp(data, magic, sizeof magic) != 0)
    return problem_set(problem, STATUS_FOREIGN, 0, "%s: an LMDB file, but not a wordvec store", file);
  struct head head = {0};
  uint32_t version, order, zero;
  uint16_t source_length, format_length;
  const unsigned char *at = data + sizeof magic;
  at = get(at, &version, 4);
  at = get(at, &order, 4);
  if (order != byte_order)
    return problem_set(problem, STATUS_UNSUPPORTED, 0, "%s: written in another byte order; import it on this machine",
                       file);
  if (version != FORMAT_VERSION)
    return problem_set(problem, STATUS_UNSUPPORTED, 0,
                       "%s: format version %u, but this build reads version %d; import it again or use the other build",
                       file, version, FORMAT_VERSION);
  at = get(at, &head.rows, 8);
  at = get(at, &head.dim, 4);
  at = get(at, &head.stride, 4);
  at = get(at, &head.slab_rows, 4);
  at = get(at, &head.slabs, 4);
  at = get(at, &head.text_chunks, 4);
  at = get(at, &zero, 4);
  at = get(at, &head.text_bytes, 8);
  at = get(at, head.digest, 16);
  at = get(at, &head.imported_at, 8);
  at = get(at, &head.declared_rows, 8);
  at = get(at, head.skipped, sizeof head.skipped);
  at = get(at, &source_length, 2);
  at = get(at, &format_length, 2);
  at = get(at, &head.sum, 4);
  if (source_length > FORMAT_TEXT_MAX || format_length > FORMAT_TEXT_MAX ||
      length != FORMAT_HEAD_FIXED + (size_t)source_length + format_length)
    return problem_set(problem, STATUS_DAMAGED, 0, "%s: its head has the wrong length; import it again", file);
  at = get(at, head.source, source_length);
  get(at, head.source_format, format_length);
  if (zero != 0 || strlen(head.source) != source_length || strlen(head.source_format) != format_length)
    return problem_set(problem, STATUS_DAMAGED, 0, "%s: its head is inconsistent (names); import it again", file);
  enum status status = check_numbers(&head, file, problem);
  if (status == STATUS_OK) *out = head;
  return status;
}

bool format_has(const struct lmdb *lmdb, enum format_kind kind) {
  struct format_key key = format_key_of((struct format_part){kind, 0, 0});
  struct lmdb_span value;
  return lmdb_get(lmdb, (struct lmdb_span){key.bytes, key.length}, &value) != STATUS_NOT_FOUND;
}

static bool all_zero(const unsigned char *bytes, size_t length) {
  unsigned char other = 0;
  for (size_t i = 0; i < length; i++) other |= bytes[i];
  return other == 0;
}

/* The value of a record, which has at least part.length bytes behind its lead. */
static enum status find_value(const struct lmdb *lmdb, struct format_part part, const char *file,
                              struct problem *problem, struct lmdb_span *value) {
  struct format_key key = format_key_of(part);
  struct lmdb_span found = {0};
  enum status status = lmdb_get(lmdb, (struct lmdb_span){key.bytes, key.length}, &found);
  if (status == STATUS_NO_MEMORY) return problem_set(problem, status, 0, "%s: out of memory", file);
  if (status != STATUS_OK || found.length < FORMAT_LEAD || found.length - FORMAT_LEAD < part.length ||
      ((uintptr_t)found.data + FORMAT_LEAD) % FORMAT_ALIGNMENT != 0)
    return problem_set(problem, STATUS_DAMAGED, 0,
                       "%s: record '%c' %u is missing, too short or not aligned; import it again", file,
                       (char)part.kind, part.number);
  *value = found;
  return STATUS_OK;
}

enum status format_find(const struct lmdb *lmdb, struct format_part part, const char *file, struct problem *problem,
                        const void **data) {
  struct lmdb_span value;
  enum status status = find_value(lmdb, part, file, problem, &value);
  if (status != STATUS_OK) return status;
  const unsigned char *bytes = value.data;
  size_t filled = FORMAT_LEAD + part.length, size = filled < FORMAT_VALUE_MIN ? FORMAT_VALUE_MIN : filled;
  if (value.length != size || !all_zero(bytes, FORMAT_LEAD) || !all_zero(bytes + filled, size - filled))
    return problem_set(problem, STATUS_DAMAGED, 0,
                       "%s: record '%c' %u has not the %zu bytes that it should have; import it again", file,
                       (char)part.kind, part.number, part.length);
  *data = bytes + FORMAT_LEAD;
  return STATUS_OK;
}

enum status format_find_start(const struct lmdb *lmdb, struct format_part part, const char *file,
                              struct problem *problem, const void **data) {
  struct lmdb_span value;
  enum status status = find_value(lmdb, part, file, problem, &value);
  if (status == STATUS_OK) *data = (const unsigned char *)value.data + FORMAT_LEAD;
  return status;
}

enum status format_metadata_sum(const struct lmdb *lmdb, const unsigned char *head, size_t length, uint32_t *sum) {
  static const struct format_part parts[] = {{FORMAT_AXES, 0, 64},
                                             {FORMAT_GRAPH, 0, 640},
                                             {FORMAT_FOLDS, 0, 64},
                                             {FORMAT_SUBWORDS, 0, 64},
                                             {FORMAT_MEAN, 0, 0}};
  const uint32_t zero = 0;
  XXH3_state_t *state = XXH3_createState();
  if (!state) return STATUS_NO_MEMORY;
  XXH3_64bits_reset(state);
  XXH3_64bits_update(state, head, FORMAT_HEAD_SUM);
  XXH3_64bits_update(state, &zero, sizeof zero);
  XXH3_64bits_update(state, head + FORMAT_HEAD_FIXED, length - FORMAT_HEAD_FIXED);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    const unsigned char kind = (unsigned char)parts[i].kind;
    const void *data;
    if (!format_has(lmdb, parts[i].kind)) continue;
    enum status status = format_find_start(lmdb, parts[i], "", NULL, &data);
    if (status == STATUS_NO_MEMORY) { /* it is there and could not be had: a sum without it is another one */
      XXH3_freeState(state);
      return status;
    }
    if (status != STATUS_OK) continue;
    XXH3_64bits_update(state, &kind, sizeof kind);
    XXH3_64bits_update(state, data, parts[i].length);
  }
  uint32_t low = (uint32_t)XXH3_64bits_digest(state);
  XXH3_freeState(state);
  *sum = low != 0 ? low : 1;
  return STATUS_OK;
}
