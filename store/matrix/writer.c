/* Writing a store file: slabs are committed as they fill, everything about words at the end; then sums, sync, rename.
 */
#include "store/matrix/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/matrix/checksum.h"
#include "store/matrix/codes_map.h"
#include "store/matrix/digest.h"
#include "store/matrix/folds.h"
#include "store/matrix/format.h"
#include "store/matrix/graph_map.h"
#include "store/matrix/lmdb.h"
#include "store/matrix/subwords_map.h"
#include "store/matrix/word_table.h"

enum {
  PATH_SIZE = 4096,
  COMMIT_BYTES = 16 << 20, /* word keys between two commits: bounds LMDB's memory */
  LOCK_TRIES = 20          /* of an import: a sweep may hold the lock of its file for an instant */
};

struct writer {
  char store[PATH_SIZE];
  char path[PATH_SIZE]; /* of the finished file */
  char part[PATH_SIZE]; /* of the file being written */
  int fd;               /* of the part; holds its lock */
  bool finished;
  struct lmdb *lmdb;
  struct word_table *words;
  struct digest *digest;
  uint32_t dim; /* 0 before the first row */
  uint32_t stride;
  uint32_t slab_rows;
  uint32_t slabs;      /* written */
  uint32_t in_slab;    /* rows waiting in `slab` */
  float *slab;         /* [slab_rows * stride] */
  double *norms;       /* [slab_rows] */
  double *sums;        /* [stride] of all rows so far, for their mean */
  const void **views;  /* what writer_rows() lent: slabs of rows, then of norms */
  struct codes *codes; /* and codes, NULL as long as there are none */
};

/* Opens and locks `path`. STATUS_BUSY when somebody else holds it. The lock counts only if the name still leads to the
 * file: its owner may have renamed or removed it between our open and our lock. */
static enum status lock_part(const char *path, int flags, int tries, int *out) {
  for (; tries > 0; tries--) {
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0644);
    if (fd < 0) return STATUS_IO;
    struct stat ours, named;
    if (TEMP_FAILURE_RETRY(flock(fd, LOCK_EX | LOCK_NB)) != 0) {
      int error = errno;
      close(fd);
      if (error != EWOULDBLOCK) return errno = error, STATUS_IO;
      if (tries > 1) usleep(5000);
    } else if (fstat(fd, &ours) == 0 && stat(path, &named) == 0 && ours.st_ino == named.st_ino &&
               ours.st_dev == named.st_dev) {
      *out = fd;
      return STATUS_OK;
    } else {
      close(fd);
    }
  }
  return STATUS_BUSY;
}

/* Removes what imports that were killed have left: parts whose lock nobody holds. */
static void sweep(const struct writer *writer) {
  static const char suffix[] = ".mdb.part";
  DIR *folder = opendir(writer->store);
  if (!folder) return;
  for (struct dirent *entry; (entry = readdir(folder));) {
    size_t length = strlen(entry->d_name);
    char path[PATH_SIZE];
    int fd;
    if (entry->d_name[0] != '.' || length <= sizeof suffix - 1) continue;
    if (strcmp(entry->d_name + length - (sizeof suffix - 1), suffix) != 0) continue;
    if (snprintf(path, sizeof path, "%s/%s", writer->store, entry->d_name) >= PATH_SIZE) continue;
    if (strcmp(path, writer->part) == 0 || lock_part(path, 0, 1, &fd) != STATUS_OK) continue;
    unlink(path);
    close(fd);
  }
  closedir(folder);
}

static enum status make_folder(const char *store, struct problem *problem) {
  if (mkdir(store, 0755) == 0 || errno == EEXIST) return STATUS_OK;
  return problem_set_errno(problem, errno, "%s: cannot make the store's folder", store);
}

