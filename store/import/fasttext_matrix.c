/* The input matrix, plain or from a product quantiser. Sizes grow with what is there, never with what is promised. */
#include "store/import/fasttext_matrix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/matrix/rows.h"
#include "store/matrix/subwords.h"

enum { CENTROIDS = 256 };

/* An n-gram of a pruned model. */
struct kept {
  uint32_t bucket, row;
};

void fasttext_matrix_init(struct fasttext_matrix *matrix, const struct fasttext_head *head, const char *folder) {
  *matrix = (struct fasttext_matrix){
      .folder = folder, .head = *head, .stride = rows_stride_of(head->dim), .rows = SPILL_NONE, .pruned = SPILL_NONE};
  if (head->max > 0) matrix->ngrams = head->pruned ? head->kept : head->buckets;
}

void fasttext_matrix_release(struct fasttext_matrix *matrix) {
  spill_release(&matrix->rows);
  spill_release(&matrix->pruned);
}

enum status fasttext_cut(const struct intake *intake, uint64_t from, const char *what, struct problem *problem) {
  unsigned long long end = intake->position + intake->length - intake->at;
  return source_problem(intake->source, from, problem,
                        "this fastText model is cut off: it ends at byte %llu, inside %s, which begins at byte %llu",
                        end, what, (unsigned long long)from);
}

static enum status impossible(const struct intake *intake, uint64_t at, struct problem *problem, const char *what) {
  return source_problem(intake->source, at, problem, "this fastText model cannot be: at byte %llu, %s",
                        (unsigned long long)at, what);
}

/* ---- pieces of the source ---- */

/* Takes exactly `size` (at most INTAKE_SIZE) bytes. */
static enum status take(struct intake *intake, void *out, size_t size, const char *what, struct problem *problem) {
  const unsigned char *data;
  size_t available;
  enum status status = intake_look(intake, size, problem, &data, &available);
  if (status != STATUS_OK) return status;
  if (available < size) return fasttext_cut(intake, intake->position, what, problem);
  memcpy(out, data, size);
  intake_skip(intake, size);
  return STATUS_OK;
}

static enum status take_flag(struct intake *intake, bool *flag, const char *what, struct problem *problem) {
  uint8_t byte = 0;
  uint64_t at = intake->position;
  enum status status = take(intake, &byte, 1, what, problem);
  if (status == STATUS_OK && byte > 1) status = impossible(intake, at, problem, "a flag is neither 0 nor 1");
  if (status == STATUS_OK) *flag = byte == 1;
  return status;
}

/* Takes `size` bytes, however many, into `out`. */
static enum status take_long(struct intake *intake, unsigned char *out, size_t size, const char *what,
                             struct problem *problem) {
  uint64_t from = intake->position;
  enum status status = STATUS_OK;
  for (size_t done = 0, part; status == STATUS_OK && done < size; done += part) {
    const unsigned char *data;
    size_t available;
    status = intake_look(intake, 1, problem, &data, &available);
    if (status == STATUS_OK && available == 0) return fasttext_cut(intake, from, what, problem);
    part = available < size - done ? available : size - done;
    if (status != STATUS_OK) break;
    memcpy(out + done, data, part);
    intake_skip(intake, part);
  }
  return status;
}

/* The same into a temporary file that grows as bytes come. */
static enum status take_spill(const struct fasttext_matrix *matrix, struct intake *intake, struct spill *spill,
                              size_t size, const char *what, struct problem *problem) {
  uint64_t from = intake->position;
  for (size_t done = 0; done < size;) {
    const unsigned char *data;
    size_t available;
    enum status status = intake_look(intake, 1, problem, &data, &available);
    if (status == STATUS_OK && available == 0) return fasttext_cut(intake, from, what, problem);
    size_t part = available < size - done ? available : size - done;
    if (status == STATUS_OK) status = spill_grow_within(spill, matrix->folder, done + part, size, problem);
    if (status != STATUS_OK) return status;
    memcpy(spill->data + done, data, part);
    intake_skip(intake, part);
    done += part;
  }
  return STATUS_OK;
}

/* ---- rows ---- */

/* Room for the row `row`, and those before it. */
static enum status make_row(struct fasttext_matrix *matrix, uint64_t row, struct problem *problem, float **out) {
  size_t row_bytes = matrix->stride * sizeof(float);
  size_t all = ((size_t)matrix->head.words + matrix->ngrams) * row_bytes;
  enum status status = spill_grow_within(&matrix->rows, matrix->folder, (size_t)(row + 1) * row_bytes, all, problem);
  if (status == STATUS_OK) *out = (float *)(void *)matrix->rows.data + row * matrix->stride;
  return status;
}

/* A word's own row may hold anything: its vector is looked at. Rows of n-grams are part of words not yet known. */
static enum status check_ngram(const struct fasttext_matrix *matrix, const struct intake *intake, uint64_t row,
                               uint64_t at, struct problem *problem) {
  const float *vector = fasttext_matrix_row(matrix, row);
  bool good = row < matrix->head.words;
  if (!good) {
    good = true;
    for (uint32_t i = 0; i < matrix->head.dim; i++) good &= fabsf(vector[i]) < SUBWORDS_NUMBER_LIMIT;
  }
  return good ? STATUS_OK
              : impossible(intake, at, problem, "a number of an n-gram is NaN, infinite or beyond 1e30 in magnitude");
}

