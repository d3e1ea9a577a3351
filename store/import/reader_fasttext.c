/* Rows of fastText's binary models: the vectors that fastText prints for the words of its dictionary. Those need rows
 * of n-grams, which are last in the file: so all is read into file mappings first, and then the words are gone through.
 * What follows the input matrix (the output matrix, which only training and classification need) is not looked at. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/crew.h"
#include "store/import/fasttext_head.h"
#include "store/import/fasttext_matrix.h"
#include "store/import/intake.h"
#include "store/import/reader.h"
#include "store/matrix/spill.h"
#include "store/matrix/subwords_map.h"

enum {
  BATCH = 1024, /* vectors that are made at once, by all threads */
  BATCH_BYTES = 4 << 20,
  GRAIN = 8,
  ENTRY_TAIL = 9 /* of the dictionary, behind a word and its NUL: i64 count, u8 type */
};

struct reader_fasttext {
  struct reader reader;
  struct reader_needs needs;
  struct intake intake;
  bool loaded;
  struct fasttext_matrix matrix;
  struct spill entries; /* of the dictionary, for words, as they are in the file */
  size_t entries_length;
  uint64_t entries_position; /* of the first in the file */
  struct subwords subwords;
  const void **views; /* slabs of its rows, then of its buckets */
  struct crew *crew;
  size_t next_entry;  /* of the row behind the batch */
  uint32_t next_row;  /* likewise */
  uint32_t at, count; /* in the batch: handed out, and there */
  uint32_t capacity;
  struct word words[BATCH];
  uint64_t positions[BATCH];
  float *vectors; /* [capacity * stride] */
};

/* ---- the dictionary ---- */

static enum status wrong_entry(const struct reader_fasttext *ft, uint32_t entry, struct problem *problem,
                               const char *what) {
  unsigned long long at = ft->intake.position;
  return source_problem(ft->intake.source, at, problem,
                        "this fastText model cannot be: entry %u of its dictionary, at byte %llu, %s", entry, at, what);
}

/* Takes an entry, whose word is not kept when it is a label. */
static enum status read_entry(struct reader_fasttext *ft, uint32_t entry, struct problem *problem) {
  const unsigned char *data;
  size_t available;
  enum status status = intake_look(&ft->intake, WORD_LENGTH_MAX + 1 + ENTRY_TAIL, problem, &data, &available);
  if (status != STATUS_OK) return status;
  size_t searched = available < WORD_LENGTH_MAX + 1 ? available : WORD_LENGTH_MAX + 1;
  const unsigned char *end = memchr(data, '\0', searched);
  if (!end && searched > WORD_LENGTH_MAX) return wrong_entry(ft, entry, problem, "has a word of over 65535 bytes");
  size_t length = end ? (size_t)(end - data) + 1 + ENTRY_TAIL : 0;
  if (!end || available < length) {
    char what[48];
    snprintf(what, sizeof what, "entry %u of its dictionary", entry);
    return fasttext_cut(&ft->intake, ft->intake.position, what, problem);
  }
  bool is_word = entry < ft->matrix.head.words;
  if (data[length - 1] != (is_word ? 0 : 1))
    return wrong_entry(ft, entry, problem, is_word ? "is no word; words come first" : "is no label, as the last are");
  if (is_word) {
    status = spill_grow(&ft->entries, ft->needs.folder, ft->entries_length + length, problem);
    if (status != STATUS_OK) return status;
    memcpy(ft->entries.data + ft->entries_length, data, length);
    ft->entries_length += length;
  }
  intake_skip(&ft->intake, length);
  return STATUS_OK;
}

static enum status read_dictionary(struct reader_fasttext *ft, struct problem *problem) {
  const unsigned char *data;
  size_t available;
  const struct fasttext_head *head = &ft->matrix.head;
  enum status status = intake_look(&ft->intake, head->length, problem, &data, &available);
  if (status != STATUS_OK) return status;
  intake_skip(&ft->intake, head->length); /* it was read before the reader was opened */
  ft->entries_position = ft->intake.position;
  for (uint32_t entry = 0; status == STATUS_OK && entry < head->words + head->labels; entry++)
    status = read_entry(ft, entry, problem);
  return status;
}

/* ---- all of the file ---- */

static enum status place_subwords(struct reader_fasttext *ft, struct problem *problem) {
  const struct fasttext_matrix *matrix = &ft->matrix;
  struct subwords *subwords = &ft->subwords;
  if (matrix->ngrams == 0) return STATUS_OK;
  *subwords = (struct subwords){.min = matrix->head.min,
                                .max = matrix->head.max,
                                .buckets = matrix->head.buckets,
                                .end_is_word = matrix->head.version == 0,
                                .dim = matrix->head.dim,
                                .count = matrix->ngrams};
  subwords_shape(subwords);
  ft->views = calloc(2 * (size_t)subwords->slab_count, sizeof *ft->views);
  if (!ft->views)
    return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(ft->intake.source));
  for (uint32_t slab = 0; slab < subwords->slab_count; slab++) {
    uint64_t first = (uint64_t)slab << subwords->slab_shift;
    ft->views[slab] = fasttext_matrix_row(matrix, matrix->head.words + first);
    if (matrix->head.pruned)
      ft->views[subwords->slab_count + slab] = (const uint32_t *)(const void *)matrix->pruned.data + first;
  }
  subwords->slabs = (const float *const *)ft->views;
  if (matrix->head.pruned) subwords->pruned = (const uint32_t *const *)(ft->views + subwords->slab_count);
  ft->reader.subwords = subwords;
  return STATUS_OK;
}

