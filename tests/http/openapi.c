/* GET /openapi.json over HTTP. What it says is compared with the program in tests/unit/server/openapi.c, and with every
 * answer of these tests by tests/openapi. */
#include <check.h>

#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

START_TEST(describes_itself) {
  json_t *document = get_json(served.port, 200, "/openapi.json");
  json_t *info = get_json(served.port, 200, "/info");
  expect_text(document, "/openapi", "3.1.0");
  expect_text(document, "/info/version", json_string_value(json_at(info, "/version")));
  ck_assert_ptr_nonnull(json_object_get(json_at(document, "/paths"), "/openapi.json"));
  json_decref(info);
  json_decref(document);
}
END_TEST

START_TEST(is_json_only) {
  struct answer answer;
  client_get_as(served.port, "/openapi.json", "application/yaml", &answer);
  json_decref(expect_problem(&answer, 406, "not_acceptable"));
  answer_release(&answer);
  json_decref(get_json(served.port, 200, "/openapi.json?format=json"));
  json_decref(get_problem(served.port, 400, "unknown_parameter", "/openapi.json?version=3.0"));
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/openapi", &tcase);
  tcase_add_test(tcase, describes_itself);
  tcase_add_test(tcase, is_json_only);
  return suite_main_with_zoo(suite, &served, &zoo);
}