static enum status take_shape(const struct fasttext_matrix *matrix, struct intake *intake, struct problem *problem) {
  const struct fasttext_head *head = &matrix->head;
  int64_t shape[2] = {0};
  char text[160];
  uint64_t at = intake->position, rows = (uint64_t)head->words + (head->pruned ? head->kept : head->buckets);
  enum status status = take(intake, shape, sizeof shape, "the shape of its matrix", problem);
  if (status != STATUS_OK) return status;
  if (shape[0] == (int64_t)rows && shape[1] == head->dim) return STATUS_OK;
  snprintf(text, sizeof text, "the matrix has %lld rows of %lld numbers, not %llu of %u as the model's head says",
           (long long)shape[0], (long long)shape[1], (unsigned long long)rows, head->dim);
  return impossible(intake, at, problem, text);
}

/* Rows that nothing is made of (those of word pairs, in models without n-grams of characters) are passed over. */
static enum status read_plain(struct fasttext_matrix *matrix, struct intake *intake, struct problem *problem) {
  const struct fasttext_head *head = &matrix->head;
  enum status status = take_shape(matrix, intake, problem);
  uint64_t all = (uint64_t)head->words + head->buckets, used = (uint64_t)head->words + matrix->ngrams;
  size_t row_bytes = head->dim * sizeof(float);
  for (uint64_t row = 0; status == STATUS_OK && row < all; row++) {
    const unsigned char *data;
    size_t available;
    uint64_t at = intake->position;
    status = intake_look(intake, row_bytes, problem, &data, &available);
    if (status == STATUS_OK && available < row_bytes) {
      char what[64];
      snprintf(what, sizeof what, "row %llu of %llu of its matrix", (unsigned long long)row, (unsigned long long)all);
      return fasttext_cut(intake, at, what, problem);
    }
    float *vector;
    if (status == STATUS_OK && row < used) status = make_row(matrix, row, problem, &vector);
    if (status != STATUS_OK) return status;
    if (row < used) {
      memcpy(vector, data, row_bytes);
      status = check_ngram(matrix, intake, row, at, problem);
    }
    intake_skip(intake, row_bytes);
  }
  return status;
}

/* ---- quantised ---- */

/* Codes and their meaning. */
struct quantised {
  struct spill codes;       /* a byte for each part of each row */
  struct spill norms;       /* a byte for each row; none without norms */
  uint32_t parts;           /* of a row */
  int32_t part, last;       /* dimensions of a part, and of the last */
  float *centroids;         /* [256 * dim] */
  float norm_of[CENTROIDS]; /* of a norm's code */
};

/* Takes a quantiser of `dim` dimensions and `parts` parts; its centroids are the caller's to free. */
static enum status take_quantiser(struct intake *intake, uint32_t dim, uint32_t parts, struct problem *problem,
                                  int32_t sizes[2], float *centroids) {
  int32_t said[4] = {0};
  uint64_t at = intake->position;
  enum status status = take(intake, said, sizeof said, "a quantiser", problem);
  if (status != STATUS_OK) return status;
  int64_t part = said[2], last = said[3];
  if (said[0] != (int32_t)dim || said[1] != (int32_t)parts || part < 1 || last < 1 || last > part ||
      (parts - 1) * part + last != dim)
    return impossible(intake, at, problem, "the parts of a quantiser are not those of its codes");
  status = take_long(intake, (unsigned char *)centroids, CENTROIDS * (size_t)dim * sizeof *centroids,
                     "the centroids of a quantiser", problem);
  sizes[0] = said[2];
  sizes[1] = said[3];
  return status;
}

static enum status take_codes(const struct fasttext_matrix *matrix, struct intake *intake, uint64_t rows,
                              struct problem *problem, struct quantised *out) {
  int32_t size = 0;
  uint64_t at = intake->position;
  enum status status = take(intake, &size, sizeof size, "the size of its codes", problem);
  if (status != STATUS_OK) return status;
  uint64_t parts = size > 0 ? (uint64_t)size / rows : 0;
  if (parts < 1 || parts > matrix->head.dim || parts * rows != (uint64_t)size)
    return impossible(intake, at, problem, "the size of the codes is no multiple of the rows, or too large");
  out->parts = (uint32_t)parts;
  return take_spill(matrix, intake, &out->codes, (size_t)size, "the codes of its matrix", problem);
}

