/* Words of an open model: row → word is arithmetic into the map, word → row one key of LMDB. */
#include "store/matrix/vocabulary.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/case_fold.h"
#include "store/matrix/folds.h"
#include "store/matrix/format.h"
#include "store/matrix/lmdb.h"

struct vocabulary {
  const struct lmdb *lmdb;
  uint32_t count;
  uint32_t slab_shift;     /* a slab has 1 << slab_shift rows */
  const uint64_t **places; /* [slabs] of [slab_rows] */
  const char **chunks;     /* [text_chunks] */
  struct folds *folds;     /* NULL: the file has none */
};

uint32_t vocabulary_count(const struct vocabulary *vocabulary) {
  return vocabulary->count;
}

static uint64_t place_of(const struct vocabulary *vocabulary, uint32_t row) {
  return vocabulary->places[row >> vocabulary->slab_shift][row & ((1u << vocabulary->slab_shift) - 1)];
}

struct word vocabulary_word(const struct vocabulary *vocabulary, uint32_t row) {
  uint64_t place = place_of(vocabulary, row);
  uint64_t offset = format_place_offset(place);
  size_t length = format_place_length(place);
  if (length == 0) return (struct word){.bytes = "", .length = 0};
  return (struct word){.bytes = vocabulary->chunks[offset / FORMAT_TEXT_CHUNK] + offset % FORMAT_TEXT_CHUNK,
                       .length = length};
}

int word_compare(struct word a, struct word b) {
  size_t shared = a.length < b.length ? a.length : b.length;
  int difference = shared > 0 ? memcmp(a.bytes, b.bytes, shared) : 0;
  return difference ? difference : (a.length > b.length) - (a.length < b.length);
}

/* The rows of a word key's value; false when the value is not whole rows of this model. */
static bool read_row(const struct vocabulary *vocabulary, const struct lmdb_span *value, size_t index, uint32_t *row) {
  memcpy(row, (const unsigned char *)value->data + index * sizeof *row, sizeof *row);
  return *row < vocabulary->count;
}

enum status vocabulary_find(const struct vocabulary *vocabulary, struct word word, uint32_t *row) {
  if (word.length > WORD_LENGTH_MAX) return STATUS_NOT_FOUND;
  struct format_key key = format_word_key(word);
  struct lmdb_span value;
  enum status status = lmdb_get(vocabulary->lmdb, (struct lmdb_span){key.bytes, key.length}, &value);
  if (status != STATUS_OK) return status;
  /* Bisection over the rows that share the key: one, but for words as long as the key. */
  size_t low = 0, high = value.length / sizeof *row;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    uint32_t candidate;
    if (!read_row(vocabulary, &value, middle, &candidate)) return STATUS_DAMAGED;
    int order = word_compare(vocabulary_word(vocabulary, candidate), word);
    if (order == 0) {
      *row = candidate;
      return STATUS_OK;
    }
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return STATUS_NOT_FOUND;
}

enum status vocabulary_find_folded(const struct vocabulary *vocabulary, struct word word, uint32_t *row) {
  enum { USUAL = 256 };
  if (!vocabulary->folds) return STATUS_UNSUPPORTED;
  if (word.length > WORD_LENGTH_MAX) return STATUS_NOT_FOUND;
  char usual[CASE_FOLD_GROWTH * USUAL];
  char *room = word.length <= USUAL ? usual : malloc(CASE_FOLD_GROWTH * word.length);
  if (!room) return STATUS_NO_MEMORY;
  struct word folded = {room, case_fold(word.bytes, word.length, room)};
  /* A form that is in the table has no lower row; one that is not has its own word as the lowest. */
  enum status status = folds_find(vocabulary->folds, vocabulary, folded, row);
  if (status == STATUS_NOT_FOUND) status = vocabulary_find(vocabulary, folded, row);
  if (room != usual) free(room);
  return status;
}

const struct folds *vocabulary_folds(const struct vocabulary *vocabulary) {
  return vocabulary->folds;
}

/* What a page is collected from and into. */
struct page {
  const struct vocabulary *vocabulary;
  const struct vocabulary_range *range;
  size_t limit;
  uint32_t *rows;
  size_t count;
  bool more;
};

/* Adds the rows of one key; STATUS_NOT_FOUND when the page ends here. Rows before the prefix or not after `after` are
 * passed over: they can only be others of the first key. */
static enum status collect(struct page *page, const struct lmdb_record *record) {
  if (record->key.length == 0 || *(const unsigned char *)record->key.data != FORMAT_WORD) return STATUS_NOT_FOUND;
  for (size_t i = 0; i < record->value.length / sizeof(uint32_t); i++) {
    uint32_t row;
    if (!read_row(page->vocabulary, &record->value, i, &row)) return STATUS_DAMAGED;
    struct word word = vocabulary_word(page->vocabulary, row);
    if (page->range->after && word_compare(word, *page->range->after) <= 0) continue;
    struct word prefix = page->range->prefix;
    size_t shared = word.length < prefix.length ? word.length : prefix.length;
    int order = shared > 0 ? memcmp(word.bytes, prefix.bytes, shared) : 0;
    if (order > 0) return STATUS_NOT_FOUND;
    if (order < 0 || shared < prefix.length) continue;
    if (page->count == page->limit) {
      page->more = true;
      return STATUS_NOT_FOUND;
    }
    page->rows[page->count++] = row;
  }
  return STATUS_OK;
}