static void note_progress(void *context) {
  struct reader_fasttext *ft = context;
  ft->reader.text_bytes = source_position(ft->intake.source);
  ft->reader.stored_bytes = source_stored(ft->intake.source);
  if (ft->needs.tick) ft->needs.tick(ft->needs.context);
}

static enum status load(struct reader_fasttext *ft, struct problem *problem) {
  enum status status = read_dictionary(ft, problem);
  if (status == STATUS_OK) status = fasttext_matrix_read(&ft->matrix, &ft->intake, problem);
  if (status == STATUS_OK) status = place_subwords(ft, problem);
  if (status == STATUS_OK) ft->loaded = true;
  return status;
}

/* ---- rows ---- */

static void make_vectors(void *context, unsigned member, uint32_t first, uint32_t end) {
  struct reader_fasttext *ft = context;
  (void)member;
  for (uint32_t i = first; i < end; i++) {
    const float *own = fasttext_matrix_row(&ft->matrix, ft->next_row + i);
    subwords_known_vector(ft->reader.subwords, ft->words[i], own, ft->matrix.head.dim,
                          ft->vectors + (size_t)i * ft->matrix.stride);
  }
}

static void next_batch(struct reader_fasttext *ft) {
  ft->next_row += ft->count;
  uint32_t left = ft->matrix.head.words - ft->next_row;
  ft->at = 0;
  ft->count = left < ft->capacity ? left : ft->capacity;
  for (uint32_t i = 0; i < ft->count; i++) {
    const char *word = (const char *)ft->entries.data + ft->next_entry;
    ft->words[i] = (struct word){word, strlen(word)};
    ft->positions[i] = ft->entries_position + ft->next_entry;
    ft->next_entry += ft->words[i].length + 1 + ENTRY_TAIL;
  }
  crew_share(ft->crew, ft->count, GRAIN, make_vectors, ft);
}

static enum status fasttext_next(struct reader *reader, struct problem *problem, struct reader_row *row) {
  struct reader_fasttext *ft = (struct reader_fasttext *)reader;
  enum status status = ft->loaded ? STATUS_OK : load(ft, problem);
  if (status != STATUS_OK) return status;
  if (ft->at == ft->count) next_batch(ft);
  if (ft->count == 0) {
    *row = (struct reader_row){.kind = ROW_END};
    return STATUS_OK;
  }
  const float *vector = ft->vectors + (size_t)ft->at * ft->matrix.stride;
  bool finite = true;
  for (uint32_t i = 0; i < ft->matrix.head.dim; i++) finite &= isfinite(vector[i]) != 0;
  *row = (struct reader_row){.kind = finite ? ROW_WHOLE : ROW_NOT_FINITE,
                             .word = ft->words[ft->at],
                             .vector = vector,
                             .position = ft->positions[ft->at]};
  ft->at++;
  return STATUS_OK;
}

static void fasttext_close(struct reader *reader) {
  struct reader_fasttext *ft = (struct reader_fasttext *)reader;
  if (ft->crew) crew_free(ft->crew);
  intake_release(&ft->intake);
  fasttext_matrix_release(&ft->matrix);
  spill_release(&ft->entries);
  free(ft->views);
  free(ft->vectors);
  free(ft);
}

/* Nothing is read yet but the head, so that a matrix that is no such thing leaves no temporary file. */
static enum status open_parts(struct reader_fasttext *ft, struct source *source, struct problem *problem) {
  const unsigned char *data;
  size_t available;
  struct fasttext_head head;
  enum status status = source_peek(source, FASTTEXT_HEAD_MAX, problem, &data, &available);
  if (status == STATUS_OK) status = fasttext_head_read(source, data, available, problem, &head);
  if (status != STATUS_OK) return status;
  fasttext_matrix_init(&ft->matrix, &head, ft->needs.folder);
  size_t row_bytes = ft->matrix.stride * sizeof(float);
  ft->capacity = BATCH_BYTES / row_bytes < BATCH ? (uint32_t)(BATCH_BYTES / row_bytes) : BATCH;
  ft->vectors = malloc(ft->capacity * row_bytes);
  if (!ft->vectors || crew_new(ft->needs.threads > 0 ? ft->needs.threads : 1, &ft->crew) != STATUS_OK)
    return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
  return intake_init(&ft->intake, source, problem);
}

enum status reader_fasttext_open(struct source *source, const struct reader_needs *needs, struct problem *problem,
                                 struct reader **out) {
  struct reader_fasttext *ft = calloc(1, sizeof *ft);
  if (!ft) return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
  ft->reader = (struct reader){.next = fasttext_next, .close = fasttext_close, .unit = "byte"};
  ft->needs = *needs;
  ft->entries = ft->matrix.rows = ft->matrix.pruned = SPILL_NONE;
  enum status status = open_parts(ft, source, problem);
  if (status != STATUS_OK) {
    fasttext_close(&ft->reader);
    return status;
  }
  ft->intake.tick = note_progress;
  ft->intake.context = ft;
  *out = &ft->reader;
  return STATUS_OK;
}