static enum status open_part(struct writer *writer, const char *name, bool replace, struct problem *problem) {
  enum status status = model_path(writer->store, name, writer->path, sizeof writer->path, problem);
  if (status == STATUS_OK) status = make_folder(writer->store, problem);
  if (status != STATUS_OK) return status;
  int length = snprintf(writer->part, sizeof writer->part, "%s/.%s.mdb.part", writer->store, name);
  if (length < 0 || length >= PATH_SIZE)
    return problem_set(problem, STATUS_LIMIT, 0, "the path of the store is too long");
  status = lock_part(writer->part, O_CREAT, LOCK_TRIES, &writer->fd);
  if (status == STATUS_BUSY)
    return problem_set(problem, status, 0,
                       "another import of \"%s\" is running in %s; wait for it, or choose another --name", name,
                       writer->store);
  if (status != STATUS_OK) return problem_set_errno(problem, errno, "%s: cannot be created", writer->part);
  /* Asked under the lock: an import of the name may have ended an instant ago. */
  bool is_there = access(writer->path, F_OK) == 0;
  if (!is_there && errno != ENOENT) return problem_set_errno(problem, errno, "%s: cannot be looked at", writer->path);
  if (!replace && is_there)
    return problem_set(problem, STATUS_EXISTS, 0, "%s exists already; --force replaces it, --name chooses another name",
                       writer->path);
  if (TEMP_FAILURE_RETRY(ftruncate(writer->fd, 0)) != 0)
    return problem_set_errno(problem, errno, "%s: cannot be emptied", writer->part);
  return STATUS_OK;
}

enum status writer_open(const char *store, const char *name, bool replace, struct problem *problem,
                        struct writer **out) {
  struct writer *writer = calloc(1, sizeof *writer);
  if (!writer) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  writer->fd = -1;
  int length = snprintf(writer->store, sizeof writer->store, "%s", store);
  enum status status = length < PATH_SIZE ? open_part(writer, name, replace, problem)
                                          : problem_set(problem, STATUS_LIMIT, 0, "the path of the store is too long");
  if (status == STATUS_OK) sweep(writer);
  if (status == STATUS_OK) status = lmdb_create(writer->part, problem, &writer->lmdb);
  if (status == STATUS_OK) status = word_table_new(store, problem, &writer->words);
  if (status == STATUS_OK && (status = digest_new(&writer->digest)) != STATUS_OK)
    problem_set(problem, status, 0, "out of memory");
  if (status != STATUS_OK)
    writer_close(writer);
  else
    *out = writer;
  return status;
}

void writer_close(struct writer *writer) {
  if (!writer) return;
  lmdb_close(writer->lmdb);
  word_table_free(writer->words);
  if (writer->digest) digest_free(writer->digest);
  if (writer->fd >= 0 && !writer->finished) unlink(writer->part);
  if (writer->fd >= 0) close(writer->fd);
  free(writer->slab);
  free(writer->norms);
  free(writer->sums);
  free(writer->views);
  codes_unmap(writer->codes);
  free(writer);
}

static enum status fix_dim(struct writer *writer, uint32_t dim, struct problem *problem) {
  if (dim < 1 || dim > MODEL_DIM_MAX)
    return problem_set(problem, STATUS_LIMIT, 0, "%u dimensions; a model has 1 to %d", dim, MODEL_DIM_MAX);
  writer->stride = rows_stride_of(dim);
  writer->slab_rows = format_slab_rows(dim);
  writer->slab = calloc((size_t)writer->slab_rows * writer->stride, sizeof *writer->slab);
  writer->norms = calloc(writer->slab_rows, sizeof *writer->norms);
  writer->sums = calloc(writer->stride, sizeof *writer->sums);
  if (!writer->slab || !writer->norms || !writer->sums)
    return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  writer->dim = dim;
  return STATUS_OK;
}

/* Puts one slab or chunk: lead, data, and zeros up to the smallest size that LMDB gives pages of its own. */
static enum status put_part(struct writer *writer, struct format_part part, const void *data, struct problem *problem) {
  struct format_key key = format_key_of(part);
  size_t filled = FORMAT_LEAD + part.length;
  size_t size = filled < FORMAT_VALUE_MIN ? FORMAT_VALUE_MIN : filled;
  void *value;
  enum status status =
      lmdb_reserve(writer->lmdb, (struct lmdb_span){key.bytes, key.length}, size, false, problem, &value);
  if (status != STATUS_OK) return status;
  unsigned char *at = value;
  memset(at, 0, FORMAT_LEAD);
  memcpy(at + FORMAT_LEAD, data, part.length);
  memset(at + filled, 0, size - filled);
  return STATUS_OK;
}

