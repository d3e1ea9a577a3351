/* Opening a store file: sums first, then LMDB, then the head and what follows from it; afterwards everything is a
 * pointer into the map. */
#include "store/matrix/model.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/matrix/checksum.h"
#include "store/matrix/codes_map.h"
#include "store/matrix/digest.h"
#include "store/matrix/format.h"
#include "store/matrix/graph_map.h"
#include "store/matrix/lmdb.h"
#include "store/matrix/subwords_map.h"

struct model {
  atomic_uint references;
  struct mapping *mapping;
  struct lmdb *lmdb;
  struct head head;
  struct rows rows;
  const float **slabs;
  const double **norms;
  const float *mean;             /* NULL: the file has none */
  struct codes *codes;           /* NULL: the file has none */
  struct graph_map *graph;       /* NULL: the file has none */
  struct subwords_map *subwords; /* likewise */
  struct vocabulary *vocabulary;
  struct model_info info;
};

const char *skip_name(enum skip skip) {
  static const char *const names[SKIP_COUNT] = {
      [SKIP_DUPLICATE] = "duplicate",
      [SKIP_CUT_SHORT] = "cut_short",
      [SKIP_NOT_FINITE] = "not_finite",
      [SKIP_ENCODING] = "encoding",
  };
  return names[skip];
}

bool model_name_valid(const char *name) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  size_t length = strlen(name);
  return length >= 1 && length <= MODEL_NAME_MAX && strspn(name, allowed) == length && !strchr("._-", name[0]);
}

enum status model_path(const char *store, const char *name, char *path, size_t size, struct problem *problem) {
  if (!model_name_valid(name))
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0, "\"%.200s\" names no model: " MODEL_NAME_RULE, name);
  int length = snprintf(path, size, "%s/%s.mdb", store, name);
  if (length < 0 || (size_t)length >= size)
    return problem_set(problem, STATUS_LIMIT, 0, "%.200s…: the path of the store is too long", store);
  return STATUS_OK;
}

static enum status read_head(struct model *model, const char *file, struct problem *problem) {
  const unsigned char key = FORMAT_HEAD;
  struct lmdb_span value = {0};
  enum status status = lmdb_get(model->lmdb, (struct lmdb_span){&key, 1}, &value);
  if (status == STATUS_NOT_FOUND)
    return problem_set(problem, STATUS_FOREIGN, 0, "%s: an LMDB file, but not a wordvec store", file);
  if (status != STATUS_OK)
    return problem_set(problem, status, 0, "%s: cannot read its head: %s", file, status_text(status));
  status = format_head_read(value.data, value.length, file, problem, &model->head);
  if (status != STATUS_OK || model->head.sum == 0) return status;
  uint32_t sum;
  status = format_metadata_sum(model->lmdb, value.data, value.length, &sum);
  if (status != STATUS_OK) return problem_set(problem, status, 0, "%s: out of memory", file);
  if (sum == model->head.sum) return STATUS_OK;
  return problem_set(problem, STATUS_DAMAGED, 0,
                     "%s: its head or what its other records say of themselves was changed; import it again", file);
}

static enum status map_rows(struct model *model, const char *file, struct problem *problem) {
  const struct head *head = &model->head;
  model->slabs = calloc(head->slabs, sizeof *model->slabs);
  model->norms = calloc(head->slabs, sizeof *model->norms);
  if (!model->slabs || !model->norms) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  model->rows = (struct rows){.count = (uint32_t)head->rows,
                              .dim = head->dim,
                              .stride = head->stride,
                              .slab_shift = (uint32_t)__builtin_ctz(head->slab_rows),
                              .slab_count = head->slabs,
                              .slabs = model->slabs,
                              .norms = model->norms};
  for (uint32_t slab = 0; slab < head->slabs; slab++) {
    size_t rows = rows_in_slab(&model->rows, slab);
    const void *data;
    enum status status =
        format_find(model->lmdb, (struct format_part){FORMAT_ROWS, slab, rows * head->stride * sizeof(float)}, file,
                    problem, &data);
    if (status != STATUS_OK) return status;
    model->slabs[slab] = data;
    for (uint32_t i = head->dim; i < head->stride; i++)
      if (model->slabs[slab][i] != 0)
        return problem_set(problem, STATUS_DAMAGED, 0, "%s: its rows have more than %u dimensions; import it again",
                           file, head->dim);
    status =
        format_find(model->lmdb, (struct format_part){FORMAT_NORMS, slab, rows * sizeof(double)}, file, problem, &data);
    if (status != STATUS_OK) return status;
    model->norms[slab] = data;
  }
  return STATUS_OK;
}

static enum status map_mean(struct model *model, const char *file, struct problem *problem) {
  const struct head *head = &model->head;
  const void *data;
  if (!format_has(model->lmdb, FORMAT_MEAN)) return STATUS_OK;
  struct format_part part = {FORMAT_MEAN, 0, head->stride * sizeof(float)};
  enum status status = format_find(model->lmdb, part, file, problem, &data);
  if (status != STATUS_OK) return status;
  const float *mean = data;
  for (uint32_t i = 0; i < head->stride; i++)
    if (!isfinite(mean[i]) || (i >= head->dim && mean[i] != 0))
      return problem_set(problem, STATUS_DAMAGED, 0, "%s: the mean of its rows is no row; import it again", file);
  model->mean = mean;
  return STATUS_OK;
}

