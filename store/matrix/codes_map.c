/* Codes from and to the store file, and the checking of what they promise. */
#include "store/matrix/codes_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/matrix/format.h"

enum { FIXED = 64 }; /* bytes before the centre */
static const float skew_most = 0.001f;
static const double centre_most = 1.01;

/* What the proof in search/sieve.c allows for rounding in float64. */
static const double tolerance = 1e-9;

size_t codes_axes_length(const struct codes *codes, uint32_t stride) {
  return FIXED + (1 + (size_t)codes->axis_count) * stride * sizeof(float);
}

void codes_axes_write(const struct codes *codes, uint32_t stride, unsigned char *out) {
  const float limits[] = {codes->skew, codes->coarse_limit.error, codes->coarse_limit.length, codes->fine_limit.error,
                          codes->fine_limit.length};
  memset(out, 0, FIXED);
  memcpy(out, &codes->axis_count, 4);
  memcpy(out + 4, &codes->fine_bytes, 4);
  memcpy(out + 8, limits, sizeof limits);
  memcpy(out + FIXED, codes->centre, stride * sizeof(float));
  memcpy(out + FIXED + stride * sizeof(float), codes->axes, (size_t)codes->axis_count * stride * sizeof(float));
}

static enum status damaged(const char *file, struct problem *problem, const char *what) {
  return problem_set(problem, STATUS_DAMAGED, 0, "%s: its codes are inconsistent (%s); import it again", file, what);
}

static enum status read_fixed(struct codes *codes, const struct rows *rows, const char *file, struct problem *problem,
                              const unsigned char *data) {
  float limits[5];
  memcpy(&codes->axis_count, data, 4);
  memcpy(&codes->fine_bytes, data + 4, 4);
  memcpy(limits, data + 8, sizeof limits);
  codes->skew = limits[0];
  codes->coarse_limit = (struct codes_limit){limits[1], limits[2]};
  codes->fine_limit = (struct codes_limit){limits[3], limits[4]};
  for (size_t i = 8 + sizeof limits; i < FIXED; i++)
    if (data[i] != 0) return damaged(file, problem, "its beginning");
  if (rows->dim > CODES_DIM_MAX) return damaged(file, problem, "dimension");
  if (codes->fine_bytes < CODES_FINE_UNIT || codes->fine_bytes > CODES_FINE_MAX ||
      codes->fine_bytes % CODES_FINE_UNIT != 0)
    return damaged(file, problem, "size of a record");
  if (codes->axis_count < 1 || codes->axis_count > rows->dim ||
      codes->axis_count > CODES_COARSE + codes->fine_bytes - CODES_FINE_LEAD)
    return damaged(file, problem, "number of axes");
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
    if (!(limits[i] >= 0 && limits[i] <= CODES_LARGEST * CODES_FINE_MAX)) return damaged(file, problem, "limits");
  return codes->skew <= skew_most ? STATUS_OK : damaged(file, problem, "skew");
}

/* Whether the last of the axes is one: of length 1. Behind as many as there are, zeros or nothing follow. */
static bool last_axis_holds(const struct codes *codes, const struct rows *rows) {
  const float *last = codes->axes + (size_t)(codes->axis_count - 1) * rows->stride;
  return fabs(rows_dot(last, last, rows->stride) - 1) <= (double)codes->skew + (double)skew_most;
}

/* Whether the last record of a slab is one: no code is the byte 0. Records of another size do not end there. */
static bool last_record_holds(const unsigned char *slab, uint32_t count, uint32_t fine_bytes) {
  const struct codes_fine *record = (const void *)(slab + (size_t)(count - 1) * fine_bytes);
  bool holds = record->scale > 0 && record->rest >= 0;
  for (uint32_t i = 0; i < fine_bytes - CODES_FINE_LEAD; i++) holds = holds && record->codes[i] != 0;
  return holds;
}

static enum status map_slabs(struct codes *codes, const struct lmdb *lmdb, const struct rows *rows, const char *file,
                             struct problem *problem) {
  const struct codes_coarse **coarse = calloc(rows->slab_count, sizeof *coarse);
  const unsigned char **fine = calloc(rows->slab_count, sizeof *fine);
  codes->coarse = coarse;
  codes->fine = fine;
  if (!coarse || !fine) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  for (uint32_t slab = 0; slab < rows->slab_count; slab++) {
    uint32_t count = rows_in_slab(rows, slab);
    const void *data;
    struct format_part part = {FORMAT_COARSE, slab, codes_groups(count) * sizeof **coarse};
    enum status status = format_find(lmdb, part, file, problem, &data);
    if (status != STATUS_OK) return status;
    coarse[slab] = data;
    part = (struct format_part){FORMAT_FINE, slab, (size_t)count * codes->fine_bytes};
    status = format_find(lmdb, part, file, problem, &data);
    if (status != STATUS_OK) return status;
    fine[slab] = data;
    if (!last_record_holds(data, count, codes->fine_bytes)) return damaged(file, problem, "size of a record");
  }
  return STATUS_OK;
}