static enum status flush_slab(struct writer *writer, struct problem *problem) {
  if (writer->in_slab == 0) return STATUS_OK;
  size_t rows = writer->in_slab;
  enum status status =
      put_part(writer, (struct format_part){FORMAT_ROWS, writer->slabs, rows * writer->stride * sizeof *writer->slab},
               writer->slab, problem);
  if (status == STATUS_OK)
    status = put_part(writer, (struct format_part){FORMAT_NORMS, writer->slabs, rows * sizeof *writer->norms},
                      writer->norms, problem);
  if (status == STATUS_OK) status = lmdb_commit(writer->lmdb, problem);
  if (status != STATUS_OK) return status;
  /* The disk writes this slab while the next is filled, not all of them at the end: 1.86 → 1.71 s for 0.5 GB. Only a
   * hint. */
  (void)sync_file_range(writer->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  writer->slabs++;
  writer->in_slab = 0;
  return STATUS_OK;
}

enum status writer_add(struct writer *writer, struct word word, const float *vector, uint32_t dim,
                       struct problem *problem, uint32_t *row) {
  enum status status = writer->dim > 0 ? STATUS_OK : fix_dim(writer, dim, problem);
  if (status != STATUS_OK) return status;
  double norm = rows_norm_of(vector, dim);
  if (dim != writer->dim || word.length > WORD_LENGTH_MAX || !isfinite(norm))
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0,
                       "a row must have %u finite numbers and a word of at most %d bytes", writer->dim,
                       WORD_LENGTH_MAX);
  status = word_table_add(writer->words, word, problem, row);
  if (status != STATUS_OK) return status;
  digest_add(writer->digest, word, vector, dim);
  float *stored = writer->slab + (size_t)writer->in_slab * writer->stride;
  memcpy(stored, vector, dim * sizeof *vector);
  rows_sum(writer->sums, stored, writer->stride);
  writer->norms[writer->in_slab++] = norm;
  return writer->in_slab == writer->slab_rows ? flush_slab(writer, problem) : STATUS_OK;
}

/* ---- what is derived from the rows ---- */

enum status writer_rows(struct writer *writer, struct problem *problem, struct rows *out) {
  uint32_t count = word_table_count(writer->words);
  if (count == 0) return problem_set(problem, STATUS_BAD_MATRIX, 0, "no rows to store");
  enum status status = flush_slab(writer, problem);
  if (status != STATUS_OK) return status;
  free(writer->views);
  writer->views = calloc(2 * (size_t)writer->slabs, sizeof *writer->views);
  if (!writer->views) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  const void **slabs = writer->views, **norms = writer->views + writer->slabs;
  *out = (struct rows){.count = count,
                       .dim = writer->dim,
                       .stride = writer->stride,
                       .slab_shift = (uint32_t)__builtin_ctz(writer->slab_rows),
                       .slab_count = writer->slabs,
                       .slabs = (const float *const *)slabs,
                       .norms = (const double *const *)norms};
  for (uint32_t slab = 0; status == STATUS_OK && slab < writer->slabs; slab++) {
    size_t rows = rows_in_slab(out, slab);
    struct format_part floats = {FORMAT_ROWS, slab, rows * writer->stride * sizeof(float)};
    status = format_find(writer->lmdb, floats, writer->part, problem, &slabs[slab]);
    if (status != STATUS_OK) break;
    status = format_find(writer->lmdb, (struct format_part){FORMAT_NORMS, slab, rows * sizeof(double)}, writer->part,
                         problem, &norms[slab]);
  }
  codes_unmap(writer->codes);
  writer->codes = NULL;
  if (status == STATUS_OK) status = codes_map(writer->lmdb, out, writer->part, problem, &writer->codes);
  out->codes = writer->codes;
  return status;
}