static enum status take_quantised(const struct fasttext_matrix *matrix, struct intake *intake, struct problem *problem,
                                  struct quantised *out) {
  const struct fasttext_head *head = &matrix->head;
  uint64_t rows = (uint64_t)head->words + (head->pruned ? head->kept : head->buckets);
  bool has_norms = false;
  int32_t sizes[2] = {0};
  enum status status = take_flag(intake, &has_norms, "its matrix", problem);
  if (status == STATUS_OK) status = take_shape(matrix, intake, problem);
  if (status == STATUS_OK) status = take_codes(matrix, intake, rows, problem, out);
  if (status != STATUS_OK) return status;
  out->centroids = malloc(CENTROIDS * (size_t)head->dim * sizeof *out->centroids);
  if (!out->centroids)
    return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(intake->source));
  status = take_quantiser(intake, head->dim, out->parts, problem, sizes, out->centroids);
  if (status != STATUS_OK || !has_norms) goto parts;
  status = take_spill(matrix, intake, &out->norms, rows, "the codes of norms", problem);
  int32_t ones[2];
  if (status == STATUS_OK) status = take_quantiser(intake, 1, 1, problem, ones, out->norm_of);
parts:
  out->part = sizes[0];
  out->last = sizes[1];
  return status;
}

/* In fastText a centroid is multiplied by the norm when it is added to a sum, and so rounded alike. */
static void decode(const struct quantised *quantised, uint64_t row, float *vector) {
  const unsigned char *code = quantised->codes.data + row * quantised->parts;
  float norm = quantised->norms.data ? quantised->norm_of[quantised->norms.data[row]] : 1;
  size_t part = (size_t)quantised->part;
  for (uint32_t i = 0; i < quantised->parts; i++) {
    size_t length = i + 1 < quantised->parts ? part : (size_t)quantised->last;
    const float *centroid = quantised->centroids + i * CENTROIDS * part + code[i] * length;
    for (size_t j = 0; j < length; j++) vector[i * part + j] = norm * centroid[j];
  }
}

static enum status decode_all(struct fasttext_matrix *matrix, const struct intake *intake,
                              const struct quantised *quantised, uint64_t at, struct problem *problem) {
  const struct kept *kept = (const void *)matrix->pruned.data;
  uint32_t words = matrix->head.words;
  enum status status = STATUS_OK;
  for (uint64_t row = 0; status == STATUS_OK && row < (uint64_t)words + matrix->ngrams; row++) {
    float *vector;
    status = make_row(matrix, row, problem, &vector);
    if (status != STATUS_OK) return status;
    decode(quantised, row < words || !kept ? row : words + kept[row - words].row, vector);
    status = check_ngram(matrix, intake, row, at, problem);
  }
  return status;
}

static enum status read_quantised(struct fasttext_matrix *matrix, struct intake *intake, struct problem *problem) {
  struct quantised quantised = {.codes = SPILL_NONE, .norms = SPILL_NONE};
  uint64_t at = intake->position;
  enum status status = take_quantised(matrix, intake, problem, &quantised);
  if (status == STATUS_OK) status = decode_all(matrix, intake, &quantised, at, problem);
  spill_release(&quantised.codes);
  spill_release(&quantised.norms);
  free(quantised.centroids);
  return status;
}

/* ---- pruned ---- */

static int compare_kept(const void *a, const void *b) {
  const struct kept *one = a, *other = b;
  return (one->bucket > other->bucket) - (one->bucket < other->bucket);
}

static enum status read_kept(struct fasttext_matrix *matrix, struct intake *intake, struct problem *problem) {
  uint32_t count = matrix->head.kept;
  uint64_t at = intake->position;
  enum status status =
      take_spill(matrix, intake, &matrix->pruned, count * sizeof(struct kept), "its table of n-grams", problem);
  if (status != STATUS_OK) return status;
  struct kept *kept = (void *)matrix->pruned.data;
  qsort(kept, count, sizeof *kept, compare_kept);
  for (uint32_t i = 0; i < count; i++)
    if (kept[i].bucket >= matrix->head.buckets || kept[i].row >= count ||
        (i > 0 && kept[i].bucket == kept[i - 1].bucket))
      return impossible(intake, at, problem, "the table of n-grams has a bucket twice, or leads out of the matrix");
  return STATUS_OK;
}

/* Leaves the buckets alone: rows are in their order by now. */
static void forget_rows(struct fasttext_matrix *matrix) {
  const struct kept *kept = (const void *)matrix->pruned.data;
  for (uint32_t i = 0; i < matrix->head.kept; i++) {
    uint32_t bucket = kept[i].bucket;
    memcpy(matrix->pruned.data + i * sizeof bucket, &bucket, sizeof bucket);
  }
}

enum status fasttext_matrix_read(struct fasttext_matrix *matrix, struct intake *intake, struct problem *problem) {
  bool quantised = false;
  enum status status = matrix->head.kept > 0 ? read_kept(matrix, intake, problem) : STATUS_OK;
  uint64_t at = intake->position;
  if (status == STATUS_OK && matrix->head.version > 0) status = take_flag(intake, &quantised, "its matrix", problem);
  if (status != STATUS_OK) return status;
  if (quantised) {
    status = read_quantised(matrix, intake, problem);
  } else if (matrix->head.pruned) {
    /* Some early files are so; fastText refuses them too, as their rows are not where the table says. */
    status = impossible(intake, at, problem, "it says that it is pruned but not quantised; get a newer file of it");
  } else {
    status = read_plain(matrix, intake, problem);
  }
  if (status == STATUS_OK && matrix->head.kept > 0) forget_rows(matrix);
  return status;
}
