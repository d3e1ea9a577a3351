/* How long float_text_write() takes for one float, beside libc's "%.9g": the median, the fastest and the slowest of
 * several runs over the same numbers, written one behind the other with a comma between as in an answer. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/float_text.h"

enum { COUNT = 300 * 100, RUNS = 101, RUNS_OF_LIBC = 9, TEXT_MAX = COUNT * (FLOAT_TEXT_MAX + 1) };

static uint64_t next_random(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 (Steele, Lea, Flood 2014) */
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static double next_normal(uint64_t *state) {
  double u = (double)(next_random(state) >> 11 | 1) * 0x1p-53, v = (double)(next_random(state) >> 11) * 0x1p-53;
  return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

/* As training leaves them: all bits of the mantissa in use. */
static float trained(uint64_t *state) {
  return (float)(next_normal(state) * 0.3);
}

/* As a text file leaves them: six decimals at most. */
static float published(uint64_t *state) {
  return (float)(round(next_normal(state) * 0.4e6) / 1e6);
}

static float padding(uint64_t *state) {
  return next_random(state) % 2 ? 0.0f : trained(state);
}

static float any_finite(uint64_t *state) {
  for (;;) {
    uint32_t bits = (uint32_t)next_random(state);
    float value;
    memcpy(&value, &bits, sizeof value);
    if (isfinite(value)) return value;
  }
}

static size_t write_own(char *text, const float *values) {
  char *end = text;
  for (size_t i = 0; i < COUNT; i++) {
    end += float_text_write(end, values[i]);
    *end++ = ',';
  }
  return (size_t)(end - text);
}

static size_t write_libc(char *text, const float *values) {
  char *end = text;
  for (size_t i = 0; i < COUNT; i++) {
    end += snprintf(end, FLOAT_TEXT_MAX, "%.9g", (double)values[i]);
    *end++ = ',';
  }
  return (size_t)(end - text);
}

struct timing {
  double median, least, most; /* nanoseconds a float */
  double bytes;               /* a float, with its comma */
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static struct timing measure(size_t (*write)(char *, const float *), int runs, char *text, const float *values) {
  double spent[RUNS];
  size_t length = write(text, values); /* warm-up */
  for (int i = 0; i < runs; i++) {
    double start = now();
    length = write(text, values);
    spent[i] = (now() - start) / COUNT;
  }
  qsort(spent, (size_t)runs, sizeof *spent, by_size);
  return (struct timing){spent[runs / 2], spent[0], spent[runs - 1], (double)length / COUNT};
}

int main(void) {
  static const struct {
    const char *name;
    float (*next)(uint64_t *);
  } kinds[] = {{"trained", trained}, {"published", published}, {"half padding", padding}, {"any bits", any_finite}};
  float *values = malloc(COUNT * sizeof *values);
  char *text = malloc(TEXT_MAX);
  if (!values || !text) {
    fputs("out of memory\n", stderr);
    return 1;
  }
  printf("ns a float, median (least to most) of %d runs of %d floats; %%.9g: of %d runs\n", RUNS, COUNT, RUNS_OF_LIBC);
  for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
    uint64_t state = 1;
    for (size_t i = 0; i < COUNT; i++) values[i] = kinds[kind].next(&state);
    struct timing own = measure(write_own, RUNS, text, values);
    struct timing libc = measure(write_libc, RUNS_OF_LIBC, text, values);
    printf("%-12s float_text %5.1f (%.1f to %.1f), %4.1f bytes   %%.9g %5.0f (%.0f to %.0f)   ratio %.1f\n",
           kinds[kind].name, own.median, own.least, own.most, own.bytes, libc.median, libc.least, libc.most,
           libc.median / own.median);
  }
  free(text);
  free(values);
  return 0;
}