enum status writer_add_codes(struct writer *writer, uint32_t slab, const struct codes_coarse *coarse,
                             const unsigned char *fine, uint32_t fine_bytes, struct problem *problem) {
  uint32_t left = word_table_count(writer->words) - slab * writer->slab_rows;
  uint32_t rows = left < writer->slab_rows ? left : writer->slab_rows;
  enum status status =
      put_part(writer, (struct format_part){FORMAT_COARSE, slab, codes_groups(rows) * sizeof *coarse}, coarse, problem);
  if (status == STATUS_OK)
    status = put_part(writer, (struct format_part){FORMAT_FINE, slab, (size_t)rows * fine_bytes}, fine, problem);
  return status == STATUS_OK ? lmdb_commit(writer->lmdb, problem) : status;
}

enum status writer_add_axes(struct writer *writer, const struct codes *codes, struct problem *problem) {
  size_t length = codes_axes_length(codes, writer->stride);
  unsigned char *bytes = malloc(length);
  if (!bytes) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  codes_axes_write(codes, writer->stride, bytes);
  enum status status = put_part(writer, (struct format_part){FORMAT_AXES, 0, length}, bytes, problem);
  free(bytes);
  return status == STATUS_OK ? lmdb_commit(writer->lmdb, problem) : status;
}

enum status writer_add_nodes(struct writer *writer, uint32_t slab, const uint8_t *nodes, size_t length,
                             struct problem *problem) {
  enum status status = put_part(writer, (struct format_part){FORMAT_LINKS, slab, length}, nodes, problem);
  return status == STATUS_OK ? lmdb_commit(writer->lmdb, problem) : status;
}

enum status writer_add_graph(struct writer *writer, const struct graph_header *header,
                             const struct recall_table *recall, const uint8_t *entries, struct problem *problem) {
  struct graph shape;
  graph_shape(header, &shape);
  size_t length = graph_map_length(&shape);
  unsigned char *bytes = malloc(length);
  if (!bytes) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  graph_map_write(header, recall, bytes);
  memcpy(bytes + GRAPH_MAP_FIXED, entries, length - GRAPH_MAP_FIXED);
  enum status status = put_part(writer, (struct format_part){FORMAT_GRAPH, 0, length}, bytes, problem);
  free(bytes);
  return status == STATUS_OK ? lmdb_commit(writer->lmdb, problem) : status;
}

enum status writer_add_subwords(struct writer *writer, const struct subwords *subwords, struct problem *problem) {
  unsigned char fixed[SUBWORDS_MAP_FIXED];
  subwords_map_write(subwords, fixed);
  enum status status = put_part(writer, (struct format_part){FORMAT_SUBWORDS, 0, sizeof fixed}, fixed, problem);
  for (uint32_t slab = 0; status == STATUS_OK && slab < subwords->slab_count; slab++) {
    size_t rows = subwords_in_slab(subwords, slab), row_bytes = subwords->stride * sizeof(float);
    if (subwords->pruned)
      status = put_part(writer, (struct format_part){FORMAT_PRUNED, slab, rows * sizeof **subwords->pruned},
                        subwords->pruned[slab], problem);
    if (status == STATUS_OK)
      status = put_part(writer, (struct format_part){FORMAT_BUCKETS, slab, rows * row_bytes}, subwords->slabs[slab],
                        problem);
    if (status == STATUS_OK) status = lmdb_commit(writer->lmdb, problem);
  }
  if (status == STATUS_OK) digest_add_subwords(writer->digest, subwords);
  return status;
}

const char *writer_folder(const struct writer *writer) {
  return writer->store;
}

/* ---- what comes at the end ---- */

