/* Sums of centred products in float64; the tail of Student's t by the incomplete beta function. */
#include "server/correlation.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method. */
static double beta_fraction(double a, double b, double x) {
  enum { TERMS_MOST = 10000 };
  const double tiny = 1e-300, enough = 1e-15;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (fabs(d) < tiny ? tiny : d);
  double value = d;
  for (int m = 1; m < TERMS_MOST; m++) {
    const double terms[2] = {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                             -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))};
    double factor = 1;
    for (int i = 0; i < 2; i++) {
      d = 1 + terms[i] * d;
      d = 1 / (fabs(d) < tiny ? tiny : d);
      c = 1 + terms[i] / c;
      if (fabs(c) < tiny) c = tiny;
      factor = d * c;
      value *= factor;
    }
    if (fabs(factor - 1) < enough) break;
  }
  return value;
}

/* The regularised incomplete beta function I_x(a, b), with 1 - x given beside x so that neither loses digits. */
static double beta(double a, double b, double x, double rest) {
  if (x <= 0 || rest <= 0) return x <= 0 ? 0 : 1;
  double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(rest));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, rest) / b;
}

/* Of |r| or more among `count` pairs that have nothing to do with each other. */
static double probability_of(double r, size_t count) {
  if (count == 2) return 1;
  /* t^2 = r^2 df / (1 - r^2) makes df / (df + t^2) plainly 1 - r^2. */
  double df = (double)count - 2;
  return beta(df / 2, 0.5, (1 - r) * (1 + r), r * r);
}

static double mean_of(const double *values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += values[i];
  return sum / (double)count;
}

struct correlation correlation_pearson(const double *x, const double *y, size_t count) {
  if (count < 2) return (struct correlation){NAN, NAN};
  double mean_x = mean_of(x, count), mean_y = mean_of(y, count), xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < count; i++) {
    double dx = x[i] - mean_x, dy = y[i] - mean_y;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  if (!(xx > 0 && yy > 0)) return (struct correlation){NAN, NAN};
  /* One root is exact for equal ranks, two are not; but the product may be beyond what a float64 holds. */
  double product = xx * yy, norm = isnormal(product) ? sqrt(product) : sqrt(xx) * sqrt(yy);
  double r = fmax(-1, fmin(1, xy / norm));
  return (struct correlation){r, probability_of(r, count)};
}

struct ranked {
  double value;
  size_t place;
};

static int compare(const void *left, const void *right) {
  double a = ((const struct ranked *)left)->value, b = ((const struct ranked *)right)->value;
  return (a > b) - (a < b);
}

static void rank(const double *values, size_t count, struct ranked *order, double *ranks) {
  for (size_t i = 0; i < count; i++) order[i] = (struct ranked){values[i], i};
  qsort(order, count, sizeof *order, compare);
  for (size_t first = 0, end; first < count; first = end) {
    for (end = first + 1; end < count && order[end].value == order[first].value;) end++;
    /* Ranks first + 1 … end, whose mean this is. */
    for (size_t i = first; i < end; i++) ranks[order[i].place] = (double)(first + 1 + end) / 2;
  }
}

enum status correlation_spearman(const double *x, const double *y, size_t count, struct correlation *out) {
  struct ranked *order = calloc(count + 1, sizeof *order);
  double *ranks = calloc(2 * count + 1, sizeof *ranks);
  bool good = order && ranks;
  if (good) {
    rank(x, count, order, ranks);
    rank(y, count, order, ranks + count);
    *out = correlation_pearson(ranks, ranks + count, count);
  }
  free(order);
  free(ranks);
  return good ? STATUS_OK : STATUS_NO_MEMORY;
}
