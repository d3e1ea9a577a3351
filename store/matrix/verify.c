/* Every invariant of a store file that opening it does not need. */
#include "store/matrix/verify.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "store/matrix/codes_map.h"
#include "store/matrix/digest.h"

static bool same_bits(double a, double b) {
  return memcmp(&a, &b, sizeof a) == 0;
}

static enum status check_row(const struct rows *rows, uint32_t row, struct problem *problem) {
  static const float padding[ROWS_STRIDE_UNIT] = {0};
  const float *vector = rows_at(rows, row);
  for (uint32_t i = 0; i < rows->dim; i++)
    if (!isfinite(vector[i])) return problem_set(problem, STATUS_DAMAGED, 0, "row %u: number %u is not finite", row, i);
  if (memcmp(vector + rows->dim, padding, (rows->stride - rows->dim) * sizeof *vector) != 0)
    return problem_set(problem, STATUS_DAMAGED, 0, "row %u: the padding is not zero", row);
  if (!same_bits(rows_norm(rows, row), rows_norm_of(vector, rows->dim)))
    return problem_set(problem, STATUS_DAMAGED, 0, "row %u: the stored norm is not the row's", row);
  if (rows->codes && !codes_row_holds(rows, row))
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

enum status verify_model(const struct model *model, struct problem *problem) {
  const struct rows *rows = model_rows(model);
  const struct vocabulary *vocabulary = model_vocabulary(model);
  struct digest *digest;
  enum status status = digest_new(&digest);
  if (status != STATUS_OK) return problem_set(problem, status, 0, "out of memory");
  if (rows->codes && !codes_axes_hold(rows))
    status = problem_set(problem, STATUS_DAMAGED, 0, "the axes of the codes are not at right angles; import it again");
  for (uint32_t row = 0; status == STATUS_OK && row < rows->count; row++) {
    status = check_row(rows, row, problem);
    if (status == STATUS_OK) status = check_word(vocabulary, row, problem);
    if (status == STATUS_OK) digest_add(digest, vocabulary_word(vocabulary, row), rows_at(rows, row), rows->dim);
  }
  unsigned char bytes[16];
  char hex[33];
  digest_result(digest, bytes);
  digest_hex(bytes, hex);
  digest_free(digest);
  if (status == STATUS_OK) status = check_order(vocabulary, problem);
  if (status == STATUS_OK && strcmp(hex, model_info(model)->digest) != 0)
    status = problem_set(problem, STATUS_DAMAGED, 0, "the content's digest is %s, but the head says %s", hex,
                         model_info(model)->digest);
  return status;
}
