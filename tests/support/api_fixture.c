/* What HTTP would do for a handler, done by hand: arguments, a body, a buffer for the answer. */
#include "tests/support/api_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/matrix/writer.h"

void api_fixture_write(const char *store, const char *name, const struct fixture *matrix) {
  const struct writer_origin origin = {.source = "zoo.txt", .source_format = "glove", .imported_at = 86400 + 3723};
  struct writer *writer;
  struct problem problem = {0};
  uint64_t size;
  char digest[33];
  ck_assert_msg(writer_open(store, name, true, &problem, &writer) == STATUS_OK, "%s", problem.text);
  for (size_t i = 0; i < matrix->rows; i++) {
    struct word word = {matrix->words[i].bytes, matrix->words[i].length};
    uint32_t row;
    ck_assert_int_eq(writer_add(writer, word, fixture_row(matrix, i), (uint32_t)matrix->dim, &problem, &row),
                     STATUS_OK);
  }
  ck_assert_msg(writer_finish(writer, &origin, 1, &problem, &size, digest) == STATUS_OK, "%s", problem.text);
  writer_close(writer);
}

void api_fixture_open(struct api_fixture *fixture) {
  *fixture = (struct api_fixture){0};
  fixture_zoo(&fixture->zoo);
  scratch_folder(fixture->store, "store");
  api_fixture_write(fixture->store, "zoo", &fixture->zoo);
  fixture->service.kernel = kernel_best();
  fixture->service.limits = (struct limits){.body_bytes = 1 << 20,
                                            .matrix_words = 1000000,
                                            .matrix_body_bytes = 32 << 20,
                                            .answer_floats = 4194304,
                                            .batch_queries = 1000,
                                            .k = 1000,
                                            .json_depth = 64,
                                            .url_bytes = 8192,
                                            .query_arguments = 256,
                                            .words = 1000,
                                            .parsing_bytes = 256 << 20,
                                            .answer_bytes = 512 << 20,
                                            .connections = 1000,
                                            .search_threads = 2,
                                            .search_batch = 32,
                                            .search_queue = 1024,
                                            .search_timeout_seconds = 10,
                                            .timeout_seconds = 30};
  service_set_budgets(&fixture->service);
  fixture->call.suggest = true;
  ck_assert_int_eq(scanner_new(fixture->service.kernel, 2, 32, &fixture->service.scanner), STATUS_OK);
  ck_assert_int_eq(joins_new(1 << 20, 0, join_new, &fixture->service.joins), STATUS_OK);
  ck_assert_int_eq(catalog_new(fixture->store, 1, &fixture->service.catalog), STATUS_OK);
  api_fixture_look(fixture);
}

void api_fixture_close(struct api_fixture *fixture) {
  bytes_release(&fixture->reply.body);
  stream_free(fixture->reply.stream);
  scanner_free(fixture->service.scanner);
  catalog_free(fixture->service.catalog);
  joins_free(fixture->service.joins);
  free(fixture->zoo.floats);
  scratch_remove(fixture->store);
}

static void say_nothing(void *context, bool failed, const char *model, const char *text) {
  (void)context;
  ck_assert_msg(!failed, "%s: %s", model, text);
}

void api_fixture_look(struct api_fixture *fixture) {
  catalog_refresh(fixture->service.catalog, false, say_nothing, NULL);
}

/* Decodes up to one of the bytes in `ends` into `to`, terminated; returns where it stopped. */
static const char *decode(const char *from, const char *ends, char *to, size_t *length) {
  char *start = to;
  while (*from && !strchr(ends, *from)) {
    unsigned byte;
    if (*from == '%' && sscanf(from + 1, "%2x", &byte) == 1) {
      *to++ = (char)byte;
      from += 3;
    } else {
      *to++ = *from == '+' ? ' ' : *from;
      from++;
    }
  }
  *to = '\0';
  *length = (size_t)(to - start);
  return from;
}

void api_fixture_query(struct api_fixture *fixture, const char *query) {
  char *to = fixture->decoded;
  size_t count = 0, length;
  ck_assert_uint_lt(strlen(query) * 2, sizeof fixture->decoded);
  while (*query) {
    ck_assert_uint_lt(count, API_FIXTURE_ARGUMENTS);
    struct argument *argument = &fixture->arguments[count++];
    argument->name = to;
    query = decode(query, "=&", to, &length);
    to += length + 1;
    query += *query == '=';
    argument->value = to;
    query = decode(query, "&", to, &argument->length);
    to += argument->length + 1;
    query += *query == '&';
  }
  fixture->call.has_body = false;
  fixture->call.body_kind = BODY_JSON;
  fixture->call.arguments = fixture->arguments;
  fixture->call.argument_count = count;
}