enum status vocabulary_page(const struct vocabulary *vocabulary, const struct vocabulary_range *range, size_t limit,
                            uint32_t *rows, size_t *count, bool *more) {
  struct page page = {.vocabulary = vocabulary, .range = range, .limit = limit, .rows = rows};
  bool from_after = range->after && word_compare(*range->after, range->prefix) > 0;
  struct format_key key = format_word_key(from_after ? *range->after : range->prefix);
  struct lmdb_cursor *cursor;
  struct lmdb_record record;
  enum status status = lmdb_cursor_open(vocabulary->lmdb, &cursor);
  if (status != STATUS_OK) return status;
  status = lmdb_cursor_seek(cursor, (struct lmdb_span){key.bytes, key.length}, &record);
  while (status == STATUS_OK) {
    status = collect(&page, &record);
    if (status == STATUS_OK) status = lmdb_cursor_next(cursor, &record);
  }
  lmdb_cursor_close(cursor);
  if (status != STATUS_NOT_FOUND) return status;
  *count = page.count;
  *more = page.more;
  return STATUS_OK;
}

/* Word lies behind word, none across the border of two chunks, and the last ends where the head says. */
static enum status check_places(const struct vocabulary *vocabulary, const struct head *head, const char *file,
                                struct problem *problem) {
  uint64_t end = 0;
  for (uint32_t row = 0; row < vocabulary->count; row++) {
    uint64_t place = place_of(vocabulary, row), left = FORMAT_TEXT_CHUNK - end % FORMAT_TEXT_CHUNK;
    size_t length = format_place_length(place);
    if (length > left) end += left;
    if (format_place_offset(place) != end || end + length > head->text_bytes)
      return problem_set(problem, STATUS_DAMAGED, 0,
                         "%s: the word of row %u lies outside the words or within another; import it again", file, row);
    end += length;
  }
  if (end == head->text_bytes) return STATUS_OK;
  return problem_set(problem, STATUS_DAMAGED, 0, "%s: it has more words than rows; import it again", file);
}

static enum status load(struct vocabulary *vocabulary, const struct head *head, const char *file,
                        struct problem *problem) {
  vocabulary->places = calloc(head->slabs, sizeof *vocabulary->places);
  vocabulary->chunks = calloc(head->text_chunks + 1u, sizeof *vocabulary->chunks);
  if (!vocabulary->places || !vocabulary->chunks)
    return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  for (uint32_t slab = 0; slab < head->slabs; slab++) {
    size_t length = format_rows_in_slab(head, slab) * sizeof(uint64_t);
    const void *data;
    enum status status =
        format_find(vocabulary->lmdb, (struct format_part){FORMAT_PLACES, slab, length}, file, problem, &data);
    if (status != STATUS_OK) return status;
    vocabulary->places[slab] = data;
  }
  for (uint32_t chunk = 0; chunk < head->text_chunks; chunk++) {
    uint64_t left = head->text_bytes - (uint64_t)chunk * FORMAT_TEXT_CHUNK;
    size_t length = left < FORMAT_TEXT_CHUNK ? (size_t)left : FORMAT_TEXT_CHUNK;
    const void *data;
    enum status status =
        format_find(vocabulary->lmdb, (struct format_part){FORMAT_TEXT, chunk, length}, file, problem, &data);
    if (status != STATUS_OK) return status;
    vocabulary->chunks[chunk] = data;
  }
  return check_places(vocabulary, head, file, problem);
}

enum status vocabulary_new(const struct lmdb *lmdb, const struct head *head, const char *file, struct problem *problem,
                           struct vocabulary **out) {
  struct vocabulary *vocabulary = calloc(1, sizeof *vocabulary);
  if (!vocabulary) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  *vocabulary = (struct vocabulary){
      .lmdb = lmdb, .count = (uint32_t)head->rows, .slab_shift = (uint32_t)__builtin_ctz(head->slab_rows)};
  enum status status = load(vocabulary, head, file, problem);
  if (status == STATUS_OK) status = folds_map(lmdb, head, file, problem, &vocabulary->folds);
  if (status == STATUS_OK && vocabulary->folds) status = folds_check(vocabulary->folds, vocabulary, file, problem);
  if (status != STATUS_OK)
    vocabulary_free(vocabulary);
  else
    *out = vocabulary;
  return status;
}

void vocabulary_free(struct vocabulary *vocabulary) {
  if (!vocabulary) return;
  free(vocabulary->places);
  free(vocabulary->chunks);
  folds_unmap(vocabulary->folds);
  free(vocabulary);
}
