/* How long exact search takes: every kernel that this CPU can run, one query at a time and 32 sharing a pass, over the
 * rows alone and with the help of their codes, beside a bare reading of the same rows, which a scan of them cannot
 * beat.
 *
 * usage: exact MODEL.mdb [ROUNDS]
 * Each round measures everything once, so that a drift of the machine falls on all alike; the medians are printed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/matrix/codes.h"
#include "store/matrix/model.h"
#include "store/search/exact.h"

enum { BATCH = 32, K = 10, ROUNDS_MOST = 99, ROUNDS_DEFAULT = 7 };

/* The milliseconds of every round. */
struct times {
  double values[ROUNDS_MOST];
};

/* One kernel over one form of the rows. */
struct pair {
  struct times single, batch;
};

struct bench {
  struct rows plain, coded; /* the same rows; the first without their codes */
  unsigned rounds;
  struct times read;
  struct pair scan[KERNELS_MOST], sieve[KERNELS_MOST];
  uint64_t compared; /* rows, by single queries with codes and the fastest kernel */
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
static void choose(const struct rows *rows, unsigned round, struct exact_query *queries, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t row = (uint32_t)(((uint64_t)(i + 1) * rows->count / (count + 1) + (uint64_t)round * 7919) % rows->count);
    queries[i] = (struct exact_query){.vector = rows_at(rows, row), .k = K};
  }
}

static _Noreturn void out_of_memory(void) {
  fputs("exact: out of memory\n", stderr);
  exit(1);
}

static double search(const struct rows *rows, const struct kernel *kernel, unsigned round, size_t count) {
  struct exact_query queries[BATCH];
  struct hit room[BATCH][K], *hits[BATCH];
  size_t found[BATCH];
  choose(rows, round, queries, count);
  for (size_t i = 0; i < count; i++) hits[i] = room[i];
  double start = milliseconds();
  if (exact_search(kernel, rows, queries, count, hits, found) != STATUS_OK) out_of_memory();
  return milliseconds() - start;
}

/* How many rows the codes leave to be compared for a round's single query. */
static uint64_t compared(const struct rows *rows, const struct kernel *kernel, unsigned round) {
  struct exact_query query;
  struct hit hits[K];
  struct topk top;
  struct exact_plan *plan;
  choose(rows, round, &query, 1);
  topk_init(&top, hits, K);
  if (exact_plan_new(kernel, rows, &query, 1, &plan) != STATUS_OK) out_of_memory();
  exact_plan_scan(plan, 0, rows->count, &top);
  uint64_t count = exact_plan_compared(plan);
  exact_plan_free(plan);
  return count;
}

static void measure_pair(const struct rows *rows, const struct kernel *kernel, unsigned round, struct pair *pair) {
  pair->single.values[round] = search(rows, kernel, round, 1);
  pair->batch.values[round] = search(rows, kernel, round, BATCH);
}

static void measure(struct bench *bench, const struct kernel *const *kernels, size_t usable) {
  read_rows(&bench->plain); /* maps the pages */
  search(&bench->coded, kernels[usable - 1], 0, 1);
  for (unsigned round = 0; round < bench->rounds; round++) {
    bench->read.values[round] = read_rows(&bench->plain);
    for (size_t k = 0; k < usable; k++) {
      measure_pair(&bench->plain, kernels[k], round, &bench->scan[k]);
      if (bench->coded.codes) measure_pair(&bench->coded, kernels[k], round, &bench->sieve[k]);
    }
    bench->compared += compared(&bench->coded, kernels[usable - 1], round);
  }
}

/* Returns the median of the single query. */
static double print_pair(const struct kernel *kernel, const char *what, struct pair *pair, unsigned rounds) {
  double single = median(&pair->single, rounds), batch = median(&pair->batch, rounds);
  printf("%-8s %-11s %-6s %10.2f %16.2f %12.3f %17.1f", kernel->name, kernel->integers, what, single, batch,
         batch / BATCH, single * BATCH / batch);
  return single;
}

static void print(struct bench *bench, const struct kernel *const *kernels, size_t usable) {
  const struct rows *rows = &bench->plain;
  double bytes = (double)rows->count * rows->stride * sizeof(float);
  double read = median(&bench->read, bench->rounds);
  printf("%u rows x %u, %.1f MB of floats, top %d, median of %u rounds, one thread\n\n", rows->count, rows->dim,
         bytes / 1e6, K, bench->rounds);
  printf("%-8s %-11s %-6s %10s %16s %12s %17s %14s\n", "kernel", "integers", "over", "one, ms", "32 at once, ms",
         "ms a query", "x one's rate", "x scan's speed");
  printf("%-27s %10.2f  (%.1f GB/s)\n", "(reading the floats)", read, bytes / read / 1e6);
  for (size_t k = 0; k < usable; k++) {
    double scan = print_pair(kernels[k], "rows", &bench->scan[k], bench->rounds);
    printf("\n");
    if (!bench->coded.codes) continue;
    printf(" %14.1f\n", scan / print_pair(kernels[k], "codes", &bench->sieve[k], bench->rounds));
  }
  if (!bench->coded.codes) {
    printf("\nThe model has no codes.\n");
    return;
  }
  const struct codes *codes = bench->coded.codes;
  printf("\ncodes: %u axes of %u, %zu bytes a row; %.3f %% of the rows left to compare for one query\n",
         codes->axis_count, rows->dim, sizeof(struct codes_coarse) / CODES_GROUP + codes->fine_bytes,
         100.0 * (double)bench->compared / bench->rounds / rows->count);
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
  bench->plain = bench->coded = *model_rows(model);
  bench->plain.codes = NULL;
  bench->rounds = rounds;
  const struct kernel *kernels[KERNELS_MOST];
  size_t usable = kernel_usable(kernels);
  measure(bench, kernels, usable);
  print(bench, kernels, usable);
  free(bench);
  model_drop(model);
  return 0;
}
