/* Principal axes by simultaneous iteration (Rutishauser 1969; Golub and Van Loan, "Matrix Computations", 8.2.4): axes
 * are multiplied by the covariance of a sample and made orthonormal again, a few times. It need not converge: the
 * codes want most of the spread in few axes, not eigenvectors. Products run through the search kernel, whose factors
 * are float32 values and whose sums are therefore the same bits everywhere. */
#include "store/search/codes_axes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  SAMPLE_ROWS = 16384,
  SAMPLE_BYTES = 32 << 20,
  ROUNDS = 12, /* 422,295 x 300: from 8 on the spread that 152 axes hold no longer changes in its third digit */
  LANES = 8
};

struct sample {
  uint32_t count;  /* of rows */
  uint32_t stride; /* count, filled up with zeros as a row is */
  float *columns;  /* [dim][stride]: the sample transposed */
  float *square;   /* [dim][stride of the rows]: its covariance */
  double *wide;    /* one vector for the kernel: a column or a row */
  double *axes;    /* [count of axes][stride of the rows] */
};

static uint32_t sampled(const struct rows *rows, const struct sample *sample, uint32_t i) {
  return (uint32_t)((uint64_t)i * rows->count / sample->count);
}

static void find_centre(const struct rows *rows, struct sample *sample, float *centre) {
  double *sum = sample->axes, *w = sample->wide;
  memset(sum, 0, rows->stride * sizeof *sum);
  memset(centre, 0, rows->stride * sizeof *centre);
  for (uint32_t i = 0; i < sample->count; i++) {
    codes_centred(rows, sampled(rows, sample, i), centre, w);
    for (uint32_t j = 0; j < rows->dim; j++) sum[j] += w[j];
  }
  for (uint32_t j = 0; j < rows->dim; j++) centre[j] = (float)(sum[j] / sample->count);
}

static void widen(const float *values, uint32_t count, double *wide) {
  for (uint32_t i = 0; i < count; i++) wide[i] = (double)values[i];
}

/* The covariance, with a little added along its diagonal so that axes along which nothing spreads stay axes. Returns
 * its trace. */
static double find_square(const struct kernel *kernel, const struct rows *rows, struct sample *sample,
                          const float *centre) {
  double dots[CODES_DIM_MAX], trace = 0;
  for (uint32_t i = 0; i < sample->count; i++) {
    codes_centred(rows, sampled(rows, sample, i), centre, sample->wide);
    for (uint32_t j = 0; j < rows->dim; j++) sample->columns[(size_t)j * sample->stride + i] = (float)sample->wide[j];
  }
  for (uint32_t i = 0; i < rows->dim; i++) {
    float *row = sample->square + (size_t)i * rows->stride;
    widen(sample->columns + (size_t)i * sample->stride, sample->stride, sample->wide);
    kernel->dots(sample->wide, sample->columns, sample->stride, rows->dim, dots);
    for (uint32_t j = 0; j < rows->dim; j++) row[j] = (float)(dots[j] / sample->count);
    trace += (double)row[i];
  }
  for (uint32_t i = 0; i < rows->dim; i++)
    sample->square[(size_t)i * rows->stride + i] += (float)(trace / rows->dim * 1e-5 + 1e-20);
  return trace;
}

static double dot(const double *a, const double *b, uint32_t count) {
  double lane[LANES] = {0}, sum = 0;
  uint32_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (uint32_t j = 0; j < LANES; j++) lane[j] += a[i + j] * b[i + j];
  for (uint32_t j = 0; i + j < count; j++) lane[j] += a[i + j] * b[i + j];
  for (uint32_t j = 0; j < LANES; j++) sum += lane[j];
  return sum;
}

static void scale(double *values, uint32_t count, double by) {
  for (uint32_t i = 0; i < count; i++) values[i] *= by;
}

/* Gram and Schmidt, each axis twice: once leaves rounding of almost parallel ones behind. */
static void make_orthonormal(double *axes, uint32_t count, uint32_t stride) {
  for (uint32_t k = 0; k < count; k++) {
    double *axis = axes + (size_t)k * stride;
    for (int pass = 0; pass < 2; pass++) {
      scale(axis, stride, 1 / sqrt(dot(axis, axis, stride)));
      for (uint32_t j = 0; j < k; j++) {
        const double *other = axes + (size_t)j * stride;
        double along = dot(axis, other, stride);
        for (uint32_t i = 0; i < stride; i++) axis[i] -= along * other[i];
      }
    }
    scale(axis, stride, 1 / sqrt(dot(axis, axis, stride)));
  }
}

/* Any start will do that is not by chance at right angles to what is looked for: made-up numbers (xorshift). */
static void start_axes(const struct rows *rows, double *axes, uint32_t count) {
  uint64_t state = 0x9E3779B97F4A7C15u;
  for (uint32_t k = 0; k < count; k++)
    for (uint32_t i = 0; i < rows->stride; i++) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      axes[(size_t)k * rows->stride + i] = i < rows->dim ? (double)(int32_t)(state >> 32) * 0x1p-31 : 0;
    }
  make_orthonormal(axes, count, rows->stride);
}

/* One multiplication of axis k; returns how much of the trace lies along it. */
static double multiply(const struct kernel *kernel, const struct rows *rows, struct sample *sample, uint32_t k) {
  double product[CODES_DIM_MAX], *axis = sample->axes + (size_t)k * rows->stride, along = 0;
  for (uint32_t i = 0; i < rows->stride; i++) axis[i] = (double)(float)axis[i];
  kernel->dots(axis, sample->square, rows->stride, rows->dim, product);
  for (uint32_t i = 0; i < rows->dim; i++) {
    along += axis[i] * product[i];
    axis[i] = product[i];
  }
  return along;
}

static void release(struct sample *sample) {
  free(sample->columns);
  free(sample->square);
  free(sample->wide);
  free(sample->axes);
}

static enum status prepare(struct sample *sample, const struct rows *rows, uint32_t count) {
  size_t most = SAMPLE_BYTES / (rows->dim * sizeof(float));
  if (most > SAMPLE_ROWS) most = SAMPLE_ROWS;
  sample->count = rows->count < most ? rows->count : (uint32_t)most;
  sample->stride = rows_stride_of(sample->count);
  sample->columns = calloc((size_t)rows->dim * sample->stride, sizeof(float));
  sample->square = calloc((size_t)rows->dim * rows->stride, sizeof(float));
  sample->wide = calloc(sample->stride > rows->stride ? sample->stride : rows->stride, sizeof(double));
  sample->axes = calloc((size_t)count * rows->stride, sizeof(double));
  return sample->columns && sample->square && sample->wide && sample->axes ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status codes_axes(const struct kernel *kernel, const struct rows *rows, uint32_t count, float *centre, float *axes,
                       double *spread) {
  struct sample sample = {0};
  enum status status = prepare(&sample, rows, count);
  if (status == STATUS_OK) {
    find_centre(rows, &sample, centre);
    double trace = find_square(kernel, rows, &sample, centre);
    start_axes(rows, sample.axes, count);
    for (int round = 0; round < ROUNDS; round++) {
      for (uint32_t k = 0; k < count; k++) {
        double along = multiply(kernel, rows, &sample, k);
        spread[k] = trace > 0 ? along / trace : 0;
      }
      make_orthonormal(sample.axes, count, rows->stride);
    }
    for (size_t i = 0; i < (size_t)count * rows->stride; i++) axes[i] = (float)sample.axes[i];
  }
  release(&sample);
  return status;
}