/* Places by slab, the stream of words by chunk. */
static enum status put_words(struct writer *writer, struct head *head, struct problem *problem) {
  enum status status = STATUS_OK;
  const uint64_t *places = word_table_places(writer->words);
  for (uint32_t slab = 0; status == STATUS_OK && slab < head->slabs; slab++) {
    uint64_t first = (uint64_t)slab * head->slab_rows;
    size_t rows = format_rows_in_slab(head, slab);
    status =
        put_part(writer, (struct format_part){FORMAT_PLACES, slab, rows * sizeof *places}, places + first, problem);
    if (status == STATUS_OK) status = lmdb_commit(writer->lmdb, problem);
  }
  const unsigned char *text = word_table_text(writer->words, &head->text_bytes);
  for (uint64_t start = 0; status == STATUS_OK && start < head->text_bytes; start += FORMAT_TEXT_CHUNK) {
    uint64_t left = head->text_bytes - start;
    size_t length = left < FORMAT_TEXT_CHUNK ? (size_t)left : FORMAT_TEXT_CHUNK;
    status = put_part(writer, (struct format_part){FORMAT_TEXT, head->text_chunks++, length}, text + start, problem);
    if (status == STATUS_OK) status = lmdb_commit(writer->lmdb, problem);
  }
  return status;
}

/* How many of rows[0 … count-1], which are in byte order of their words, share the first one's key. */
static uint32_t sharing_key(const struct word_table *words, const uint32_t *rows, uint32_t count) {
  struct word first = word_table_word(words, rows[0]);
  uint32_t sharing = 1;
  if (first.length < FORMAT_KEY_WORD) return sharing;
  while (sharing < count) {
    struct word other = word_table_word(words, rows[sharing]);
    if (other.length < FORMAT_KEY_WORD || memcmp(other.bytes, first.bytes, FORMAT_KEY_WORD) != 0) break;
    sharing++;
  }
  return sharing;
}

static enum status put_word_keys(struct writer *writer, const struct head *head, struct problem *problem) {
  const uint32_t *rows;
  enum status status = word_table_sorted(writer->words, problem, &rows);
  size_t pending = 0;
  for (uint32_t at = 0, sharing; status == STATUS_OK && at < head->rows; at += sharing) {
    sharing = sharing_key(writer->words, rows + at, (uint32_t)head->rows - at);
    struct format_key key = format_word_key(word_table_word(writer->words, rows[at]));
    void *value;
    status = lmdb_reserve(writer->lmdb, (struct lmdb_span){key.bytes, key.length}, sharing * sizeof *rows, true,
                          problem, &value);
    if (status != STATUS_OK) return status;
    memcpy(value, rows + at, sharing * sizeof *rows);
    pending += key.length + sharing * sizeof *rows;
    if (pending < COMMIT_BYTES) continue;
    status = lmdb_commit(writer->lmdb, problem);
    pending = 0;
  }
  return status;
}

/* Folded forms, chunk by chunk; behind them what belongs to all. */
static enum status put_folds(struct writer *writer, struct problem *problem) {
  struct folds_build build;
  enum status status = folds_build(writer->words, writer->store, problem, &build);
  const uint32_t *slots = (const uint32_t *)(const void *)build.slots.data;
  uint32_t chunk = 0;
  for (uint64_t at = 0; status == STATUS_OK && at < build.header.slots; at += FORMAT_FOLD_SLOTS) {
    uint64_t left = build.header.slots - at;
    size_t count = left < FORMAT_FOLD_SLOTS ? (size_t)left : FORMAT_FOLD_SLOTS;
    struct format_part part = {FORMAT_FOLD_CHUNK, chunk++, count * sizeof *slots};
    status = put_part(writer, part, slots + at, problem);
    if (status == STATUS_OK) status = lmdb_commit(writer->lmdb, problem);
  }
  struct format_part part = {FORMAT_FOLDS, 0, sizeof build.header};
  if (status == STATUS_OK) status = put_part(writer, part, &build.header, problem);
  folds_build_release(&build);
  return status == STATUS_OK ? lmdb_commit(writer->lmdb, problem) : status;
}

