/* Every invariant of a store file that opening it does not need. */
#include "store/matrix/verify.h"

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/case_fold.h"
#include "store/crew.h"
#include "store/matrix/digest.h"
#include "store/matrix/folds.h"
#include "store/matrix/subwords_map.h"

static bool same_bits(double a, double b) {
  return memcmp(&a, &b, sizeof a) == 0;
}

static enum status check_floats(const struct rows *rows, uint32_t row, codes_dots_type *dots, struct problem *problem) {
  static const float padding[ROWS_STRIDE_UNIT] = {0};
  const float *vector = rows_at(rows, row);
  for (uint32_t i = 0; i < rows->dim; i++)
    if (!isfinite(vector[i])) return problem_set(problem, STATUS_DAMAGED, 0, "row %u: number %u is not finite", row, i);
  if (memcmp(vector + rows->dim, padding, (rows->stride - rows->dim) * sizeof *vector) != 0)
    return problem_set(problem, STATUS_DAMAGED, 0, "row %u: the padding is not zero", row);
  if (!same_bits(rows_norm(rows, row), rows_norm_of(vector, rows->dim)))
    return problem_set(problem, STATUS_DAMAGED, 0, "row %u: the stored norm is not the row's", row);
  if (rows->codes && !codes_row_holds(rows, row, dots))
    return problem_set(problem, STATUS_DAMAGED, 0, "row %u: its codes are not the row's; import it again", row);
  return STATUS_OK;
}

static enum status check_word(const struct vocabulary *vocabulary, uint32_t row, struct problem *problem) {
  uint32_t found = 0;
  enum status status = vocabulary_find(vocabulary, vocabulary_word(vocabulary, row), &found);
  if (status == STATUS_OK && found == row) return STATUS_OK;
  if (status == STATUS_NO_MEMORY) return problem_set(problem, status, 0, "out of memory");
  return problem_set(problem, STATUS_DAMAGED, 0, "row %u: its word leads to %s", row,
                     status == STATUS_OK ? "another row" : "no row");
}

bool verify_folds(const struct model *model) {
  const struct folds *folds = vocabulary_folds(model_vocabulary(model));
  return folds && folds_header(folds)->unicode == case_fold_version();
}

/* A folded form leads to one row, whichever word it was made of. If it is no higher than the row of each of these, it
 * is the lowest of them. */
static enum status check_fold(const struct vocabulary *vocabulary, uint32_t row, struct problem *problem) {
  uint32_t found = 0;
  enum status status = vocabulary_find_folded(vocabulary, vocabulary_word(vocabulary, row), &found);
  if (status == STATUS_OK && found <= row) return STATUS_OK;
  if (status == STATUS_NO_MEMORY) return problem_set(problem, status, 0, "out of memory");
  return problem_set(problem, STATUS_DAMAGED, 0, "row %u: the folded form of its word leads to %s", row,
                     status == STATUS_OK ? "a higher row" : "no row");
}

/* A walk through all word keys, page by page: in order, and as many as there are rows. */
static enum status check_order(const struct vocabulary *vocabulary, struct problem *problem) {
  enum { PAGE = 1024 };
  uint32_t page[PAGE];
  struct word last = {0};
  struct vocabulary_range range = {.prefix = {.bytes = "", .length = 0}};
  uint64_t seen = 0;
  for (bool more = true; more; range.after = &last) {
    size_t count = 0;
    enum status status = vocabulary_page(vocabulary, &range, PAGE, page, &count, &more);
    if (status != STATUS_OK)
      return problem_set(problem, status, 0, "the word keys cannot be walked: %s", status_text(status));
    for (size_t i = 0; i < count; i++) {
      struct word word = vocabulary_word(vocabulary, page[i]);
      if (seen > 0 && word_compare(last, word) >= 0)
        return problem_set(problem, STATUS_DAMAGED, 0, "row %u: its word key is out of order", page[i]);
      last = word;
      seen++;
    }
  }
  if (seen != vocabulary_count(vocabulary))
    return problem_set(problem, STATUS_DAMAGED, 0, "%llu words have keys, but there are %u rows",
                       (unsigned long long)seen, vocabulary_count(vocabulary));
  return STATUS_OK;
}

/* A check of all rows and words by many threads. */
struct verification {
  const struct model *model;
  codes_dots_type *dots;
  bool folds;
  _Atomic uint64_t first_wrong; /* row; as many as there are: none */
};

