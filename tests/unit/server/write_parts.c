/* What is kept of the rows that answers are made of. */
#include "server/write_parts.h"

#include <check.h>
#include <stdio.h>
#include <unistd.h>

#include "server/text_cache.h"
#include "tests/support/effort.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/words_model.h"

enum { OFFERS = 3 /* a text is kept from the second on */ };

static size_t kept_of(struct model *model, struct text_cache *cache) {
  char text[64];
  const struct cached_rows rows = {cache, {1, 2}, model};
  const struct found found = {rows_at(model_rows(model), 1), 1, FOUND_EXACT};
  for (int i = 0; i < OFFERS; i++) {
    struct bytes out;
    struct json_text writing;
    bytes_init(&out, 1 << 16);
    json_text_init(&writing, &out);
    write_found(&writing, &rows, &found, 1);
    ck_assert_int_eq(json_text_end(&writing), STATUS_OK);
    bytes_release(&out);
  }
  return text_cache_get(&rows, 1, text, sizeof text);
}

/* The same content, when its file is back, would be answered with the zeros of the lost one. */
START_TEST(texts_of_a_lost_file_are_not_kept) {
  if (!effort_mends_faults()) return;
  static const struct word words[] = {{"a", 1}, {"b", 1}};
  struct text_cache *cache = NULL;
  char path[SCRATCH_PATH_MAX];
  struct model *model = words_model("m", words, 2);
  scratch_path(path, "words/m.mdb");
  ck_assert_int_eq(text_cache_new(1 << 20, &cache), STATUS_OK);
  ck_assert_int_eq(truncate(path, 4096), 0);
  ck_assert_uint_eq(kept_of(model, cache), 0);
  model_drop(model);
  model = words_model("m", words, 2);
  ck_assert_uint_gt(kept_of(model, cache), 0);
  model_drop(model);
  text_cache_free(cache);
}
END_TEST

int main(void) {
  scratch_open();
  TCase *cases;
  Suite *suite = suite_of("server/write_parts", &cases);
  tcase_add_test(cases, texts_of_a_lost_file_are_not_kept);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