static enum status map_all(struct codes *codes, const struct lmdb *lmdb, const struct rows *rows, const char *file,
                           struct problem *problem) {
  const void *data;
  enum status status = format_find_start(lmdb, (struct format_part){FORMAT_AXES, 0, FIXED}, file, problem, &data);
  if (status == STATUS_OK) status = read_fixed(codes, rows, file, problem, data);
  if (status != STATUS_OK) return status;
  size_t length = codes_axes_length(codes, rows->stride);
  status = format_find(lmdb, (struct format_part){FORMAT_AXES, 0, length}, file, problem, &data);
  if (status != STATUS_OK) return status;
  codes->centre = (const float *)(const void *)((const unsigned char *)data + FIXED);
  codes->axes = codes->centre + rows->stride;
  double square = rows_dot(codes->centre, codes->centre, rows->stride);
  if (!(square <= centre_most * centre_most)) return damaged(file, problem, "centre");
  if (!last_axis_holds(codes, rows)) return damaged(file, problem, "number of axes");
  return map_slabs(codes, lmdb, rows, file, problem);
}

enum status codes_map(const struct lmdb *lmdb, const struct rows *rows, const char *file, struct problem *problem,
                      struct codes **out) {
  *out = NULL;
  if (!format_has(lmdb, FORMAT_AXES)) return STATUS_OK;
  struct codes *codes = calloc(1, sizeof *codes);
  if (!codes) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  enum status status = map_all(codes, lmdb, rows, file, problem);
  if (status == STATUS_OK)
    *out = codes;
  else
    codes_unmap(codes);
  return status;
}

void codes_unmap(struct codes *codes) {
  if (!codes) return;
  free((void *)(uintptr_t)codes->coarse);
  free((void *)(uintptr_t)codes->fine);
  free(codes);
}

/* ---- what codes promise ---- */

bool codes_axes_hold(const struct rows *rows) {
  const struct codes *codes = rows->codes;
  double sum = 0;
  for (uint32_t i = 0; i < codes->axis_count; i++)
    for (uint32_t j = 0; j < codes->axis_count; j++) {
      double dot = rows_dot(codes->axes + (size_t)i * rows->stride, codes->axes + (size_t)j * rows->stride, rows->dim);
      double off = dot - (i == j);
      sum += off * off;
    }
  return sqrt(sum) <= (double)codes->skew + tolerance;
}

/* One part of a row: its coordinates, and what is stored for them. */
struct part {
  const double *v;
  uint32_t count;
  const uint8_t *codes[CODES_AXES_MAX];
  float scale;
};

static bool part_holds(const struct part *part, struct codes_limit limit, double *square) {
  double error = 0, length = 0, scale = (double)part->scale;
  if (!(scale > 0)) return false;
  for (uint32_t i = 0; i < part->count; i++) {
    int code = *part->codes[i] - CODES_ZERO;
    double y = part->v[i] - scale * code;
    if (code < -CODES_LARGEST) return false;
    error += y * y;
    length += (double)code * code;
    *square += part->v[i] * part->v[i];
  }
  return sqrt(error) <= scale * (double)limit.error + tolerance &&
         sqrt(length) <= (double)limit.length * (1 + tolerance);
}

static bool rest_holds(float rest, double all, double held, double skew) {
  return (double)rest * (double)rest >= all - held + skew * held - tolerance;
}

static void plain_dots(const double *w, const float *rows, uint32_t stride, size_t count, double *dots) {
  enum { LANES = 8 };
  for (size_t k = 0; k < count; k++) {
    const float *row = rows + k * stride;
    double lane[LANES] = {0};
    uint32_t i = 0;
    for (; i + LANES <= stride; i += LANES)
      for (uint32_t j = 0; j < LANES; j++) lane[j] += w[i + j] * (double)row[i + j];
    for (uint32_t j = 0; i + j < stride; j++) lane[j] += w[i + j] * (double)row[i + j];
    dots[k] = ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
  }
}

bool codes_row_holds(const struct rows *rows, uint32_t row, codes_dots_type *dots) {
  const struct codes *codes = rows->codes;
  double w[CODES_DIM_MAX], v[CODES_AXES_MAX], all = 0, base = 0, held = 0;
  uint32_t within = row & ((1u << rows->slab_shift) - 1), slab = row >> rows->slab_shift, lane = within % CODES_GROUP;
  const struct codes_coarse *group = &codes->coarse[slab][within / CODES_GROUP];
  const struct codes_fine *record = (const void *)(codes->fine[slab] + (size_t)within * codes->fine_bytes);
  codes_centred(rows, row, codes->centre, w);
  (dots ? dots : plain_dots)(w, codes->axes, rows->stride, codes->axis_count, v);
  for (uint32_t i = 0; i < rows->dim; i++) {
    all += w[i] * w[i];
    base += w[i] * (double)codes->centre[i];
  }
  uint32_t split = codes->axis_count < CODES_COARSE ? codes->axis_count : CODES_COARSE;
  struct part coarse = {.v = v, .count = split, .scale = group->scale[lane]};
  struct part fine = {.v = v + split, .count = codes->axis_count - split, .scale = record->scale};
  for (uint32_t i = 0; i < coarse.count; i++) coarse.codes[i] = &group->codes[i / CODES_QUAD][lane][i % CODES_QUAD];
  for (uint32_t i = 0; i < fine.count; i++) fine.codes[i] = &record->codes[i];
  double skew = (double)codes->skew;
  bool holds = fabs((double)group->base[lane] - base) <= 0x1p-23 && part_holds(&coarse, codes->coarse_limit, &held) &&
               rest_holds(group->rest[lane], all, held, skew);
  return holds && part_holds(&fine, codes->fine_limit, &held) && rest_holds(record->rest, all, held, skew);
}
