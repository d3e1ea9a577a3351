/* Subwords from and to the store file. */
#include "store/matrix/subwords_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/matrix/format.h"

static const char magic[8] = {'w', 'v', 's', 'u', 'b', 'w', 'd', '\n'};

/* The value of the key s, field by field: all are aligned, and little-endian as everything here. */
struct stored {
  char magic[8];
  uint32_t version, min, max, buckets, count, dim, is_pruned, end_is_word;
  uint32_t zero[6];
};
_Static_assert(sizeof(struct stored) == SUBWORDS_MAP_FIXED, "the record is as long as the document says");

enum { VERSION = 1 };

void subwords_map_write(const struct subwords *subwords, unsigned char out[SUBWORDS_MAP_FIXED]) {
  struct stored stored = {.version = VERSION,
                          .min = subwords->min,
                          .max = subwords->max,
                          .buckets = subwords->buckets,
                          .count = subwords->count,
                          .dim = subwords->dim,
                          .is_pruned = subwords->pruned != NULL,
                          .end_is_word = subwords->end_is_word};
  memcpy(stored.magic, magic, sizeof magic);
  memcpy(out, &stored, sizeof stored);
}

void subwords_shape(struct subwords *subwords) {
  uint32_t slab_rows = format_slab_rows(subwords->dim);
  subwords->stride = rows_stride_of(subwords->dim);
  subwords->slab_shift = (uint32_t)__builtin_ctz(slab_rows);
  subwords->slab_count = subwords->count / slab_rows + (subwords->count % slab_rows > 0);
}

static enum status damaged(const char *file, struct problem *problem, const char *what) {
  return problem_set(problem, STATUS_DAMAGED, 0, "%s: its subwords are inconsistent (%s); import it again", file, what);
}

static enum status read_fixed(const struct stored *stored, uint32_t dim, const char *file, struct problem *problem) {
  if (memcmp(stored->magic, magic, sizeof magic) != 0) return damaged(file, problem, "mark");
  if (stored->version != VERSION) return STATUS_UNSUPPORTED;
  if (stored->max < 1 || stored->max > SUBWORDS_LENGTH_MAX || stored->min > stored->max)
    return damaged(file, problem, "length of n-grams");
  if (stored->buckets < 1 || stored->buckets > SUBWORDS_BUCKETS_MAX) return damaged(file, problem, "buckets");
  if (stored->dim != dim) return damaged(file, problem, "dimension");
  for (size_t i = 0; i < sizeof stored->zero / sizeof stored->zero[0]; i++)
    if (stored->zero[i] != 0) return damaged(file, problem, "its beginning");
  if (stored->is_pruned > 1 || stored->end_is_word > 1) return damaged(file, problem, "rules");
  uint32_t most = stored->is_pruned && stored->buckets > SUBWORDS_PRUNED_MAX ? SUBWORDS_PRUNED_MAX : stored->buckets;
  if (stored->count < 1 || stored->count > most || (!stored->is_pruned && stored->count != stored->buckets))
    return damaged(file, problem, "row count");
  return STATUS_OK;
}

static enum status map_slabs(struct subwords_map *map, bool is_pruned, const struct lmdb *lmdb, const char *file,
                             struct problem *problem) {
  struct subwords *subwords = &map->subwords;
  map->views = calloc(2 * (size_t)subwords->slab_count, sizeof *map->views);
  if (!map->views) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  const void **slabs = map->views, **pruned = map->views + subwords->slab_count;
  subwords->slabs = (const float *const *)slabs;
  subwords->pruned = is_pruned ? (const uint32_t *const *)pruned : NULL;
  for (uint32_t slab = 0; slab < subwords->slab_count; slab++) {
    size_t rows = subwords_in_slab(subwords, slab), row_bytes = subwords->stride * sizeof(float);
    enum status status =
        format_find(lmdb, (struct format_part){FORMAT_BUCKETS, slab, rows * row_bytes}, file, problem, &slabs[slab]);
    if (status == STATUS_OK && is_pruned)
      status = format_find(lmdb, (struct format_part){FORMAT_PRUNED, slab, rows * sizeof(uint32_t)}, file, problem,
                           &pruned[slab]);
    if (status != STATUS_OK) return status;
  }
  return STATUS_OK;
}

static enum status map_all(struct subwords_map *map, const struct lmdb *lmdb, uint32_t dim, const char *file,
                           struct problem *problem) {
  const void *data;
  struct stored stored;
  enum status status = format_find(lmdb, (struct format_part){FORMAT_SUBWORDS, 0, sizeof stored}, file, problem, &data);
  if (status != STATUS_OK) return status;
  memcpy(&stored, data, sizeof stored);
  status = read_fixed(&stored, dim, file, problem);
  if (status != STATUS_OK) return status;
  map->subwords = (struct subwords){.min = stored.min,
                                    .max = stored.max,
                                    .buckets = stored.buckets,
                                    .end_is_word = stored.end_is_word == 1,
                                    .dim = dim,
                                    .count = stored.count};
  subwords_shape(&map->subwords);
  status = map_slabs(map, stored.is_pruned == 1, lmdb, file, problem);
  if (status != STATUS_OK || stored.is_pruned == 0) return status;
  uint32_t last = map->subwords.count - 1, bucket = subwords_bucket(&map->subwords, last);
  bool ascends = last == 0 || subwords_bucket(&map->subwords, last - 1) < bucket;
  return ascends && bucket < stored.buckets ? STATUS_OK : damaged(file, problem, "buckets");
}

enum status subwords_map(const struct lmdb *lmdb, uint32_t dim, const char *file, struct problem *problem,
                         struct subwords_map **out) {
  struct format_key key = format_key_of((struct format_part){FORMAT_SUBWORDS, 0, 0});
  struct lmdb_span value;
  *out = NULL;
  if (lmdb_get(lmdb, (struct lmdb_span){key.bytes, key.length}, &value) == STATUS_NOT_FOUND) return STATUS_OK;
  struct subwords_map *map = calloc(1, sizeof *map);
  if (!map) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  enum status status = map_all(map, lmdb, dim, file, problem);
  if (status == STATUS_OK)
    *out = map;
  else
    subwords_unmap(map);
  return status == STATUS_UNSUPPORTED ? STATUS_OK : status;
}

void subwords_unmap(struct subwords_map *map) {
  if (!map) return;
  free(map->views);
  free(map);
}

enum status subwords_verify(const struct subwords *subwords, struct problem *problem) {
  for (uint32_t row = 0; row < subwords->count; row++) {
    const float *vector = subwords_row(subwords, row);
    for (uint32_t i = 0; i < subwords->stride; i++)
      if (!(fabsf(vector[i]) < SUBWORDS_NUMBER_LIMIT) || (i >= subwords->dim && vector[i] != 0))
        return problem_set(problem, STATUS_DAMAGED, 0, "subword row %u: number %u cannot be there", row, i);
    uint32_t bucket = subwords_bucket(subwords, row);
    if (bucket >= subwords->buckets || (row > 0 && bucket <= subwords_bucket(subwords, row - 1)))
      return problem_set(problem, STATUS_DAMAGED, 0, "subword row %u: its bucket is out of order", row);
  }
  return STATUS_OK;
}
