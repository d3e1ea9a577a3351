/* Invariants broken under right sums: opening the file is safe, and verify names each. */
#include "store/matrix/verify.h"

#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/matrix/checksum.h"
#include "store/matrix/writer.h"
#include "tests/support/metadata_sum.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { TRAILER = 8 + 32 }; /* of a file under 64 MiB */

/* A model of three rows whose bytes are easy to find in the file. */
static const float vectors[3][3] = {{1.25f, 77.0f, -3.5f}, {0.0f, 0.0f, 0.0f}, {9.0f, 8.0f, 7.0f}};
static const char *const words[3] = {"first-word", "zero-word", "third-word"};

static char *write_model(const char *path_of_store, const char *path, size_t *length) {
  const struct writer_origin origin = {.source = "-", .source_format = "glove"};
  struct writer *writer;
  struct problem problem = {0};
  uint64_t size;
  char digest[33];
  ck_assert_int_eq(writer_open(path_of_store, "m", true, &problem, &writer), STATUS_OK);
  for (uint32_t i = 0; i < 3; i++) {
    uint32_t row;
    struct word word = {words[i], strlen(words[i])};
    ck_assert_int_eq(writer_add(writer, word, vectors[i], 3, &problem, &row), STATUS_OK);
  }
  ck_assert_int_eq(writer_finish(writer, &origin, 1, &problem, &size, digest), STATUS_OK);
  writer_close(writer);
  return scratch_read(path, length);
}

/* Writes the bytes with sums made anew, and verifies them. */
static enum status verify_bytes(const char *path, const char *bytes, size_t length, struct problem *problem) {
  uint64_t size;
  scratch_write(path, bytes, length - TRAILER);
  int fd = open(path, O_RDWR);
  ck_assert_int_eq(checksum_append(fd, length - TRAILER, 1, path, problem, &size), STATUS_OK);
  close(fd);
  struct model *model = NULL;
  enum status status = model_open(path, 1, problem, &model);
  ck_assert_msg(status == STATUS_OK, "%s", problem->text);
  status = verify_model(model, &(struct verify_options){.threads = 2}, problem);
  model_drop(model);
  return status;
}

static const float infinite = INFINITY;
static const float one = 1;
static const float mean[3] = {(float)(10.25 / 3), (float)(85.0 / 3), (float)(3.5 / 3)};

/* What is looked for in the file, what is put in its place, and what verify must say. */
static const struct {
  const void *find;
  size_t find_length;
  size_t skip; /* from the start of what is found to what is changed */
  const void *put;
  size_t put_length;
  const char *says;
} breaks[] = {
    {&vectors[0], 12, 4, &infinite, 4, "not finite"},
    {&vectors[2], 12, 12, &one, 4, "padding"},
    {&vectors[2], 12, 0, &one, 4, "norm"},
    {"first-wordzero-wordthird-word", 29, 0, "F", 1, "no row"},
    {mean, 12, 4, &one, 4, "mean"},
    {"wordvec", 8, 56, "?", 1, "digest"},
    {"wordvec", 8, 80, "?", 1, NULL},
};

START_TEST(a_broken_invariant_is_named) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  size_t length;
  scratch_folder(store, "broken-%d", _i);
  scratch_path(path, "broken-%d/m.mdb", _i);
  char *bytes = write_model(store, path, &length);
  char *place = memmem(bytes, length, breaks[_i].find, breaks[_i].find_length);
  ck_assert_ptr_nonnull(place);
  metadata_sum_remove(bytes, length);
  memcpy(place + breaks[_i].skip, breaks[_i].put, breaks[_i].put_length);
  enum status status = verify_bytes(path, bytes, length, &problem);
  if (!breaks[_i].says) {
    ck_assert_msg(status == STATUS_OK, "%s", problem.text);
  } else {
    ck_assert_int_eq(status, STATUS_DAMAGED);
    ck_assert_msg(strstr(problem.text, breaks[_i].says) != NULL, "%s", problem.text);
  }
  free(bytes);
}
END_TEST

START_TEST(swapped_word_keys_are_noticed) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  size_t length;
  scratch_folder(store, "keys");
  scratch_path(path, "keys/m.mdb");
  char *bytes = write_model(store, path, &length);
  char *key = memmem(bytes, length, "wfirst-word", 11);
  ck_assert_ptr_nonnull(key);
  const uint32_t other = 2;
  memcpy(key + 11, &other, sizeof other);
  ck_assert_int_eq(verify_bytes(path, bytes, length, &problem), STATUS_DAMAGED);
  ck_assert_msg(strstr(problem.text, "row 0") != NULL, "%s", problem.text);
  free(bytes);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("store/matrix/verify", &cases);
  tcase_add_loop_test(cases, a_broken_invariant_is_named, 0, (int)(sizeof breaks / sizeof breaks[0]));
  tcase_add_test(cases, swapped_word_keys_are_noticed);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
