/* How long exact search takes: every kernel that this CPU can run, one query at a time and 32 sharing a pass, beside
 * a bare reading of the same rows, which is what a scan cannot beat.
 *
 * usage: exact MODEL.mdb [ROUNDS]
 * Each round measures everything once, so that a drift of the machine falls on all alike; the medians are printed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/matrix/model.h"
#include "store/search/exact.h"

enum { BATCH = 32, K = 10, KERNELS_MOST = 8, ROUNDS_MOST = 99, ROUNDS_DEFAULT = 7 };

/* The milliseconds of every round. */
struct times {
  double values[ROUNDS_MOST];
};

struct bench {
  const struct rows *rows;
  unsigned rounds;
  struct times read, single[KERNELS_MOST], batch[KERNELS_MOST];
};

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static double median(struct times *times, unsigned rounds) {
  qsort(times->values, rounds, sizeof times->values[0], compare);
  return times->values[rounds / 2];
}

/* Reads one word of every cache line, eight lines under way at a time as far as the CPU likes. */
static double read_rows(const struct rows *rows) {
  enum { LINE = 64 / sizeof(uint64_t) };
  uint64_t sum = 0;
  double start = milliseconds();
  for (uint32_t slab = 0; slab < rows->slab_count; slab++) {
    const uint64_t *words = (const uint64_t *)rows->slabs[slab];
    size_t count = (size_t)rows_in_slab(rows, slab) * rows->stride * sizeof(float) / sizeof *words;
    for (size_t i = 0; i < count; i += LINE) sum += words[i];
  }
  double took = milliseconds() - start;
  __asm__ volatile("" : : "r"(sum)); /* otherwise nothing would need reading */
  return took;
}

/* Rows spread evenly over the model, each round others: frequent words and rare ones. */
static double search(const struct bench *bench, const struct kernel *kernel, unsigned round, size_t count) {
  struct exact_query queries[BATCH];
  struct hit room[BATCH][K], *hits[BATCH];
  size_t found[BATCH];
  uint32_t rows = bench->rows->count;
  for (size_t i = 0; i < count; i++) {
    uint32_t row = (uint32_t)(((uint64_t)i * rows / count + (uint64_t)round * 7919) % rows);
    queries[i] = (struct exact_query){.vector = rows_at(bench->rows, row), .k = K};
    hits[i] = room[i];
  }
  double start = milliseconds();
  if (exact_search(kernel, bench->rows, queries, count, hits, found) != STATUS_OK) {
    fputs("exact: out of memory\n", stderr);
    exit(1);
  }
  return milliseconds() - start;
}

static void measure(struct bench *bench, const struct kernel *const *kernels, size_t usable) {
  read_rows(bench->rows); /* maps the pages */
  for (unsigned round = 0; round < bench->rounds; round++) {
    bench->read.values[round] = read_rows(bench->rows);
    for (size_t k = 0; k < usable; k++) {
      bench->single[k].values[round] = search(bench, kernels[k], round, 1);
      bench->batch[k].values[round] = search(bench, kernels[k], round, BATCH);
    }
  }
}

static void print(struct bench *bench, const struct kernel *const *kernels, size_t usable) {
  const struct rows *rows = bench->rows;
  double bytes = (double)rows->count * rows->stride * sizeof(float);
  double read = median(&bench->read, bench->rounds);
  printf("%u rows x %u, %.1f MB of floats, top %d, median of %u rounds, one thread\n\n", rows->count, rows->dim,
         bytes / 1e6, K, bench->rounds);
  printf("%-10s %12s %8s %16s %14s\n", "kernel", "one, ms", "GB/s", "32 at once, ms", "ms a query");
  printf("%-10s %12.2f %8.1f\n", "(reading)", read, bytes / read / 1e6);
  for (size_t k = 0; k < usable; k++) {
    double single = median(&bench->single[k], bench->rounds), batch = median(&bench->batch[k], bench->rounds);
    printf("%-10s %12.2f %8.1f %16.2f %14.2f  (%.1f x the throughput of one)\n", kernels[k]->name, single,
           bytes / single / 1e6, batch, batch / BATCH, single * BATCH / batch);
  }
}

int main(int argc, char **argv) {
  unsigned rounds = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : ROUNDS_DEFAULT;
  if (argc < 2 || argc > 3 || rounds < 1 || rounds > ROUNDS_MOST) {
    fprintf(stderr, "usage: exact MODEL.mdb [ROUNDS], of which at most %d\n", ROUNDS_MOST);
    return 2;
  }
  struct problem problem;
  struct model *model;
  if (model_open(argv[1], 1, &problem, &model) != STATUS_OK) {
    fprintf(stderr, "exact: %s\n", problem.text);
    return 1;
  }
  struct bench *bench = calloc(1, sizeof *bench);
  if (!bench) {
    model_drop(model);
    fputs("exact: out of memory\n", stderr);
    return 1;
  }
  bench->rows = model_rows(model);
  bench->rounds = rounds;
  const struct kernel *const *kernels;
  size_t usable = kernel_usable(&kernels);
  measure(bench, kernels, usable);
  print(bench, kernels, usable);
  free(bench);
  model_drop(model);
  return 0;
}
