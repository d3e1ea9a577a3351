/* Writes and opens a model of given words. */
#include "tests/support/words_model.h"

#include <check.h>

#include "store/matrix/writer.h"
#include "tests/support/scratch.h"

struct model *words_model(const char *name, const struct word *words, uint32_t count) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX + 64], digest[33];
  const struct writer_origin origin = {.source = "-", .source_format = "glove"};
  struct writer *writer;
  struct model *model;
  struct problem problem = {0};
  uint64_t size;
  scratch_folder(store, "words");
  ck_assert_msg(writer_open(store, name, true, &problem, &writer) == STATUS_OK, "%s", problem.text);
  for (uint32_t i = 0; i < count; i++) {
    float number = (float)i;
    uint32_t row;
    ck_assert_int_eq(writer_add(writer, words[i], &number, 1, &problem, &row), STATUS_OK);
  }
  ck_assert_int_eq(writer_finish(writer, &origin, 1, &problem, &size, digest), STATUS_OK);
  writer_close(writer);
  ck_assert_int_eq(model_path(store, name, path, sizeof path, &problem), STATUS_OK);
  ck_assert_msg(model_open(path, 1, &problem, &model) == STATUS_OK, "%s", problem.text);
  return model;
}
