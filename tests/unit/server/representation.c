/* Accept headers of all kinds against the forms that an answer can take. */
#include "server/representation.h"

#include <check.h>

#include "tests/support/suite.h"

enum { NONE = -1, JSON = REPRESENTATION_JSON, NPY = REPRESENTATION_NPY, OCTETS = REPRESENTATION_OCTETS };

static const struct {
  const char *accept;
  int binary; /* what a route with binary forms answers with */
  int json;   /* what one without them does */
} cases[] = {
    {NULL, JSON, JSON},
    {"", JSON, JSON},
    {" , ", JSON, JSON},
    {"*/*", JSON, JSON},
    {"application/*", JSON, JSON},
    {"application/json", JSON, JSON},
    {"APPLICATION/JSON; charset=utf-8", JSON, JSON},
    {"application/x-npy", NPY, NONE},
    {"application/octet-stream", OCTETS, NONE},
    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON, JSON},
    {"application/x-npy, */*", NPY, JSON},
    {"*/*, application/x-npy", NPY, JSON},
    {"*/*;q=0.1, application/x-npy;q=0.2", NPY, JSON},
    {"application/x-npy;q=0.5, application/json;q=0.6", JSON, JSON},
    {"application/x-npy , application/json", NPY, JSON},
    {"application/octet-stream;q=0.9,application/x-npy;q=0.91", NPY, NONE},
    {"application/json;q=0", NONE, NONE},
    {"application/json;q=0, */*", NPY, NONE},
    {"application/*;q=0, */*", NONE, NONE},
    {"application/json;q=0.000, application/octet-stream;q=1.000", OCTETS, NONE},
    {"application/json;level=1;Q=0.4, application/x-npy;v=1;q=0.5", NPY, JSON},
    {"application/json ; q=0.4 , application/x-npy ; q=0.5", NPY, JSON},
    {"text/html", NONE, NONE},
    {"application/jsonx", NONE, NONE},
    {"json", NONE, NONE},
    /* A range whose quality cannot be read counts for nothing. */
    {"application/json;q=high", NONE, NONE},
    {"application/json;q=1.5, application/x-npy", NPY, NONE},
    {"application/json;q=-1", NONE, NONE},
    {"application/json;q=0.5x", NONE, NONE},
    {"application/json;q=1nan", NONE, NONE},
};

static void expect(int index, bool has_binary, int expected) {
  enum representation chosen = REPRESENTATION_COUNT;
  struct refusal refusal;
  bool met = representation_of_accept(cases[index].accept, has_binary, &chosen, &refusal);
  ck_assert_msg(met == (expected != NONE), "%s: %s", cases[index].accept, met ? "met" : refusal.detail);
  if (met)
    ck_assert_msg((int)chosen == expected, "%s: %s", cases[index].accept, representation_names[chosen]);
  else
    ck_assert_int_eq(refusal.kind, REFUSAL_NOT_ACCEPTABLE);
}

START_TEST(accept_chooses) {
  expect(_i, true, cases[_i].binary);
  expect(_i, false, cases[_i].json);
}
END_TEST

/* Who says nothing, or that anything will do, gets .npy from a route whose answers are matrices. */
START_TEST(npy_first) {
  static const struct {
    const char *accept;
    int chosen;
  } first[] = {{NULL, NPY},
               {"", NPY},
               {"*/*", NPY},
               {"application/*", NPY},
               {"application/json", JSON},
               {"application/json, */*", JSON},
               {"application/octet-stream", OCTETS},
               {"application/x-npy;q=0, */*", OCTETS},
               {"text/html", NONE}};
  for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
    enum representation chosen = REPRESENTATION_COUNT;
    struct refusal refusal;
    bool met = representation_of_accept(first[i].accept, REPRESENTATIONS_NPY_FIRST, &chosen, &refusal);
    ck_assert_int_eq(met ? (int)chosen : NONE, first[i].chosen);
  }
}
END_TEST

START_TEST(media_types) {
  ck_assert_str_eq(representation_media_type(REPRESENTATION_JSON), "application/json");
  ck_assert_str_eq(representation_media_type(REPRESENTATION_NPY), "application/x-npy");
  ck_assert_str_eq(representation_media_type(REPRESENTATION_OCTETS), "application/octet-stream");
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/representation", &tcase);
  tcase_add_loop_test(tcase, accept_chooses, 0, (int)(sizeof cases / sizeof *cases));
  tcase_add_test(tcase, npy_first);
  tcase_add_test(tcase, media_types);
  return suite_run(suite);
}
