/* Codes of rows as matrix/codes.h defines them. Whatever is rounded here is rounded so that its promises hold. */
#include "store/search/codes_build.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/search/codes_axes.h"

enum {
  WORTH_BYTES = 4 << 20, /* of rows */
  THREADS_MOST = 64
};
static const double spread_wanted = 0.95; /* of the rows' spread, along the axes that are kept */
static const double square_rounding = 1e-9;
static const float scale_least = 0x1p-60f;

struct codes_build {
  const struct kernel *kernel;
  struct codes codes;
  float *centre;
  float *axes;
};

bool codes_worth(uint32_t rows, uint32_t dim) {
  return dim > CODES_COARSE && dim <= CODES_DIM_MAX && (uint64_t)rows * dim * sizeof(float) >= WORTH_BYTES;
}

/* A float32 that is not below. */
static float rounded_up(double value) {
  float near = (float)value;
  return (double)near < value ? nextafterf(near, INFINITY) : near;
}

/* The Frobenius norm of A A' - I. */
static double skew_of(const struct kernel *kernel, const struct rows *rows, const float *axes, uint32_t count) {
  double wide[CODES_DIM_MAX], dots[CODES_AXES_MAX], sum = 0;
  for (uint32_t k = 0; k < count; k++) {
    for (uint32_t i = 0; i < rows->stride; i++) wide[i] = (double)axes[(size_t)k * rows->stride + i];
    kernel->dots(wide, axes, rows->stride, count, dots);
    dots[k] -= 1;
    for (uint32_t j = 0; j < count; j++) sum += dots[j] * dots[j];
  }
  return sqrt(sum) + square_rounding;
}

/* The smallest record that holds as much of the spread as wanted, or as there is. */
static uint32_t fine_bytes_for(const double *spread, uint32_t count) {
  double held = 0;
  for (uint32_t k = 0; k < count; k++) {
    held += spread[k];
    if (held < spread_wanted && k + 1 < count) continue;
    uint32_t fine = k + 1 > CODES_COARSE ? k + 1 - CODES_COARSE : 0;
    return (fine + CODES_FINE_LEAD + CODES_FINE_UNIT - 1) / CODES_FINE_UNIT * CODES_FINE_UNIT;
  }
  return CODES_FINE_UNIT;
}

enum status codes_build_new(const struct kernel *kernel, const struct rows *rows, struct codes_build **out) {
  uint32_t count = rows->dim < CODES_AXES_MAX ? rows->dim : CODES_AXES_MAX;
  double spread[CODES_AXES_MAX];
  struct codes_build *build = calloc(1, sizeof *build);
  if (!build) return STATUS_NO_MEMORY;
  build->kernel = kernel;
  build->centre = calloc(rows->stride, sizeof *build->centre);
  build->axes = calloc((size_t)count * rows->stride, sizeof *build->axes);
  enum status status = STATUS_NO_MEMORY;
  if (build->centre && build->axes) status = codes_axes(kernel, rows, count, build->centre, build->axes, spread);
  if (status != STATUS_OK) {
    codes_build_free(build);
    return status;
  }
  uint32_t fine_bytes = fine_bytes_for(spread, count), kept = CODES_COARSE + fine_bytes - CODES_FINE_LEAD;
  if (kept > count) kept = count;
  build->codes = (struct codes){.axis_count = kept,
                                .fine_bytes = fine_bytes,
                                .skew = rounded_up(skew_of(kernel, rows, build->axes, kept)),
                                .centre = build->centre,
                                .axes = build->axes};
  *out = build;
  return STATUS_OK;
}

void codes_build_free(struct codes_build *build) {
  if (!build) return;
  free(build->centre);
  free(build->axes);
  free(build);
}

const struct codes *codes_build_codes(const struct codes_build *build) {
  return &build->codes;
}

/* ---- rows to codes ---- */

/* Some groups of a slab, for one thread. */
struct share {
  const struct codes_build *build;
  const struct rows *rows;
  uint32_t first, end; /* rows of the matrix; first is that of a group */
  struct codes_coarse *coarse;
  unsigned char *fine;
  struct codes_limit coarse_limit, fine_limit; /* of these rows */
};

/* One part of a row. */
struct part {
  const double *v;
  uint32_t count;
  int8_t codes[CODES_FINE_MAX];
  float scale;
  double square; /* |v|^2 */
};

static void raise_to(float *limit, double value) {
  if (value > (double)*limit) *limit = rounded_up(value);
}

/* To the nearest whole number: adding 1.5 * 2^52 leaves no bits for a fraction. */
static double whole(double value) {
  const double big = 0x1.8p52;
  return (value + big) - big;
}

