/* The table of routes against the contract: paths, methods, Allow, and what is not a route. */
#include "server/routes.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *path, *allow, *rest;
  handler *handle;
} expected[] = {
    {"/vector", "GET, HEAD", "", api_vector},
    {"/vectors", "GET, HEAD, POST", "", api_vectors},
    {"/lookup", "POST", "", api_lookup},
    {"/neighbors", "GET, HEAD, POST", "", api_neighbors},
    {"/matrix", "GET, HEAD, POST", "", api_matrix},
    {"/similarity", "GET, HEAD, POST", "", api_similarity},
    {"/mean", "GET, HEAD, POST", "", api_mean},
    {"/doesnt-match", "GET, HEAD, POST", "", api_doesnt_match},
    {"/index", "GET, HEAD", "", api_index},
    {"/word", "GET, HEAD", "", api_word},
    {"/words", "GET, HEAD", "", api_words},
    {"/models", "GET, HEAD", "", api_models},
    {"/models/glove", "GET, HEAD", "glove", api_model},
    {"/models/", "GET, HEAD", "", api_model},
    {"/models/a/b", "GET, HEAD", "a/b", api_model},
    {"/info", "GET, HEAD", "", api_info},
    {"/livez", "GET, HEAD", "", api_livez},
    {"/readyz", "GET, HEAD", "", api_readyz},
    {"/metrics", "GET, HEAD", "", api_metrics},
    {"/v1/embeddings", "POST", "", api_openai_embeddings},
    {"/v1/models", "GET, HEAD", "", api_openai_models},
    {"/v1/models/glove", "GET, HEAD", "glove", api_openai_model},
    {"/word2vec/similarity", "GET, HEAD", "", api_word2vec_similarity},
    {"/word2vec/n_similarity", "GET, HEAD", "", api_word2vec_n_similarity},
    {"/word2vec/most_similar", "GET, HEAD", "", api_word2vec_most_similar},
    {"/word2vec/model", "GET, HEAD", "", api_word2vec_model},
    {"/word2vec/model_word_set", "GET, HEAD", "", api_word2vec_word_set},
};

START_TEST(routes_of_the_contract) {
  const char *rest;
  const struct route *route = route_find(expected[_i].path, &rest);
  ck_assert_msg(route != NULL, "%s", expected[_i].path);
  ck_assert(route->handle == expected[_i].handle);
  ck_assert_str_eq(route_allow(route), expected[_i].allow);
  ck_assert_str_eq(rest, expected[_i].rest);
}
END_TEST

START_TEST(numbers) {
  size_t count = 0;
  const struct route *route;
  for (; (route = route_at(count)); count++) ck_assert_uint_eq(route_number(route), count);
  ck_assert_uint_eq(route_number(NULL), count);
}
END_TEST

/* Those who watch the daemon are answered nothing else, and others not /metrics when it has an address of its own. */
START_TEST(scopes) {
  char paths[ROUTE_PATHS];
  ck_assert_str_eq(route_paths(DIALECT_OWN, (struct route_scope){.only = ROUTE_WATCH}, paths),
                   "/livez, /readyz, /metrics");
  ck_assert_str_eq(route_paths(DIALECT_OPENAI, (struct route_scope){.only = ROUTE_WATCH}, paths), "");
  const struct route *route;
  for (size_t i = 0; (route = route_at(i)); i++) {
    bool metrics = strcmp(route->path, "/metrics") == 0;
    ck_assert(route_within(route, (struct route_scope){0}));
    ck_assert_int_eq(route_within(route, (struct route_scope){.except = ROUTE_APART}), !metrics);
  }
}
END_TEST

START_TEST(no_routes) {
  static const char *const paths[] = {"",         "/",       "vector",   "/Vector",      "/vector/",
                                      "/vectorx", "/vecto",  "/words/a", "//vector",     "/model",
                                      "/modelsx", "/livez/", "/lookup ", "/v1/embedding"};
  const char *rest;
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    ck_assert_msg(route_find(paths[i], &rest) == NULL, "'%s'", paths[i]);
}
END_TEST

START_TEST(bodies) {
  static struct service service;
  static const struct limits limits = {.body_bytes = 10, .matrix_body_bytes = 20};
  const char *rest;
  const struct route *matrix = route_find("/matrix", &rest), *lookup = route_find("/lookup", &rest);
  ck_assert_uint_eq(route_body_limit(matrix, &limits), 20);
  ck_assert_uint_eq(route_body_limit(lookup, &limits), 10);
  ck_assert_uint_eq(route_body_limit(NULL, &limits), 10);
  ck_assert_ptr_eq(route_body_budget(matrix, &service), &service.matrix_bodies);
  ck_assert_ptr_eq(route_body_budget(lookup, &service), &service.parsing);
  ck_assert_ptr_eq(route_body_budget(NULL, &service), &service.parsing);
}
END_TEST

START_TEST(methods) {
  ck_assert_uint_eq(route_method("GET"), ROUTE_GET);
  ck_assert_uint_eq(route_method("HEAD"), ROUTE_GET);
  ck_assert_uint_eq(route_method("POST"), ROUTE_POST);
  static const char *const others[] = {"PUT", "DELETE", "OPTIONS", "get", "Post", "", "GETS", "-"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) ck_assert_uint_eq(route_method(others[i]), 0);
}
END_TEST

/* Each route of the table is found under its own path: none hides another. */
START_TEST(no_route_hides_another) {
  char paths[ROUTE_PATHS];
  size_t count = 0;
  for (char *path = strtok((char *)route_paths((enum dialect)_i, (struct route_scope){0}, paths), ", "); path;
       path = strtok(NULL, ", "), count++) {
    const char *rest;
    const struct route *route = route_find(path, &rest);
    ck_assert_ptr_nonnull(route);
    ck_assert_str_eq(route->path, path);
    ck_assert_int_eq(route_dialect(path), _i);
  }
  static const size_t least[] = {12, 3, 5};
  ck_assert_uint_ge(count, least[_i]);
  ck_assert_uint_lt(strlen(paths), sizeof paths - 1); /* all of them fit */
}
END_TEST

START_TEST(dialects) {
  static const struct {
    const char *path;
    enum dialect dialect;
  } paths[] = {{"/v1/embeddings", DIALECT_OPENAI},
               {"/v1/no/such", DIALECT_OPENAI},
               {"/v1/", DIALECT_OPENAI},
               {"/v1", DIALECT_OWN},
               {"/v10/a", DIALECT_OWN},
               {"/", DIALECT_OWN},
               {"/vector", DIALECT_OWN},
               {"/word2vec", DIALECT_OWN},
               {"/word2vec/model", DIALECT_WORD2VEC},
               {"/word2vec/x", DIALECT_WORD2VEC},
               {"", DIALECT_OWN}};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    ck_assert_msg(route_dialect(paths[i].path) == paths[i].dialect, "%s", paths[i].path);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("server/routes");
  TCase *tcase = tcase_create("routes");
  tcase_add_loop_test(tcase, routes_of_the_contract, 0, sizeof expected / sizeof *expected);
  tcase_add_test(tcase, numbers);
  tcase_add_test(tcase, scopes);
  tcase_add_test(tcase, no_routes);
  tcase_add_test(tcase, bodies);
  tcase_add_test(tcase, methods);
  tcase_add_test(tcase, dialects);
  tcase_add_loop_test(tcase, no_route_hides_another, DIALECT_OWN, DIALECT_WORD2VEC + 1);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