static enum status check_row(const struct verification *check, uint32_t row, struct problem *problem) {
  enum status status = check_floats(model_rows(check->model), row, check->dots, problem);
  if (status == STATUS_OK) status = check_word(model_vocabulary(check->model), row, problem);
  return status == STATUS_OK && check->folds ? check_fold(model_vocabulary(check->model), row, problem) : status;
}

static void check_rows(void *context, unsigned member, uint32_t first, uint32_t end) {
  struct verification *check = context;
  struct problem ignored;
  (void)member;
  for (uint32_t row = first; row < end; row++) {
    uint64_t wrong = atomic_load_explicit(&check->first_wrong, memory_order_relaxed);
    if (row >= wrong) return;
    if (check_row(check, row, &ignored) == STATUS_OK) continue;
    while (row < wrong && !atomic_compare_exchange_weak(&check->first_wrong, &wrong, row)) {
    }
    return;
  }
}

/* Rows are checked in any order, and the first that is wrong once more, to be told. */
static enum status check_all_rows(const struct model *model, const struct verify_options *options,
                                  struct problem *problem) {
  enum { GRAIN = 256 };
  uint32_t count = model_rows(model)->count;
  struct verification check = {.model = model, .dots = options->dots, .folds = verify_folds(model)};
  struct crew *crew;
  enum status status = crew_new(options->threads, &crew);
  if (status != STATUS_OK) return problem_set(problem, status, 0, "out of memory");
  atomic_init(&check.first_wrong, count);
  crew_share(crew, count, GRAIN, check_rows, &check);
  crew_free(crew);
  uint64_t wrong = atomic_load(&check.first_wrong);
  return wrong < count ? check_row(&check, (uint32_t)wrong, problem) : STATUS_OK;
}

static enum status check_mean(const struct model *model, struct problem *problem) {
  const struct rows *rows = model_rows(model);
  const float *kept = model_mean(model);
  if (!kept) return STATUS_OK;
  double *sums = calloc(rows->stride, sizeof *sums);
  float *mean = calloc(rows->stride, sizeof *mean);
  enum status status = sums && mean ? STATUS_OK : problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  if (status == STATUS_OK) {
    for (uint32_t row = 0; row < rows->count; row++) rows_sum(sums, rows_at(rows, row), rows->stride);
    rows_mean_of(sums, rows->count, rows->stride, mean);
    if (memcmp(mean, kept, rows->stride * sizeof *mean) != 0)
      status = problem_set(problem, STATUS_DAMAGED, 0, "the stored mean is not that of the rows; import it again");
  }
  free(sums);
  free(mean);
  return status;
}

static enum status check_digest(const struct model *model, struct problem *problem) {
  const struct rows *rows = model_rows(model);
  struct digest *digest;
  enum status status = digest_new(&digest);
  if (status != STATUS_OK) return problem_set(problem, status, 0, "out of memory");
  for (uint32_t row = 0; row < rows->count; row++)
    digest_add(digest, vocabulary_word(model_vocabulary(model), row), rows_at(rows, row), rows->dim);
  unsigned char bytes[16];
  char hex[33];
  if (model_subwords(model)) digest_add_subwords(digest, model_subwords(model));
  digest_result(digest, bytes);
  digest_hex(bytes, hex);
  digest_free(digest);
  if (strcmp(hex, model_info(model)->digest) == 0) return STATUS_OK;
  return problem_set(problem, STATUS_DAMAGED, 0, "the content's digest is %s, but the head says %s", hex,
                     model_info(model)->digest);
}

enum status verify_model(const struct model *model, const struct verify_options *options, struct problem *problem) {
  const struct rows *rows = model_rows(model);
  if (rows->codes && !codes_axes_hold(rows))
    return problem_set(problem, STATUS_DAMAGED, 0, "the axes of the codes are not at right angles; import it again");
  enum status status = check_all_rows(model, options, problem);
  if (status == STATUS_OK) status = check_order(model_vocabulary(model), problem);
  if (status == STATUS_OK && model_subwords(model)) status = subwords_verify(model_subwords(model), problem);
  if (status == STATUS_OK) status = check_mean(model, problem);
  if (status == STATUS_OK) status = check_digest(model, problem);
  if (status == STATUS_OK && model_graph(model))
    status = graph_verify(model_graph(model), rows, options->threads, problem);
  return status;
}
