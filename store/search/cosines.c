/* Some of the one side, widened to what the kernel takes, against block after block of the other. */
#include "store/search/cosines.h"

#include <stdlib.h>
#include <string.h>

enum {
  THOSE_BYTES = 256 << 10, /* of one side, widened */
  BLOCK_BYTES = 64 << 10   /* of the other: both are well inside a second-level cache */
};

/* Vectors one behind the other, as rows lie. */
struct block {
  const float *floats; /* [count][stride] */
  const double *norms;
  size_t first, count; /* which of the others they are */
};

/* A part of one side, ready to be compared. */
struct part {
  const struct kernel *kernel;
  uint32_t dim, stride;
  size_t first, count, most;
  double *values; /* [most][stride] */
  double *norms;  /* [most] */
};

/* How many vectors of `size` bytes go into `bytes`, of the `count` that there are. */
static size_t fitting(size_t bytes, size_t size, size_t count) {
  size_t fit = bytes / size > 0 ? bytes / size : 1;
  return fit < count ? fit : count;
}

static enum status part_init(struct part *part, const struct kernel *kernel, uint32_t dim, size_t count) {
  uint32_t stride = rows_stride_of(dim);
  *part = (struct part){.kernel = kernel, .dim = dim, .stride = stride};
  part->most = fitting(THOSE_BYTES, stride * sizeof *part->values, count);
  part->values = calloc(part->most * stride, sizeof *part->values);
  part->norms = calloc(part->most, sizeof *part->norms);
  return part->values && part->norms ? STATUS_OK : STATUS_NO_MEMORY;
}

static void part_release(struct part *part) {
  free(part->values);
  free(part->norms);
}

/* Takes the vectors from `first` on, as many as there is room for. */
static void part_load(struct part *part, const struct cosines_side *those, size_t first) {
  part->first = first;
  part->count = those->count - first < part->most ? those->count - first : part->most;
  for (size_t i = 0; i < part->count; i++) {
    const float *vector = those->vectors[first + i];
    double *values = part->values + i * part->stride;
    for (uint32_t d = 0; d < part->dim; d++) values[d] = vector ? (double)vector[d] : 0.0;
    part->norms[i] = vector ? rows_norm_of(vector, part->dim) : 0.0;
  }
}

static void compare(const struct part *part, const struct block *block, size_t other_count, double *out) {
  for (size_t i = 0; i < part->count; i++) {
    double *line = out + (part->first + i) * other_count + block->first;
    part->kernel->dots(part->values + i * part->stride, block->floats, part->stride, block->count, line);
    for (size_t j = 0; j < block->count; j++) line[j] = rows_cosine(line[j], part->norms[i], block->norms[j]);
  }
}

/* The others, gathered by blocks. */
struct gathered {
  float *floats; /* [most][stride] */
  double *norms;
  size_t most;
};

static void gather(const struct gathered *gathered, const struct part *part, const struct cosines_side *others,
                   struct block *block) {
  for (size_t j = 0; j < block->count; j++) {
    const float *vector = others->vectors[block->first + j];
    float *floats = gathered->floats + j * part->stride;
    if (vector)
      memcpy(floats, vector, part->dim * sizeof *floats);
    else
      memset(floats, 0, part->dim * sizeof *floats);
    gathered->norms[j] = rows_norm_of(floats, part->dim);
  }
}

static void compare_gathered(const struct part *part, const struct gathered *gathered,
                             const struct cosines_side *others, double *out) {
  for (size_t first = 0; first < others->count; first += gathered->most) {
    size_t left = others->count - first;
    struct block block = {gathered->floats, gathered->norms, first, left < gathered->most ? left : gathered->most};
    gather(gathered, part, others, &block);
    compare(part, &block, others->count, out);
  }
}

enum status cosines_of(const struct kernel *kernel, uint32_t dim, const struct cosines_side *those,
                       const struct cosines_side *others, double *out) {
  if (those->count == 0 || others->count == 0) return STATUS_OK;
  struct part part;
  struct gathered gathered = {0};
  enum status status = part_init(&part, kernel, dim, those->count);
  gathered.most = fitting(BLOCK_BYTES, part.stride * sizeof *gathered.floats, others->count);
  gathered.floats = calloc(gathered.most * part.stride, sizeof *gathered.floats);
  gathered.norms = calloc(gathered.most, sizeof *gathered.norms);
  if (!gathered.floats || !gathered.norms) status = STATUS_NO_MEMORY;
  for (size_t first = 0; status == STATUS_OK && first < those->count; first += part.count) {
    part_load(&part, those, first);
    compare_gathered(&part, &gathered, others, out);
  }
  free(gathered.floats);
  free(gathered.norms);
  part_release(&part);
  return status;
}

static void compare_rows(const struct part *part, const struct rows *rows, double *out) {
  uint32_t most = (uint32_t)fitting(BLOCK_BYTES, rows->stride * sizeof(float), rows->count), first = 0;
  for (uint32_t slab = 0; slab < rows->slab_count; slab++) {
    uint32_t end = first + rows_in_slab(rows, slab);
    for (uint32_t count; first < end; first += count) {
      count = end - first < most ? end - first : most;
      struct block block = {rows_at(rows, first), rows_norm_at(rows, first), first, count};
      compare(part, &block, rows->count, out);
    }
  }
}

enum status cosines_of_rows(const struct kernel *kernel, const struct rows *rows, const struct cosines_side *those,
                            double *out) {
  if (those->count == 0 || rows->count == 0) return STATUS_OK;
  struct part part;
  enum status status = part_init(&part, kernel, rows->dim, those->count);
  for (size_t first = 0; status == STATUS_OK && first < those->count; first += part.count) {
    part_load(&part, those, first);
    compare_rows(&part, rows, out);
  }
  part_release(&part);
  return status;
}
