/* Hostile JSON to every route that takes it, as the OpenAPI document lists them: a route that comes later is asked,
 * too, and must be given a good request here. What is no JSON is a 400 that says where; what is the wrong type or value
 * is a 422 (400 in OpenAI's dialect) that points at it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/effort.h"
#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;
static json_t *document; /* of OpenAPI */

/* A good request to each route. */
static const struct {
  const char *path, *body;
} routes[] = {
    {"/vectors", "{\"words\":[\"cat\"]}"},
    {"/lookup", "{\"indices\":[1]}"},
    {"/neighbors", "{\"word\":\"cat\"}"},
    {"/analogy", "{\"a\":\"man\",\"b\":\"king\",\"c\":\"woman\"}"},
    {"/rank", "{\"word\":\"cat\",\"other\":\"dog\"}"},
    {"/closer-than", "{\"word\":\"cat\",\"than\":\"dog\"}"},
    {"/matrix", "{\"words\":[\"cat\"]}"},
    {"/similarity", "{\"a\":\"cat\",\"b\":\"dog\"}"},
    {"/mean", "{\"words\":[\"cat\",\"dog\"]}"},
    {"/doesnt-match", "{\"words\":[\"cat\",\"dog\",\"car\"]}"},
    {"/v1/embeddings", "{\"model\":\"zoo\",\"input\":\"cat\"}"},
};

static bool is_own(const char *path) {
  return strncmp(path, "/v1/", 4) != 0;
}

static json_t *good_body(const char *path) {
  for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
    if (strcmp(routes[i].path, path) == 0) return json_loads(routes[i].body, 0, NULL);
  ck_abort_msg("%s takes JSON, and is asked nothing here", path);
}

/* The path of the i-th route that takes JSON; NULL behind the last. */
static const char *route_path(int i) {
  const char *path;
  json_t *item;
  json_object_foreach(json_object_get(document, "paths"), path,
                      item) if (json_object_get(item, "post") && i-- == 0) return path;
  return NULL;
}

enum { ROUTES = sizeof routes / sizeof *routes };

static void post_bytes(const char *path, const char *body, size_t length, struct answer *answer) {
  struct client_request request = {
      .target = path, .body = body, .body_length = length, .headers = {"Content-Type: application/json"}};
  client_send(served.port, &request, answer);
}

/* A 400 that says where in the body: "line 1, column 3 (byte 2)". */
static void expect_malformed(const char *path, const char *body, size_t length) {
  struct answer answer;
  unsigned line, column, byte;
  post_bytes(path, body, length, &answer);
  ck_assert_msg(answer.status == 400, "%s: %ld to %.80s", path, answer.status, body);
  const char *place = strstr(answer.body, "line ");
  ck_assert_msg(place && sscanf(place, "line %u, column %u (byte %u)", &line, &column, &byte) == 3 && byte <= length,
                "%s: no place in %s", path, answer.body);
  answer_release(&answer);
}

#define BODY(text) \
  { text, sizeof(text) - 1 }

START_TEST(what_is_no_json) {
  if (effort_skips(_i)) return;
  static const struct {
    const char *text;
    size_t length;
  } bodies[] = {
      BODY(" "),
      BODY("{"),
      BODY("{\"model\":\"zoo\",}"),
      BODY("{\"model\":\"zoo\"} x"),
      BODY("{\"model\":\"zoo\"}\0"),
      BODY("\xef\xbb\xbf{}"),
      BODY("{\"model\":\"zoo\",\"model\":\"zoo\"}"),
      BODY("{\"model\":\"zoo\",\"mod\\u0065l\":\"zoo\"}"),
      BODY("{\"model\":\"a\\u0000b\"}"),
      BODY("{\"mod\\u0000el\":\"a\"}"),
      BODY("{\"model\":\"\xff\"}"),
      BODY("{\"model\":\"\xc0\x80\"}"),
      BODY("{\"model\":\"\xed\xa0\x80\"}"),
      BODY("{\"model\":\"\xf4\x90\x80\x80\"}"),
      BODY("{\"model\":\"\\ud834\"}"),
      BODY("{\"model\":\"\\udd1e\"}"),
      BODY("{\"k\":1e999}"),
      BODY("{\"k\":-1e999}"),
      BODY("{\"k\":99999999999999999999}"),
      BODY("{\"k\":-99999999999999999999}"),
      BODY("{\"k\":NaN}"),
  };
  const char *path = route_path(_i);
  for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) expect_malformed(path, bodies[i].text, bodies[i].length);
  char deep[256] = "{\"model\":";
  size_t used = strlen(deep);
  memset(deep + used, '[', 64);
  memset(deep + used + 64, ']', 64);
  strcpy(deep + used + 128, "}");
  expect_malformed(path, deep, strlen(deep));
}
END_TEST