static enum status put_mean(struct writer *writer, const struct head *head, struct problem *problem) {
  size_t length = head->stride * sizeof(float);
  float *mean = malloc(length);
  if (!mean) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  rows_mean_of(writer->sums, head->rows, head->stride, mean);
  enum status status = put_part(writer, (struct format_part){FORMAT_MEAN, 0, length}, mean, problem);
  free(mean);
  return status == STATUS_OK ? lmdb_commit(writer->lmdb, problem) : status;
}

static enum status put_head(struct writer *writer, const struct head *head, struct problem *problem) {
  unsigned char bytes[FORMAT_HEAD_FIXED + 2 * FORMAT_TEXT_MAX];
  size_t length = format_head_write(head, bytes);
  const unsigned char key = FORMAT_HEAD;
  uint32_t sum;
  void *value;
  enum status status = lmdb_commit(writer->lmdb, problem);
  if (status != STATUS_OK) return status;
  status = format_metadata_sum(writer->lmdb, bytes, length, &sum);
  if (status != STATUS_OK)
    return problem_set(problem, status, 0, "%s: cannot be summed: %s", writer->part, status_text(status));
  memcpy(bytes + FORMAT_HEAD_SUM, &sum, sizeof sum);
  status = lmdb_reserve(writer->lmdb, (struct lmdb_span){&key, sizeof key}, length, false, problem, &value);
  if (status != STATUS_OK) return status;
  memcpy(value, bytes, length);
  return lmdb_commit(writer->lmdb, problem);
}

/* The file is whole: cut to LMDB's last page, summed, synced, and only then given its name. */
static enum status seal(struct writer *writer, unsigned threads, struct problem *problem, uint64_t *file_size) {
  uint64_t covered = lmdb_size(writer->lmdb);
  lmdb_close(writer->lmdb);
  writer->lmdb = NULL;
  if (TEMP_FAILURE_RETRY(ftruncate(writer->fd, (off_t)covered)) != 0)
    return problem_set_errno(problem, errno, "%s: cannot be cut to its size", writer->part);
  enum status status = checksum_append(writer->fd, covered, threads, writer->part, problem, file_size);
  if (status != STATUS_OK) return status;
  if (TEMP_FAILURE_RETRY(fsync(writer->fd)) != 0)
    return problem_set_errno(problem, errno, "%s: cannot be synced", writer->part);
  if (rename(writer->part, writer->path) != 0)
    return problem_set_errno(problem, errno, "%s: cannot be renamed to %s", writer->part, writer->path);
  writer->finished = true;
  int folder = open(writer->store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    /* Some file systems cannot sync a folder; the model is there all the same. */
    (void)fsync(folder);
    close(folder);
  }
  return STATUS_OK;
}

enum status writer_finish(struct writer *writer, const struct writer_origin *origin, unsigned threads,
                          struct problem *problem, uint64_t *file_size, char digest[33]) {
  struct head head = {.rows = word_table_count(writer->words), .dim = writer->dim, .stride = writer->stride};
  if (head.rows == 0) return problem_set(problem, STATUS_BAD_MATRIX, 0, "no rows to store");
  enum status status = flush_slab(writer, problem);
  if (status != STATUS_OK) return status;
  head.slab_rows = writer->slab_rows;
  head.slabs = writer->slabs;
  head.imported_at = origin->imported_at;
  head.declared_rows = origin->declared_rows;
  memcpy(head.skipped, origin->skipped, sizeof head.skipped);
  snprintf(head.source, sizeof head.source, "%s", origin->source);
  snprintf(head.source_format, sizeof head.source_format, "%s", origin->source_format);
  digest_result(writer->digest, head.digest);
  status = put_words(writer, &head, problem);
  if (status == STATUS_OK) status = put_folds(writer, problem);
  if (status == STATUS_OK) status = put_mean(writer, &head, problem);
  if (status == STATUS_OK) status = put_word_keys(writer, &head, problem);
  if (status == STATUS_OK) status = put_head(writer, &head, problem);
  if (status == STATUS_OK) status = seal(writer, threads, problem, file_size);
  if (status == STATUS_OK) digest_hex(head.digest, digest);
  return status;
}
