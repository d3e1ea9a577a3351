/* The kernel for arm64, whose baseline includes these instructions: sixteen lanes in eight registers of two float64. */
#if defined(__aarch64__)

#include <arm_neon.h>

#include "store/matrix/rows.h"
#include "store/search/kernel_forms.h"

/* Four of the lanes of one row's dot product: 4n and 4n + 1, 4n + 2 and 4n + 3. */
struct four {
  float64x2_t low, high;
};

/* The lanes of one row's dot product: 0-3, 4-7, 8-11 and 12-15. */
struct lanes {
  struct four a, b, c, d;
};

static inline struct four zero_four(void) {
  return (struct four){vdupq_n_f64(0), vdupq_n_f64(0)};
}

static inline struct lanes zero_lanes(void) {
  return (struct lanes){zero_four(), zero_four(), zero_four(), zero_four()};
}

static inline struct four add_four(struct four sums, const double *query, const float *row) {
  float32x4_t values = vld1q_f32(row);
  return (struct four){vfmaq_f64(sums.low, vld1q_f64(query), vcvt_f64_f32(vget_low_f32(values))),
                       vfmaq_f64(sums.high, vld1q_f64(query + 2), vcvt_high_f64_f32(values))};
}

static inline void add_sixteen(struct lanes *lanes, const double *query, const float *row) {
  lanes->a = add_four(lanes->a, query, row);
  lanes->b = add_four(lanes->b, query + 4, row + 4);
  lanes->c = add_four(lanes->c, query + 8, row + 8);
  lanes->d = add_four(lanes->d, query + 12, row + 12);
}

/* The last 0, 4, 8 or 12 floats. */
static inline void add_tail(struct lanes *lanes, const double *query, const float *row, uint32_t tail) {
  if (tail > 0) lanes->a = add_four(lanes->a, query, row);
  if (tail > 4) lanes->b = add_four(lanes->b, query + 4, row + 4);
  if (tail > 8) lanes->c = add_four(lanes->c, query + 8, row + 8);
}

static inline double sum_of(struct lanes lanes) {
  float64x2_t low = vaddq_f64(vaddq_f64(lanes.a.low, lanes.c.low), vaddq_f64(lanes.b.low, lanes.d.low));
  float64x2_t high = vaddq_f64(vaddq_f64(lanes.a.high, lanes.c.high), vaddq_f64(lanes.b.high, lanes.d.high));
  float64x2_t two = vaddq_f64(low, high);
  return vgetq_lane_f64(two, 0) + vgetq_lane_f64(two, 1);
}

static double one_row(const double *query, const float *row, uint32_t stride) {
  struct lanes lanes = zero_lanes();
  uint32_t i = 0;
  for (; i + ROWS_DOT_LANES <= stride; i += ROWS_DOT_LANES) add_sixteen(&lanes, query + i, row + i);
  add_tail(&lanes, query + i, row + i, stride - i);
  return sum_of(lanes);
}

/* Two rows share the loads of the query; their sums fill half of the registers. */
static void two_rows(const double *query, const float *row, uint32_t stride, double *dots) {
  const float *next = row + stride;
  struct lanes first = zero_lanes(), second = zero_lanes();
  uint32_t i = 0;
  for (; i + ROWS_DOT_LANES <= stride; i += ROWS_DOT_LANES) {
    add_sixteen(&first, query + i, row + i);
    add_sixteen(&second, query + i, next + i);
  }
  add_tail(&first, query + i, row + i, stride - i);
  add_tail(&second, query + i, next + i, stride - i);
  dots[0] = sum_of(first);
  dots[1] = sum_of(second);
}

void dots_neon(const double *query, const float *rows, uint32_t stride, size_t count, double *dots) {
  size_t i = 0;
  for (; i + 2 <= count; i += 2) two_rows(query, rows + i * stride, stride, dots + i);
  if (i < count) dots[i] = one_row(query, rows + i * stride, stride);
}

#endif