/* A list of words that is long enough to be read word by word, and ends in something bad. */
START_TEST(what_is_no_json_behind_a_long_list) {
  if (effort_skips(_i)) return;
  static const char *const tails[] = {"\"\\ud800\"]}",
                                      "\"\xff\"]}",
                                      "\"\\u0000\"]}",
                                      "\"a\"],\"words\":[]}",
                                      "\"a\"],\"input\":[],\"input\":[]}",
                                      "\"a\"]} x",
                                      "\"a\",]}",
                                      "\"a\"]",
                                      "1e999]}"};
  enum { WORDS = 2000 };
  static char body[WORDS * 8 + 256];
  const char *path = route_path(_i), *name = is_own(path) ? "words" : "input";
  for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
    size_t used = (size_t)sprintf(body, "{\"%s\":[", name);
    for (size_t n = 0; n < WORDS; n++) used += (size_t)sprintf(body + used, "\"cat\",");
    used += (size_t)sprintf(body + used, "%s", tails[i]);
    if (strcmp(name, "input") == 0 && strstr(tails[i], "\"words\"")) continue; /* no key comes twice */
    if (strcmp(path, "/matrix") == 0 && strstr(tails[i], "1e999")) continue; /* its words are read until one is none */
    expect_malformed(path, body, used);
  }
}
END_TEST

static const json_t *resolved(const json_t *schema) {
  const char *reference = json_string_value(json_object_get(schema, "$ref"));
  return reference ? json_at(document, reference + 1) : schema;
}

/* Adds the names of a schema's properties to the object, through references and alternatives. */
static void add_properties(const json_t *schema, json_t *names) {
  static const char *const ways[] = {"allOf", "anyOf", "oneOf"};
  const char *name;
  json_t *value;
  size_t i;
  const json_t *whole = resolved(schema);
  json_object_foreach(json_object_get(whole, "properties"), name, value) json_object_set_new(names, name, json_true());
  for (size_t way = 0; way < 3; way++)
    json_array_foreach(json_object_get(whole, ways[way]), i, value) add_properties(value, names);
}

/* An object is the wrong type for every parameter there is. */
START_TEST(wrong_types) {
  if (effort_skips(_i)) return;
  const char *path = route_path(_i), *name;
  const json_t *operation = json_object_get(json_object_get(json_object_get(document, "paths"), path), "post");
  json_t *names = json_object(), *value;
  add_properties(json_object_get(json_object_get(json_object_get(json_object_get(operation, "requestBody"), "content"),
                                                 "application/json"),
                                 "schema"),
                 names);
  ck_assert_uint_gt(json_object_size(names), 3);
  json_object_foreach(names, name, value) {
    if (strcmp(name, "queries") == 0) continue; /* it takes the place of others, see below */
    json_t *body = good_body(path);
    json_object_set_new(body, name, json_pack("{s:s}", "no", "such"));
    char *text = json_dumps(body, JSON_COMPACT), pointer[128];
    struct answer answer;
    client_post(served.port, path, text, &answer);
    snprintf(pointer, sizeof pointer, is_own(path) ? "\"pointer\":\"#" : "\"param\":\"%s", name);
    ck_assert_msg(answer.status == (is_own(path) ? 422 : 400), "%s %s: %ld %s", path, text, answer.status, answer.body);
    ck_assert_msg(strstr(answer.body, pointer) != NULL, "%s %s: %s", path, text, answer.body);
    answer_release(&answer);
    free(text);
    json_decref(body);
  }
  json_decref(names);
}
END_TEST

START_TEST(parameters_that_are_not_known) {
  if (effort_skips(_i)) return;
  const char *path = route_path(_i);
  json_t *body = good_body(path);
  json_object_set_new(body, "no_such", json_integer(1));
  char *text = json_dumps(body, JSON_COMPACT);
  struct answer answer;
  client_post(served.port, path, text, &answer);
  /* OpenAI's clients send what only some servers know. */
  ck_assert_msg(answer.status == (is_own(path) ? 400 : 200), "%s: %ld", path, answer.status);
  answer_release(&answer);
  free(text);
  json_decref(body);
}
END_TEST