static void encode_part(struct part *part, struct codes_limit *limit) {
  double largest = 0, error = 0, length = 0;
  part->square = 0;
  for (uint32_t i = 0; i < part->count; i++) {
    double size = fabs(part->v[i]);
    if (size > largest) largest = size;
    part->square += part->v[i] * part->v[i];
  }
  part->scale = rounded_up(largest / CODES_LARGEST);
  if (part->scale < scale_least) part->scale = scale_least;
  double scale = (double)part->scale, inverse = 1 / scale;
  for (uint32_t i = 0; i < part->count; i++) {
    double code = whole(part->v[i] * inverse), y = part->v[i] - scale * code;
    part->codes[i] = (int8_t)code;
    error += y * y;
    length += code * code;
  }
  raise_to(&limit->error, sqrt(error) * inverse * (1 + square_rounding));
  raise_to(&limit->length, sqrt(length) * (1 + square_rounding));
}

/* |w|^2 less what the axes hold of it, and what rounding and skew may hide: see matrix/codes.h. */
static float rest_of(double all, double held, double skew) {
  return rounded_up(sqrt(fmax(all - held, 0) + skew * held + square_rounding));
}

static uint8_t stored(int8_t code) {
  return (uint8_t)(code + CODES_ZERO);
}

static void encode_row(struct share *share, uint32_t row, struct codes_coarse *group, size_t lane,
                       struct codes_fine *record) {
  const struct codes *codes = &share->build->codes;
  const struct rows *rows = share->rows;
  double w[CODES_DIM_MAX], v[CODES_AXES_MAX], all = 0, base = 0, skew = (double)codes->skew;
  codes_centred(rows, row, codes->centre, w);
  share->build->kernel->dots(w, codes->axes, rows->stride, codes->axis_count, v);
  for (uint32_t i = 0; i < rows->dim; i++) {
    all += w[i] * w[i];
    base += w[i] * (double)codes->centre[i];
  }
  uint32_t split = codes->axis_count < CODES_COARSE ? codes->axis_count : CODES_COARSE;
  struct part coarse = {.v = v, .count = split}, fine = {.v = v + split, .count = codes->axis_count - split};
  encode_part(&coarse, &share->coarse_limit);
  encode_part(&fine, &share->fine_limit);
  group->base[lane] = (float)base;
  group->scale[lane] = coarse.scale;
  group->rest[lane] = rest_of(all, coarse.square, skew);
  for (size_t i = 0; i < CODES_COARSE; i++)
    group->codes[i / CODES_QUAD][lane][i % CODES_QUAD] = stored(coarse.codes[i]);
  record->scale = fine.scale;
  record->rest = rest_of(all, coarse.square + fine.square, skew);
  for (size_t i = 0; i < codes->fine_bytes - CODES_FINE_LEAD; i++) record->codes[i] = stored(fine.codes[i]);
}

static void *encode_share(void *context) {
  struct share *share = context;
  size_t fine_bytes = share->build->codes.fine_bytes;
  for (uint32_t row = share->first; row < share->end; row++) {
    uint32_t place = row - share->first;
    size_t lane = place % CODES_GROUP;
    struct codes_coarse *group = &share->coarse[place / CODES_GROUP];
    if (lane == 0) memset(group, 0, sizeof *group);
    encode_row(share, row, group, lane, (struct codes_fine *)(void *)(share->fine + place * fine_bytes));
  }
  return NULL;
}

/* The part of a slab that is thread i's: whole groups. */
static struct share share_of(const struct codes_build *build, const struct rows *rows, uint32_t slab, unsigned i,
                             unsigned threads) {
  uint32_t in_slab = rows_in_slab(rows, slab), groups = codes_groups(in_slab), start = slab << rows->slab_shift;
  uint32_t first = (uint32_t)((uint64_t)groups * i / threads) * CODES_GROUP;
  uint32_t end = (uint32_t)((uint64_t)groups * (i + 1) / threads) * CODES_GROUP;
  if (end > in_slab) end = in_slab;
  return (struct share){.build = build, .rows = rows, .first = start + first, .end = start + end};
}

void codes_build_slab(struct codes_build *build, const struct rows *rows, uint32_t slab, unsigned threads,
                      struct codes_coarse *coarse, unsigned char *fine) {
  struct share shares[THREADS_MOST];
  pthread_t thread[THREADS_MOST];
  bool started[THREADS_MOST] = {false};
  if (threads > THREADS_MOST) threads = THREADS_MOST;
  for (unsigned i = 0; i < threads; i++) {
    shares[i] = share_of(build, rows, slab, i, threads);
    uint32_t before = shares[i].first - (slab << rows->slab_shift);
    shares[i].coarse = coarse + before / CODES_GROUP;
    shares[i].fine = fine + (size_t)before * build->codes.fine_bytes;
    if (i + 1 < threads) started[i] = pthread_create(&thread[i], NULL, encode_share, &shares[i]) == 0;
    if (!started[i]) encode_share(&shares[i]); /* the last share is ours, and what no thread can be had for */
  }
  for (unsigned i = 0; i < threads; i++) {
    if (started[i]) pthread_join(thread[i], NULL);
    raise_to(&build->codes.coarse_limit.error, (double)shares[i].coarse_limit.error);
    raise_to(&build->codes.coarse_limit.length, (double)shares[i].coarse_limit.length);
    raise_to(&build->codes.fine_limit.error, (double)shares[i].fine_limit.error);
    raise_to(&build->codes.fine_limit.length, (double)shares[i].fine_limit.length);
  }
}
