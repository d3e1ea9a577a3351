/* Refusals on the paths of other services, wherever they come from, in the shapes that those services' clients read:
 * from handlers, and from what is refused before a handler or even a route is found. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct daemon served;
static struct fixture zoo;

enum { BODY_LIMIT = 1 << 20 };

/* A refusal of OpenAI's: `code` and `param` may be NULL, for null and for whatever it is. */
static void expect_openai(const struct answer *answer, long status, const char *code, const char *param) {
  char type[64];
  ck_assert_msg(answer->status == status, "%ld %s", answer->status, answer->body);
  ck_assert(answer_header(answer, "Content-Type", type, sizeof type));
  ck_assert_str_eq(type, "application/json");
  json_t *root = json_loadb(answer->body, answer->length, JSON_REJECT_DUPLICATES, NULL);
  ck_assert_uint_eq(json_object_size(root), 1);
  ck_assert_uint_eq(json_object_size(json_at(root, "/error")), 4);
  expect_text(root, "/error/type", status < 500 ? "invalid_request_error" : "server_error");
  expect_text(root, "/error/code", code);
  ck_assert_uint_gt(json_string_length(json_at(root, "/error/message")), 0);
  if (param)
    expect_text(root, "/error/param", param);
  else
    expect_null(root, "/error/param");
  json_decref(root);
}

static void refused(const struct client_request *request, long status, const char *code, const char *param) {
  struct answer answer;
  client_send(served.port, request, &answer);
  expect_openai(&answer, status, code, param);
  answer_release(&answer);
}

static void post_refused(const char *body, long status, const char *code, const char *param) {
  struct client_request request = {.target = "/v1/embeddings",
                                   .body = body,
                                   .body_length = strlen(body),
                                   .headers = {"Content-Type: application/json"}};
  refused(&request, status, code, param);
}