static void fill_info(struct model *model, uint64_t file_size) {
  const struct head *head = &model->head;
  model->info = (struct model_info){.rows = head->rows,
                                    .dim = head->dim,
                                    .format_version = FORMAT_VERSION,
                                    .source = head->source,
                                    .source_format = head->source_format,
                                    .imported_at = head->imported_at,
                                    .declared_rows = head->declared_rows,
                                    .file_size = file_size,
                                    .recall = model->graph ? &model->graph->recall : NULL,
                                    .subwords = model_subwords(model)};
  memcpy(model->info.skipped, head->skipped, sizeof head->skipped);
  digest_hex(head->digest, model->info.digest);
  memcpy(model->info.content, head->digest, sizeof model->info.content);
}

/* A graph is known by its head and by what was measured of it: another one that finds as much of 48 kinds does not turn
 * up by chance. */
static enum status sum_derived(struct model *model, const char *file, struct problem *problem) {
  enum { FOLDS_VERSIONS = 8 /* of the table and of Unicode */ };
  unsigned char parts[GRAPH_MAP_FIXED + FOLDS_VERSIONS + 1] = {0};
  const void *data;
  enum status status = STATUS_OK;
  if (model->graph) {
    status =
        format_find_start(model->lmdb, (struct format_part){FORMAT_GRAPH, 0, GRAPH_MAP_FIXED}, file, problem, &data);
    if (status == STATUS_OK) memcpy(parts, data, GRAPH_MAP_FIXED);
  }
  if (status == STATUS_OK && format_has(model->lmdb, FORMAT_FOLDS)) {
    status =
        format_find_start(model->lmdb, (struct format_part){FORMAT_FOLDS, 0, FOLDS_VERSIONS}, file, problem, &data);
    if (status == STATUS_OK) memcpy(parts + GRAPH_MAP_FIXED, data, FOLDS_VERSIONS);
  }
  parts[sizeof parts - 1] = model->mean != NULL;
  model->info.derived = digest_of_bytes(parts, sizeof parts);
  return status;
}

static enum status load(struct model *model, int fd, unsigned threads, const char *file, struct problem *problem) {
  uint64_t covered;
  struct stat about;
  enum status status = checksum_verify(fd, threads, file, problem, &covered);
  if (status == STATUS_OK && fstat(fd, &about) != 0)
    status = problem_set_errno(problem, errno, "%s: cannot be examined", file);
  if (status == STATUS_OK) status = mapping_open(fd, (uint64_t)about.st_size, file, problem, &model->mapping);
  if (status == STATUS_OK) status = lmdb_open(model->mapping, covered, file, problem, &model->lmdb);
  if (status == STATUS_OK) status = read_head(model, file, problem);
  if (status == STATUS_OK) status = map_rows(model, file, problem);
  if (status == STATUS_OK) status = map_mean(model, file, problem);
  if (status == STATUS_OK) status = codes_map(model->lmdb, &model->rows, file, problem, &model->codes);
  if (status == STATUS_OK) model->rows.codes = model->codes;
  if (status == STATUS_OK) status = graph_map(model->lmdb, &model->rows, file, problem, &model->graph);
  if (status == STATUS_OK) status = subwords_map(model->lmdb, model->head.dim, file, problem, &model->subwords);
  if (status == STATUS_OK) status = vocabulary_new(model->lmdb, &model->head, file, problem, &model->vocabulary);
  if (status == STATUS_OK) fill_info(model, (uint64_t)about.st_size);
  if (status == STATUS_OK) status = sum_derived(model, file, problem);
  /* Whatever did not hold, it may be for that. */
  return model_lost(model) ? model_tell_lost(file, problem) : status;
}

enum status model_open(const char *path, unsigned threads, struct problem *problem, struct model **out) {
  struct model *model = calloc(1, sizeof *model);
  if (!model) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", path);
  atomic_init(&model->references, 1);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    free(model);
    return problem_set_errno(problem, errno, "%s: cannot be opened", path);
  }
  enum status status = load(model, fd, threads, path, problem);
  close(fd);
  if (status != STATUS_OK)
    model_drop(model);
  else
    *out = model;
  return status;
}

struct model *model_acquire(struct model *model) {
  atomic_fetch_add_explicit(&model->references, 1, memory_order_relaxed);
  return model;
}

void model_drop(struct model *model) {
  if (!model || atomic_fetch_sub_explicit(&model->references, 1, memory_order_acq_rel) > 1) return;
  vocabulary_free(model->vocabulary);
  codes_unmap(model->codes);
  graph_unmap(model->graph);
  subwords_unmap(model->subwords);
  lmdb_close(model->lmdb);
  mapping_close(model->mapping);
  free(model->slabs);
  free(model->norms);
  free(model);
}

bool model_lost(const struct model *model) {
  return model->mapping && mapping_lost(model->mapping);
}

enum status model_tell_lost(const char *file, struct problem *problem) {
  return problem_set(problem, STATUS_LOST, 0,
                     "%s: the file was cut short, changed or could not be read while it was in use; import it again, "
                     "or put it back and look at the disk",
                     file);
}

const struct rows *model_rows(const struct model *model) {
  return &model->rows;
}

const float *model_mean(const struct model *model) {
  return model->mean;
}

const struct graph *model_graph(const struct model *model) {
  return model->graph ? &model->graph->graph : NULL;
}

const struct subwords *model_subwords(const struct model *model) {
  return model->subwords ? &model->subwords->subwords : NULL;
}

const struct vocabulary *model_vocabulary(const struct model *model) {
  return model->vocabulary;
}

const struct model_info *model_info(const struct model *model) {
  return &model->info;
}
