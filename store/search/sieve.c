/* Making a query ready for the codes, and the proof that the sieve never drops a row of the answer.
 *
 * Names are those of matrix/codes.h. Let p = q / |q| for the query q (0 for a zero query), z = p - centre rounded to
 * float32 as w is, t = A z. The similarity of a row is p.u but for rounding, and so is
 *
 *   p.u = p.centre + p.w = p.centre + centre.w + z.w.                                                           (1)
 *
 * Let r(w) = w - A'v and r(z) = z - A't. Multiplied out, with A A' = I + N and |N| <= skew,
 *
 *   r(z).r(w) = z.w - t.v - t.v + t.(I + N)v = z.w - t.v + t.N v, so
 *   z.w <= t.v + |r(z)| |r(w)| + skew |t| |v|.                                                                  (2)
 *
 * With z = w in it, |r(w)|^2 = |w|^2 - |v|^2 + v.N v <= rest^2, and the same holds for z: `far` below. All this is true
 * of any leading rows of A alone, N then being a part of the N above: for the coarse part alone, and for both parts.
 *
 * The query's coordinates become whole numbers too: t = step * c + d for each part. With v = scale * code + y,
 *
 *   t.v = scale (step (c.code) + d.code) + t.y <= scale (step (c.code) + |d| limit.length + |t| limit.error).    (3)
 *
 * (1) to (3) give the two bounds: base + start + scale_c (step_c (c.code) + error_c) + rest_c far_c from the coarse
 * codes, and the same with the fine part's product, rest and far from both.
 *
 * Rounding. |u|, |p| <= 1 but for 1e-12, so |centre| <= 1.01 (checked by the builder; opening a file checks it again),
 * |w|, |z| <= 2.01; the skew is at most 0.001, so |t|, |v| < 2.02 and |r| < 2.02; scale * code is off v by less than
 * 2.02 * sqrt(CODES_AXES_MAX) / 254 < 0.14, so each product in (3) is less than 2.2 * 2.2 + 2 * 2.2 * 0.14 < 6, the sum
 * of all terms of a bound, each taken absolutely, less than 1 + 2.1 + 2 * 6 + 4.1 < 32. A sum of products of codes is
 * at most 127 * 127 * CODES_FINE_MAX < 2^24, exact as a float32. Fewer than 32 float32 operations and stored float32
 * values, each within 2^-24 of its size, make up a bound and the threshold it is compared with, w and z in (1) among
 * them: altogether they err by less than 32 * 32 * 2^-24 = 2^-14. `start` has that added, and skew |t| |v| < 5 skew.
 * What is computed in float64 (p, z, t, and similarities, which are sums of at most 65 products in each of 16 lanes,
 * rounded) errs by less than 1e-9, which is not noticed between 31 operations and 32. Errors of what goes under a
 * square root are added before it is taken.
 *
 * So a bound below the float32 next to the k-th best similarity so far means a similarity below it, ties included. */
#include "store/search/sieve.h"

#include <math.h>
#include <string.h>

static const double rounding = 0x1p-14;
static const double square_rounding = 1e-9;

/* One part of the query: its codes, and the numbers of (3). */
struct part {
  double step, error, square;
  int32_t sum;
};

static struct part load_part(const double *t, uint32_t count, struct codes_limit limit, int8_t *codes) {
  double largest = 0, square = 0, difference = 0;
  for (uint32_t i = 0; i < count; i++) largest = fmax(largest, fabs(t[i]));
  struct part part = {.step = (double)(float)(fmax(largest, 0x1p-60) / CODES_LARGEST * (1 + 0x1p-20))};
  for (uint32_t i = 0; i < count; i++) {
    long code = lrint(t[i] / part.step);
    double d = t[i] - part.step * (double)code;
    codes[i] = (int8_t)code;
    part.sum += (int32_t)code;
    square += t[i] * t[i];
    difference += d * d;
  }
  part.square = square;
  part.error = sqrt(difference) * (double)limit.length + sqrt(square) * (double)limit.error;
  return part;
}

static float far_of(double whole, double covered, double skew) {
  return (float)sqrt(fmax(whole - covered, 0) + skew * covered + square_rounding);
}

/* z as float32, widened, and what follows from it: centre . p and |z|^2. */
static void centre_query(const struct rows *rows, const float *vector, double *z, double *start, double *whole) {
  double norm = rows_norm_of(vector, rows->dim);
  for (uint32_t i = 0; i < rows->stride; i++) {
    double p = i < rows->dim && norm > 0 ? (double)vector[i] / norm : 0;
    double centre = (double)rows->codes->centre[i];
    z[i] = (double)(float)(p - centre);
    *start += p * centre;
    *whole += z[i] * z[i];
  }
}

void sieve_load(struct sieve *sieve, const struct kernel *kernel, const struct rows *rows, const float *vector) {
  const struct codes *codes = rows->codes;
  double z[CODES_DIM_MAX], t[CODES_AXES_MAX], start = 0, whole = 0, skew = (double)codes->skew;
  centre_query(rows, vector, z, &start, &whole);
  kernel->dots(z, codes->axes, rows->stride, codes->axis_count, t);
  *sieve = (struct sieve){0};
  uint32_t coarse_count = codes->axis_count < CODES_COARSE ? codes->axis_count : CODES_COARSE;
  struct part coarse = load_part(t, coarse_count, codes->coarse_limit, sieve->coarse.codes);
  struct part fine = load_part(t + coarse_count, codes->axis_count - coarse_count, codes->fine_limit,
                               sieve->fine_codes + CODES_FINE_LEAD);
  sieve->coarse.start = (float)(start + rounding + 5 * skew);
  sieve->coarse.step = (float)coarse.step;
  sieve->coarse.error = (float)coarse.error;
  sieve->coarse.far = far_of(whole, coarse.square, skew);
  sieve->coarse.offset = -CODES_ZERO * coarse.sum;
  sieve->fine_step = (float)fine.step;
  sieve->fine_error = (float)fine.error;
  sieve->fine_far = far_of(whole, coarse.square + fine.square, skew);
  sieve->fine_offset = -CODES_ZERO * fine.sum;
}
