/* Proves float_text_write() by going over the bit patterns of float32: each text must satisfy the exact judge of
 * tests/support/float_oracle.h and be read back by strtof() to the same bits. Exits 1 at the first that is not.
 *
 *     float_text [FIRST [COUNT [STRIDE]]]
 *
 * looks at COUNT patterns (0: as many as there are) from FIRST in steps of STRIDE; by default at all 2^32. */
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/float_text.h"
#include "tests/support/float_oracle.h"

enum { THREADS = 2, CHUNK = 1 << 22, GUARD = 8, GUARD_BYTE = '#' };

static const uint64_t PATTERNS = UINT64_C(1) << 32;

struct job {
  struct float_oracle oracle;
  uint64_t first, count, stride;
  double started;
  atomic_uint_fast64_t next; /* of `count`: the first that nobody has taken */
  atomic_uint_fast64_t written, skipped;
  atomic_bool failed;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* NULL, or what is wrong with the text of `value`, which is left in `text` with a terminator. */
static const char *fault_of(const struct float_oracle *oracle, float value, char text[FLOAT_TEXT_MAX + GUARD]) {
  memset(text, GUARD_BYTE, FLOAT_TEXT_MAX + GUARD);
  size_t length = float_text_write(text, value);
  for (int i = 0; i < GUARD; i++)
    if (text[FLOAT_TEXT_MAX + i] != GUARD_BYTE) return "bytes past FLOAT_TEXT_MAX were written";
  if (length > FLOAT_TEXT_MAX) return "longer than FLOAT_TEXT_MAX";
  text[length] = '\0';
  const char *fault = float_oracle_fault(oracle, value, text, length);
  if (fault) return fault;
  char *end;
  float back = strtof(text, &end);
  if (end != text + length || memcmp(&back, &value, sizeof value) != 0) return "strtof() reads something else";
  return NULL;
}

static void check_chunk(struct job *job, uint64_t from, uint64_t to) {
  uint64_t written = 0;
  for (uint64_t i = from; i < to; i++) {
    uint32_t bits = (uint32_t)(job->first + i * job->stride);
    float value;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value)) continue;
    char text[FLOAT_TEXT_MAX + GUARD];
    const char *fault = fault_of(&job->oracle, value, text);
    if (fault) {
      printf("bits 0x%08" PRIx32 " (%.9g), written \"%.*s\": %s\n", bits, (double)value, FLOAT_TEXT_MAX, text, fault);
      atomic_store(&job->failed, true);
      return;
    }
    written++;
  }
  atomic_fetch_add(&job->written, written);
  atomic_fetch_add(&job->skipped, to - from - written);
}

static void *work(void *argument) {
  struct job *job = argument;
  while (!atomic_load(&job->failed)) {
    uint64_t from = atomic_fetch_add(&job->next, CHUNK);
    if (from >= job->count) break;
    uint64_t to = from + CHUNK < job->count ? from + CHUNK : job->count;
    check_chunk(job, from, to);
    if (to / CHUNK % 32 == 0)
      fprintf(stderr, "%5.1f %%, %.0f s\n", 100.0 * (double)to / (double)job->count, now() - job->started);
  }
  return NULL;
}

/* Reads the argument at `index` into *number, left alone where there is none; false when it is not a number up to
 * `most`. */
static bool read_argument(char **arguments, int index, int given, uint64_t most, uint64_t *number) {
  if (index >= given) return true;
  char *end;
  unsigned long long read = strtoull(arguments[index], &end, 0);
  if (end == arguments[index] || *end != '\0' || read > most) return false;
  *number = read;
  return true;
}

int main(int argc, char **argv) {
  struct job job = {.stride = 1, .started = now()};
  if (argc > 4 || !read_argument(argv, 1, argc, PATTERNS - 1, &job.first) ||
      !read_argument(argv, 2, argc, PATTERNS, &job.count) || !read_argument(argv, 3, argc, PATTERNS, &job.stride) ||
      job.stride == 0) {
    fprintf(stderr, "usage: %s [FIRST [COUNT [STRIDE]]], COUNT 0 for all\n", argv[0]);
    return 2;
  }
  uint64_t available = (PATTERNS - job.first + job.stride - 1) / job.stride;
  if (job.count == 0 || job.count > available) job.count = available;
  float_oracle_init(&job.oracle);
  pthread_t threads[THREADS];
  int running = 0;
  while (running < THREADS && pthread_create(&threads[running], NULL, work, &job) == 0) running++;
  if (running == 0) work(&job);
  while (running > 0) pthread_join(threads[--running], NULL);
  if (atomic_load(&job.failed)) return 1;
  printf("float_text: %" PRIu64 " texts proved, %" PRIu64 " NaN and infinity skipped, %.1f s\n",
         (uint64_t)atomic_load(&job.written), (uint64_t)atomic_load(&job.skipped), now() - job.started);
  return 0;
}