void api_fixture_array(struct api_fixture *fixture, const char *query, const void *bytes, size_t length) {
  api_fixture_query(fixture, query);
  fixture->call.has_body = true;
  fixture->call.body_kind = BODY_NPY;
  fixture->call.body = bytes;
  fixture->call.body_length = length;
}

void api_fixture_body(struct api_fixture *fixture, const char *bytes, size_t length) {
  fixture->call.has_body = true;
  fixture->call.body_kind = BODY_JSON;
  fixture->call.argument_count = 0;
  fixture->call.body = bytes;
  fixture->call.body_length = length;
}

bool api_fixture_call(struct api_fixture *fixture, handler *answer) {
  bytes_release(&fixture->reply.body);
  stream_free(fixture->reply.stream);
  fixture->reply = (struct reply){.http_status = 200};
  struct service *service = &fixture->service;
  bytes_init_within(&fixture->reply.body, service->limits.answer_bytes, &service->answers);
  fixture->call.service = service;
  size_t parsing = atomic_load(&service->parsing.used), answers = atomic_load(&service->answers.used);
  bool done = answer(&fixture->call, &fixture->reply, &fixture->refusal);
  if (!done) bytes_release(&fixture->reply.body);
  /* Whatever the outcome, a call takes nothing of the budgets but for its answer. */
  ck_assert_uint_eq(atomic_load(&service->parsing.used), parsing);
  size_t streamed = fixture->reply.stream ? fixture->reply.stream->taken : 0;
  ck_assert_uint_eq(atomic_load(&service->answers.used), answers + fixture->reply.body.capacity + streamed);
  return done;
}

static json_t *answer_of(struct api_fixture *fixture, handler *answer) {
  ck_assert_msg(api_fixture_call(fixture, answer), "refused: %s", fixture->refusal.detail);
  ck_assert_str_eq(fixture->reply.content_type, "application/json");
  json_t *object = json_loadb((const char *)fixture->reply.body.data, fixture->reply.body.length,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
  ck_assert_int_eq(fixture->reply.body.data[fixture->reply.body.length - 1], '\n');
  ck_assert_msg(object != NULL, "not JSON: %.*s", (int)fixture->reply.body.length, fixture->reply.body.data);
  return object;
}

json_t *api_get(struct api_fixture *fixture, handler *answer, const char *query) {
  api_fixture_query(fixture, query);
  return answer_of(fixture, answer);
}

json_t *api_post(struct api_fixture *fixture, handler *answer, const char *body) {
  api_fixture_body(fixture, body, strlen(body));
  return answer_of(fixture, answer);
}

bool refusal_names(const struct refusal *refusal, const char *pointer) {
  for (size_t i = 0; i < refusal->error_count; i++)
    if (strcmp(refusal->errors[i].pointer, pointer) == 0) return true;
  return false;
}

static void expect_refused(struct api_fixture *fixture, handler *answer, const char *request, enum refusal_kind kind,
                           const char *pointer) {
  ck_assert_msg(!api_fixture_call(fixture, answer), "%s: answered with %.*s", request, (int)fixture->reply.body.length,
                fixture->reply.body.data);
  const struct refusal *refusal = &fixture->refusal;
  ck_assert_msg(refusal->kind == kind, "%s: %s: %s", request, refusal_type_of(refusal->kind)->code, refusal->detail);
  ck_assert_uint_gt(strlen(refusal->detail), 0);
  ck_assert_msg(!pointer || refusal_names(refusal, pointer), "%s: no error at %s: %s", request, pointer,
                refusal->detail);
}

void api_get_refused(struct api_fixture *fixture, handler *answer, const char *query, enum refusal_kind kind,
                     const char *pointer) {
  api_fixture_query(fixture, query);
  expect_refused(fixture, answer, query, kind, pointer);
}

void api_post_refused(struct api_fixture *fixture, handler *answer, const char *body, enum refusal_kind kind,
                      const char *pointer) {
  api_fixture_body(fixture, body, strlen(body));
  expect_refused(fixture, answer, body, kind, pointer);
}