/* Values that JSON allows and no request means, each with its place. */
START_TEST(impossible_values) {
  static const struct {
    const char *path, *body, *pointer;
  } cases[] = {
      {"/neighbors", "{\"word\":\"cat\",\"k\":0}", "#/k"},
      {"/neighbors", "{\"word\":\"cat\",\"k\":-1}", "#/k"},
      {"/neighbors", "{\"word\":\"cat\",\"k\":1.5}", "#/k"},
      {"/neighbors", "{\"word\":\"cat\",\"k\":\"3\"}", "#/k"},
      {"/neighbors", "{\"word\":\"cat\",\"k\":9223372036854775807}", "#/k"},
      {"/neighbors", "{\"vector\":[1,2,3,4]}", "#/vector"},
      {"/neighbors", "{\"vector\":[1,2,3,4,5,6]}", "#/vector"},
      {"/neighbors", "{\"vector\":[]}", "#/vector"},
      {"/neighbors", "{\"vector\":[0,0,0,0,-0.0]}", "#/vector"},
      {"/neighbors", "{\"vector\":[1,2,3,4,\"5\"]}", "#/vector/4"},
      {"/neighbors", "{\"vector\":[1,2,3,4,null]}", "#/vector/4"},
      {"/neighbors", "{\"vector\":[1,2,3,4,1e39]}", "#/vector/4"},
      {"/neighbors", "{\"index\":-1}", "#/index"},
      {"/neighbors", "{\"index\":0.5}", "#/index"},
      {"/neighbors", "{\"index\":30}", "#/index"},
      {"/neighbors", "{\"queries\":[{\"word\":\"cat\"},{\"word\":\"cat\",\"k\":0}]}", "#/queries/1/k"},
      {"/neighbors", "{\"queries\":[{\"vector\":[1]}]}", "#/queries/0/vector"},
      {"/neighbors", "{\"queries\":[[]]}", "#/queries/0"},
      {"/neighbors", "{\"queries\":7}", "#/queries"},
      {"/lookup", "{\"indices\":[0,-1]}", "#/indices/1"},
      {"/lookup", "{\"indices\":[1.5]}", "#/indices/0"},
      {"/lookup", "{\"indices\":[1.0e0]}", "#/indices/0"},
      {"/lookup", "{\"indices\":[[0],[1,30]]}", "#/indices/1/1"},
      {"/lookup", "{\"indices\":[[0],1]}", "#/indices/1"},
      {"/lookup", "{\"indices\":[true]}", "#/indices/0"},
      {"/lookup", "{\"indices\":\"0\"}", "#/indices"},
      {"/lookup", "{\"indices\":[1],\"pad_index\":-1}", "#/pad_index"},
      {"/vectors", "{\"words\":[\"cat\",null]}", "#/words/1"},
      {"/vectors", "{\"words\":[[\"cat\"],[7]]}", "#/words/1/0"},
      {"/mean", "{\"words\":[\"cat\"],\"weights\":[1e39]}", "#/weights"},
      {"/rank", "{\"word\":\"cat\",\"other\":[]}", "#/other"},
      {"/matrix", "{\"words\":[\"cat\",[\"dog\"]]}", "#/words/1"},
      {"/closer-than", "{\"word\":\"cat\",\"than\":\"dog\",\"limit\":0}", "#/limit"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct answer answer;
    client_post(served.port, cases[i].path, cases[i].body, &answer);
    ck_assert_msg(answer.status == 422, "%s: %ld %s", cases[i].body, answer.status, answer.body);
    json_t *problem = expect_problem(&answer, 422, "invalid_request");
    expect_error_at(problem, cases[i].pointer);
    json_decref(problem);
    answer_release(&answer);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/json_routes", &tcase);
  tcase_add_loop_test(tcase, what_is_no_json, 0, ROUTES);
  tcase_add_loop_test(tcase, what_is_no_json_behind_a_long_list, 0, ROUTES);
  tcase_add_loop_test(tcase, wrong_types, 0, ROUTES);
  tcase_add_loop_test(tcase, parameters_that_are_not_known, 0, ROUTES);
  tcase_add_test(tcase, impossible_values);
  scratch_open();
  fixture_zoo(&zoo);
  daemon_prepare(&served);
  suite_import(&served, "zoo", &zoo);
  daemon_start(&served, NULL);
  daemon_await_ready(&served, 200);
  struct answer answer;
  client_get(served.port, "/openapi.json", &answer);
  document = json_loads(answer.body, 0, NULL);
  answer_release(&answer);
  /* Each of them is in the table above, or good_body() says which is not. */
  if (route_path(ROUTES - 1) == NULL || route_path(ROUTES) != NULL) support_fail("%d routes do not take JSON", ROUTES);
  int failed = suite_run(suite);
  json_decref(document);
  daemon_stop(&served);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