START_TEST(openai_paths_and_methods) {
  static const char *const paths[] = {"/v1/", "/v1/chat/completions", "/v1/embeddings/", "/v1/no%20such"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    refused(&(struct client_request){.target = paths[i]}, 404, "unknown_url", NULL);
  refused(&(struct client_request){.target = "/v1/embeddings"}, 405, "method_not_allowed", NULL);
  struct answer answer;
  client_send(served.port, &(struct client_request){.method = "DELETE", .target = "/v1/models/zoo"}, &answer);
  char allow[64];
  ck_assert(answer_header(&answer, "Allow", allow, sizeof allow));
  ck_assert_str_eq(allow, "GET, HEAD");
  expect_openai(&answer, 405, "method_not_allowed", NULL);
  answer_release(&answer);
  refused(&(struct client_request){.target = "/v1/models/nosuch"}, 404, "model_not_found", NULL);
}
END_TEST

START_TEST(openai_bodies) {
  post_refused("{\"model\":\"zoo\",\"input\":", 400, "malformed_request", NULL);
  post_refused("[]", 400, "invalid_request", NULL);
  post_refused("{\"model\":\"zoo\"}", 400, "invalid_request", "input");
  post_refused("{\"input\":\"cat\"}", 400, "invalid_request", "model");
  post_refused("{\"input\":\"cat\",\"model\":\"nosuch\"}", 404, "model_not_found", NULL);
  post_refused("{\"input\":[[0],[1,99]],\"model\":\"zoo\"}", 400, "invalid_request", "input[1][1]");
  /* An unknown word is no 404 here, and nobody looks for its spellings. */
  post_refused("{\"input\":[\"cat\",\"caat\"],\"model\":\"zoo\",\"oov\":\"error\"}", 400, "invalid_request",
               "input[1]");
  struct client_request request = {
      .target = "/v1/embeddings", .body = "{}", .body_length = 2, .headers = {"Content-Type: text/plain"}};
  refused(&request, 415, "unsupported_media_type", NULL);
}
END_TEST

START_TEST(openai_sizes) {
  static const bool chunked[] = {false, true};
  size_t length = 4 * BODY_LIMIT;
  char *body = malloc(length);
  ck_assert_ptr_nonnull(body);
  memset(body, ' ', length);
  for (size_t i = 0; i < 2; i++) {
    struct client_request request = {.target = "/v1/embeddings",
                                     .body = body,
                                     .body_length = length,
                                     .chunked = chunked[i],
                                     .headers = {"Content-Type: application/json"}};
    refused(&request, 413, "body_too_large", NULL);
  }
  memcpy(body, "/v1/models/", strlen("/v1/models/"));
  memset(body + strlen("/v1/models/"), 'm', 9000);
  body[9000] = '\0';
  refused(&(struct client_request){.target = body}, 414, "url_too_long", NULL);
  free(body);
}
END_TEST

/* What the original ignores: parameters, a query string beside the body, Accept. */
START_TEST(openai_ignores) {
  struct client_request request = {
      .target = "/v1/embeddings?api-version=2024",
      .body = "{\"input\":\"cat\",\"model\":\"zoo\",\"user\":\"me\",\"dimensions\":null}",
      .headers = {"Content-Type: application/json", "Authorization: Bearer none", "Accept: text/event-stream"}};
  request.body_length = strlen(request.body);
  struct answer answer;
  client_send(served.port, &request, &answer);
  json_t *root = expect_answer(&answer, 200);
  expect_floats(root, "/data/0/embedding", fixture_row(&zoo, ZOO_CAT), ZOO_DIM);
  json_decref(root);
  answer_release(&answer);
}
END_TEST

START_TEST(openai_models) {
  json_t *list = get_json(served.port, 200, "/v1/models");
  expect_text(list, "/object", "list");
  expect_length(list, "/data", 1);
  expect_text(list, "/data/0/id", "zoo");
  json_t *model = get_json(served.port, 200, "/v1/models/zoo?x=1");
  ck_assert(json_equal(json_at(list, "/data/0"), model));
  json_decref(model);
  json_decref(list);
}
END_TEST

/* The other routes know nothing of it. */
START_TEST(others_stay_as_they_are) {
  json_decref(get_problem(served.port, 404, "route_not_found", "/v1"));
  json_decref(get_problem(served.port, 404, "route_not_found", "/word2vec"));
  json_decref(post_problem(served.port, 400, "unknown_parameter", "/lookup", "{\"indices\":[0],\"user\":\"me\"}"));
  json_decref(post_problem(served.port, 422, "invalid_request", "/lookup", "{\"indices\":null}"));
}
END_TEST

START_TEST(word2vec_paths) {
  static const char *const paths[] = {"/word2vec/", "/word2vec/nosuch"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    struct answer answer;
    client_get(served.port, paths[i], &answer);
    ck_assert_int_eq(answer.status, 404);
    json_t *root = json_loadb(answer.body, answer.length, 0, NULL);
    ck_assert_uint_eq(json_object_size(root), 1);
    ck_assert_uint_gt(json_string_length(json_at(root, "/message")), 0);
    json_decref(root);
    answer_release(&answer);
  }
}
END_TEST

/* The answer to a GET as any JSON value, the caller's. */
static json_t *word2vec_value(const char *target) {
  struct answer answer;
  char type[64];
  client_get(served.port, target, &answer);
  ck_assert_msg(answer.status == 200, "%s: %ld %s", target, answer.status, answer.body);
  ck_assert(answer_header(&answer, "Content-Type", type, sizeof type));
  ck_assert_str_eq(type, "application/json");
  json_t *value = json_loadb(answer.body, answer.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
  ck_assert_msg(value != NULL, "%s: %s", target, answer.body);
  answer_release(&answer);
  return value;
}

START_TEST(word2vec_answers) {
  static const struct {
    const char *target;
    json_type type;
  } cases[] = {{"/word2vec/similarity?w1=left&w2=right&verbose=1", JSON_REAL},
               {"/word2vec/n_similarity?ws1=cat&ws1=dog&ws2=king&ws2=nosuch", JSON_REAL},
               {"/word2vec/most_similar?positive=king&positive=woman&negative=man&topn=3", JSON_ARRAY},
               {"/word2vec/model?word=cat", JSON_STRING},
               {"/word2vec/model?word=nosuch", JSON_NULL},
               {"/word2vec/model_word_set", JSON_ARRAY}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    json_t *value = word2vec_value(cases[i].target);
    ck_assert_msg(json_typeof(value) == cases[i].type, "%s", cases[i].target);
    if (cases[i].type == JSON_REAL && i == 0) ck_assert_double_eq(json_real_value(value), 1);
    json_decref(value);
  }
}
END_TEST

START_TEST(word2vec_refusals) {
  static const struct {
    const char *method, *target;
    long status;
    const char *named; /* a parameter; NULL: the message is a sentence */
  } cases[] = {{"GET", "/word2vec/similarity?w1=cat", 400, "w2"},
               {"GET", "/word2vec/most_similar?positive=cat&topn=ten", 400, "topn"},
               {"GET", "/word2vec/similarity?w1=cat&w2=caat", 404, NULL},
               {"GET", "/word2vec/model?word=cat&model=nosuch", 404, NULL},
               {"POST", "/word2vec/model?word=cat", 405, NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct answer answer;
    client_send(served.port, &(struct client_request){.method = cases[i].method, .target = cases[i].target}, &answer);
    ck_assert_msg(answer.status == cases[i].status, "%s: %ld", cases[i].target, answer.status);
    json_t *root = json_loadb(answer.body, answer.length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *message = json_object_get(root, "message");
    ck_assert_uint_eq(json_object_size(root), 1);
    if (cases[i].named)
      ck_assert_uint_gt(json_string_length(json_object_get(message, cases[i].named)), 0);
    else
      ck_assert_uint_gt(json_string_length(message), 0);
    json_decref(root);
    answer_release(&answer);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/dialects", &tcase);
  tcase_add_test(tcase, openai_paths_and_methods);
  tcase_add_test(tcase, openai_bodies);
  tcase_add_test(tcase, openai_sizes);
  tcase_add_test(tcase, openai_ignores);
  tcase_add_test(tcase, openai_models);
  tcase_add_test(tcase, others_stay_as_they_are);
  tcase_add_test(tcase, word2vec_paths);
  tcase_add_test(tcase, word2vec_answers);
  tcase_add_test(tcase, word2vec_refusals);
  return suite_main_with_zoo(suite, &served, &zoo);
}
