/* XXH3 sums of the store file, one per 64 MiB, read with pread: that is as fast as memory when the file is cached,
 * warms the cache when it is not, and a file that shrinks meanwhile is a short read instead of a SIGBUS. */
#include "store/matrix/checksum.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum {
  PIECE = 1 << 18, /* bytes read at a time: stays in the second-level cache between pread and the sum */
  THREADS_MAX = 64,
  LMDB_MAGIC_OFFSET = 16 /* behind the page header of page 0 */
};
static const uint64_t block_bytes = 64 << 20;
static const uint64_t page_min = 4096;
static const char footer_magic[8] = "WVECSUM1";

struct footer {
  char magic[8];
  uint64_t covered;
  uint64_t blocks;
  uint64_t sum;
};

/* Reads exactly `length` bytes; STATUS_DAMAGED when the file ends before. */
static enum status read_at(int fd, void *data, size_t length, uint64_t offset) {
  unsigned char *at = data;
  while (length > 0) {
    ssize_t got = pread(fd, at, length, (off_t)offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return STATUS_IO;
    if (got == 0) return STATUS_DAMAGED;
    at += got;
    offset += (uint64_t)got;
    length -= (size_t)got;
  }
  return STATUS_OK;
}

static enum status sum_block(int fd, uint64_t offset, uint64_t end, unsigned char *piece, XXH3_state_t *state,
                             uint64_t *sum) {
  XXH3_64bits_reset(state);
  while (offset < end) {
    size_t length = end - offset < PIECE ? (size_t)(end - offset) : PIECE;
    enum status status = read_at(fd, piece, length, offset);
    if (status != STATUS_OK) return status;
    XXH3_64bits_update(state, piece, length);
    offset += length;
  }
  *sum = XXH3_64bits_digest(state);
  return STATUS_OK;
}

/* The work that threads share: each takes the next block until none is left or one has failed. */
struct summing {
  int fd;
  uint64_t covered;
  uint64_t blocks;
  uint64_t *sums;
  atomic_uint_fast64_t next;
  _Atomic enum status failure;
  atomic_int error; /* errno of a failure that is STATUS_IO */
};

static void *sum_blocks(void *argument) {
  struct summing *work = argument;
  unsigned char *piece = malloc(PIECE);
  XXH3_state_t *state = XXH3_createState();
  enum status status = piece && state ? STATUS_OK : STATUS_NO_MEMORY;
  while (status == STATUS_OK && atomic_load(&work->failure) == STATUS_OK) {
    uint64_t block = atomic_fetch_add(&work->next, 1);
    if (block >= work->blocks) break;
    uint64_t start = block * block_bytes;
    uint64_t end = work->covered - start < block_bytes ? work->covered : start + block_bytes;
    status = sum_block(work->fd, start, end, piece, state, &work->sums[block]);
  }
  if (status != STATUS_OK) {
    atomic_store(&work->error, errno);
    atomic_store(&work->failure, status);
  }
  XXH3_freeState(state);
  free(piece);
  return NULL;
}

/* Whether STATUS_IO, whose reason is in errno, STATUS_DAMAGED (the file ends before `covered`) or STATUS_NO_MEMORY. */
static enum status cannot_sum(enum status status, const char *file, struct problem *problem) {
  if (status == STATUS_IO) return problem_set_errno(problem, errno, "%s: cannot be read", file);
  if (status == STATUS_DAMAGED) return problem_set(problem, status, 0, "%s: it ended while it was being read", file);
  return problem_set(problem, status, 0, "%s: out of memory for its checksums", file);
}

/* The calling thread works too, so that the sums are made even when no thread can be had. */
static enum status sum_all(int fd, uint64_t covered, uint64_t blocks, unsigned threads, uint64_t *sums) {
  struct summing work = {.fd = fd, .covered = covered, .blocks = blocks, .sums = sums};
  pthread_t others[THREADS_MAX];
  unsigned started = 0;
  if (threads > blocks) threads = (unsigned)blocks;
  while (started + 1 < threads && started < THREADS_MAX)
    if (pthread_create(&others[started], NULL, sum_blocks, &work) == 0)
      started++;
    else
      break;
  sum_blocks(&work);
  for (unsigned i = 0; i < started; i++) pthread_join(others[i], NULL);
  errno = atomic_load(&work.error);
  return atomic_load(&work.failure);
}

static uint64_t blocks_of(uint64_t covered) {
  return (covered + block_bytes - 1) / block_bytes;
}

/* The sum over the sums and the footer before its own field. */
static enum status sum_trailer(const uint64_t *sums, const struct footer *footer, uint64_t *sum) {
  XXH3_state_t *state = XXH3_createState();
  if (!state) return STATUS_NO_MEMORY;
  XXH3_64bits_reset(state);
  XXH3_64bits_update(state, sums, footer->blocks * sizeof *sums);
  XXH3_64bits_update(state, footer, offsetof(struct footer, sum));
  *sum = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return STATUS_OK;
}

static enum status write_at(int fd, const void *data, size_t length, uint64_t offset) {
  const unsigned char *at = data;
  while (length > 0) {
    ssize_t put = pwrite(fd, at, length, (off_t)offset);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return STATUS_IO;
    at += put;
    offset += (uint64_t)put;
    length -= (size_t)put;
  }
  return STATUS_OK;
}

enum status checksum_append(int fd, uint64_t covered, unsigned threads, const char *file, struct problem *problem,
                            uint64_t *size) {
  struct footer footer = {.covered = covered, .blocks = blocks_of(covered)};
  memcpy(footer.magic, footer_magic, sizeof footer.magic);
  uint64_t *sums = calloc(footer.blocks + 1, sizeof *sums);
  if (!sums) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory for its checksums", file);
  enum status status = sum_all(fd, covered, footer.blocks, threads, sums);
  if (status == STATUS_OK) status = sum_trailer(sums, &footer, &footer.sum);
  if (status != STATUS_OK) {
    free(sums);
    return cannot_sum(status, file, problem);
  }
  size_t sums_bytes = footer.blocks * sizeof *sums;
  status = write_at(fd, sums, sums_bytes, covered);
  if (status == STATUS_OK) status = write_at(fd, &footer, sizeof footer, covered + sums_bytes);
  int error = errno;
  free(sums);
  if (status != STATUS_OK) return problem_set_errno(problem, error, "%s: cannot write its checksums", file);
  *size = covered + sums_bytes + sizeof footer;
  return STATUS_OK;
}

/* No footer: says as well as possible what the file is instead. */
static enum status explain_missing(int fd, uint64_t size, const char *file, struct problem *problem) {
  uint32_t magic = 0;
  if (size == 0) return problem_set(problem, STATUS_FOREIGN, 0, "%s: the file is empty; import it again", file);
  if (size < LMDB_MAGIC_OFFSET + sizeof magic || read_at(fd, &magic, sizeof magic, LMDB_MAGIC_OFFSET) != STATUS_OK)
    return problem_set(problem, STATUS_FOREIGN, 0, "%s: not a wordvec store file", file);
  if (magic == 0xBEEFC0DE)
    return problem_set(problem, STATUS_DAMAGED, 0,
                       "%s: its trailer of checksums is missing or damaged: the file was cut "
                       "short, changed, or not written by wordvec; import it again",
                       file);
  if (magic == 0xDEC0EFBE)
    return problem_set(problem, STATUS_UNSUPPORTED, 0,
                       "%s: written on a machine of the other byte order; import it here", file);
  return problem_set(problem, STATUS_FOREIGN, 0, "%s: not a wordvec store file", file);
}

/* Reads footer and sums; *sums is the caller's to free. */
static enum status read_trailer(int fd, uint64_t size, struct footer *footer, uint64_t **sums) {
  if (size < sizeof *footer) return STATUS_DAMAGED;
  enum status status = read_at(fd, footer, sizeof *footer, size - sizeof *footer);
  if (status != STATUS_OK) return status;
  if (memcmp(footer->magic, footer_magic, sizeof footer->magic) != 0) return STATUS_DAMAGED;
  if (footer->covered == 0 || footer->covered > size || footer->covered % page_min != 0 ||
      footer->blocks != blocks_of(footer->covered) ||
      size != footer->covered + footer->blocks * sizeof **sums + sizeof *footer)
    return STATUS_DAMAGED;
  uint64_t *read = malloc(footer->blocks * sizeof *read);
  if (!read) return STATUS_NO_MEMORY;
  uint64_t sum = 0;
  status = read_at(fd, read, footer->blocks * sizeof *read, footer->covered);
  if (status == STATUS_OK) status = sum_trailer(read, footer, &sum);
  if (status == STATUS_OK && sum != footer->sum) status = STATUS_DAMAGED;
  if (status != STATUS_OK)
    free(read);
  else
    *sums = read;
  return status;
}

static enum status compare_sums(int fd, unsigned threads, const struct footer *footer, const uint64_t *expected,
                                const char *file, struct problem *problem) {
  uint64_t *sums = malloc(footer->blocks * sizeof *sums);
  if (!sums) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory for its checksums", file);
  enum status status = sum_all(fd, footer->covered, footer->blocks, threads, sums);
  if (status != STATUS_OK) cannot_sum(status, file, problem);
  for (uint64_t block = 0; status == STATUS_OK && block < footer->blocks; block++)
    if (sums[block] != expected[block])
      status = problem_set(problem, STATUS_DAMAGED, block * block_bytes,
                           "%s: the checksum of the 64 MiB from byte %" PRIu64
                           " is wrong: the file is damaged; import it again",
                           file, block * block_bytes);
  free(sums);
  return status;
}

enum status checksum_verify(int fd, unsigned threads, const char *file, struct problem *problem, uint64_t *covered) {
  struct stat about;
  if (fstat(fd, &about) != 0) return problem_set_errno(problem, errno, "%s: cannot be examined", file);
  if (!S_ISREG(about.st_mode)) return problem_set(problem, STATUS_FOREIGN, 0, "%s: not a regular file", file);
  uint64_t size = (uint64_t)about.st_size;
  struct footer footer;
  uint64_t *expected = NULL;
  enum status status = read_trailer(fd, size, &footer, &expected);
  if (status == STATUS_DAMAGED) return explain_missing(fd, size, file, problem);
  if (status != STATUS_OK) return cannot_sum(status, file, problem);
  status = compare_sums(fd, threads, &footer, expected, file, problem);
  free(expected);
  if (status == STATUS_OK) *covered = footer.covered;
  return status;
}
