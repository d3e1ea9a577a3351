/* Three small models in a scratch folder, and what must hold of any answer and any refusal. */
#include "tests/support/fuzz_service.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/api.h"
#include "server/etag.h"
#include "server/respond.h"
#include "store/import/import.h"
#include "store/matrix/subwords_map.h"
#include "store/matrix/writer.h"
#include "store/npy_header.h"
#include "store/utf8.h"
#include "tests/support/fixture.h"
#include "tests/support/scratch.h"

enum { GRAMS_DIM = 3, LINKED_ROWS = 120, LINKED_DIM = 4 };

void fuzz_demand(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "broken: %s\n", what);
  abort();
}

/* Writes a model; with n-grams unless they are NULL. */
static void write_model(const char *store, const char *name, const struct fixture *matrix,
                        const struct subwords *subwords) {
  const struct writer_origin origin = {.source = "made", .source_format = subwords ? "fasttext-bin" : "glove"};
  struct writer *writer;
  struct problem problem;
  uint64_t size;
  uint32_t row;
  char digest[33];
  fuzz_demand(writer_open(store, name, false, &problem, &writer) == STATUS_OK, "a model can be written");
  for (size_t i = 0; i < matrix->rows; i++) {
    struct word word = {matrix->words[i].bytes, matrix->words[i].length};
    fuzz_demand(
        writer_add(writer, word, matrix->floats + i * matrix->dim, (uint32_t)matrix->dim, &problem, &row) == STATUS_OK,
        "a row is added");
  }
  if (subwords) fuzz_demand(writer_add_subwords(writer, subwords, &problem) == STATUS_OK, "n-grams are added");
  fuzz_demand(writer_finish(writer, &origin, 1, &problem, &size, digest) == STATUS_OK, "a model is whole");
  writer_close(writer);
}

static void write_grams(const char *store) {
  static float floats[][GRAMS_DIM] = {{1, 2, 3}, {-4, 5, 6}, {7, 0.5f, -1}};
  static const struct fixture_word words[] = {{"cat", 3}, {"<unk>", 5}, {"Dog", 3}};
  static const float gram[4] = {0.5f, -2, 8, 0};
  static const float *const slab[] = {gram};
  const struct fixture matrix = {.rows = 3, .dim = GRAMS_DIM, .words = words, .floats = &floats[0][0]};
  struct subwords subwords = {.min = 3, .max = 4, .buckets = 1, .dim = GRAMS_DIM, .count = 1, .slabs = slab};
  subwords_shape(&subwords);
  write_model(store, "grams", &matrix, &subwords);
}

static void write_linked(const char *store) {
  char path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  struct import_report report;
  scratch_path(path, "linked.txt");
  FILE *file = fopen(path, "w");
  fuzz_demand(file != NULL, "a scratch file can be written");
  for (int row = 0; row < LINKED_ROWS; row++) {
    fprintf(file, "w%d", row);
    for (int i = 0; i < LINKED_DIM; i++) fprintf(file, " %d", (row * 37 + i * i * 11 + row * i * 5) % 101 - 50);
    fputc('\n', file);
  }
  fclose(file);
  struct import_options options = {.path = path, .store = store, .graph_rows = 1, .threads = 1};
  fuzz_demand(import_run(&options, &problem, &report) == STATUS_OK, "linked is imported");
}

static void say_nothing(void *context, bool failed, const char *model, const char *text) {
  (void)context;
  (void)model;
  fuzz_demand(!failed, text);
}

static struct service service;

static void close_service(void) {
  scanner_free(service.scanner);
  catalog_free(service.catalog);
  joins_free(service.joins);
  scratch_close();
}

static void open_service(void) {
  char store[SCRATCH_PATH_MAX];
  struct fixture zoo;
  scratch_open();
  scratch_folder(store, "store");
  fixture_zoo(&zoo);
  write_model(store, "zoo", &zoo, NULL);
  fixture_release(&zoo);
  write_grams(store);
  write_linked(store);
  service.kernel = kernel_best();
  service.default_model = "zoo";
  service.limits = (struct limits){.body_bytes = 1 << 16,
                                   .matrix_words = 50,
                                   .matrix_body_bytes = 1 << 16,
                                   .answer_floats = 1 << 12,
                                   .batch_queries = 50,
                                   .k = 100,
                                   .json_depth = 64,
                                   .url_bytes = 8192,
                                   .query_arguments = 64,
                                   .words = 50,
                                   .parsing_bytes = 4 << 20,
                                   .answer_bytes = 1 << 20};
  service_set_budgets(&service);
  fuzz_demand(scanner_new(service.kernel, 1, 8, &service.scanner) == STATUS_OK, "a scanner is made");
  fuzz_demand(joins_new(1 << 20, 0, join_new, &service.joins) == STATUS_OK, "joins are made");
  fuzz_demand(catalog_new(store, 1, &service.catalog) == STATUS_OK, "a catalog is made");
  catalog_refresh(service.catalog, false, say_nothing, NULL);
  atexit(close_service);
}

struct service *fuzz_service(void) {
  static bool open;
  if (!open) open_service();
  open = true;
  return &service;
}

const struct route *fuzz_route(unsigned methods, const uint8_t **data, size_t *size) {
  char path[64];
  const char *rest;
  const uint8_t *end = memchr(*data, '\n', *size);
  size_t length = end ? (size_t)(end - *data) : sizeof path;
  if (length >= sizeof path || memchr(*data, '\0', length)) return NULL;
  memcpy(path, *data, length);
  path[length] = '\0';
  *data += length + 1;
  *size -= length + 1;
  const struct route *route = route_find(path, &rest);
  return route && (route->methods & methods) == methods ? route : NULL;
}

void fuzz_choose(struct call *call, unsigned choice) {
  static const char *const accepts[] = {NULL,
                                        "application/json",
                                        "application/x-npy",
                                        "application/octet-stream",
                                        "application/x-npy;q=0.5, */*;q=0.1",
                                        "text/html",
                                        "",
                                        "*/*"};
  call->accept = accepts[choice % 8];
  call->hurried = choice & 8;
  call->suggest = choice & 16;
}

static void judge_json(const struct bytes *body) {
  json_error_t error;
  json_t *root = json_loadb((const char *)body->data, body->length,
                            JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
  if (!root) fprintf(stderr, "%s in: %.*s\n", error.text, (int)body->length, (const char *)body->data);
  fuzz_demand(root != NULL, "an answer of that type is JSON");
  json_decref(root);
}

static void judge_npy(const struct bytes *body) {
  struct npy_header header;
  fuzz_demand(npy_header_read(body->data, body->length, NULL, &header) == STATUS_OK, "an answer of that type is .npy");
  fuzz_demand(header.total_bytes == body->length, "its shape is its length");
}

static void judge_octets(const struct reply *reply) {
  uint64_t count = 1;
  fuzz_demand(reply->shape[0] != '\0' && reply->dtype, "bare floats have a shape and a type");
  for (const char *at = reply->shape; *at;) {
    char *end;
    count *= strtoull(at, &end, 10);
    fuzz_demand(end > at && (*end == ',' || *end == '\0'), "a shape is numbers and commas");
    at = *end ? end + 1 : end;
  }
  fuzz_demand(count * (strcmp(reply->dtype, "float64") == 0 ? 8 : 4) == reply->body.length, "a shape is the length");
}

static void judge_reply(struct reply *reply) {
  if (reply->stream) {
    fuzz_demand(stream_append(reply->stream, &reply->body) == STATUS_OK, "a stream gives all of its body");
    uint64_t promised = reply->stream->source.length;
    fuzz_demand(promised == STREAM_LENGTH_UNKNOWN || promised == reply->body.length, "a stream is as long as it said");
  }
  if (strcmp(reply->content_type, "application/json") == 0)
    judge_json(&reply->body);
  else if (strcmp(reply->content_type, "application/x-npy") == 0)
    judge_npy(&reply->body);
  else if (strcmp(reply->content_type, "application/octet-stream") == 0)
    judge_octets(reply);
  fuzz_demand(reply->http_status == 200 || reply->http_status == 503, "a reply is a 200, or says that it is not ready");
}

static void judge_refusal(const struct refusal *refusal, enum dialect dialect) {
  char *text = respond_refusal_text(refusal, dialect);
  fuzz_demand(refusal->kind < REFUSAL_COUNT && refusal->kind != REFUSAL_INTERNAL, "no request is a failure inside");
  fuzz_demand(refusal->detail[0] != '\0', "a refusal says why");
  fuzz_demand(text != NULL, "a refusal has a text");
  json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
  if (!root) fprintf(stderr, "in: %s\n", text);
  fuzz_demand(json_is_object(root), "a refusal is JSON");
  json_decref(root);
  free(text);
}

/* Who has the answer already is told so. */
static void ask_again(const struct route *route, struct call call, const struct reply *had) {
  struct reply reply = {.http_status = 200, .content_type = "application/json"};
  struct refusal refusal;
  char tag[ETAG_SIZE];
  memcpy(tag, had->etag, sizeof tag);
  uint64_t length = had->stream ? had->stream->source.length : had->body.length;
  etag_add_length(tag, length);
  call.if_none_match = tag;
  call.hurried = call.asks_only = true;
  bytes_init_within(&reply.body, service.answers.limit, &service.answers);
  bool done = api_answer(route->handle, &call, &reply, &refusal);
  fuzz_demand(done && reply.http_status == 304 && reply.length == length, "its tag stands for an answer");
  fuzz_demand(!reply.stream && reply.body.length == 0, "a 304 has no body");
  bytes_release(&reply.body);
}

void fuzz_answer(const struct route *route, struct call *call) {
  struct reply reply = {.http_status = 200, .content_type = "application/json"};
  struct refusal refusal;
  call->service = fuzz_service();
  call->dialect = route_dialect(route->path);
  bytes_init_within(&reply.body, service.answers.limit, &service.answers);
  bool done = api_answer(route->handle, call, &reply, &refusal);
  if (done && reply.etag[0] && !call->has_body) ask_again(route, *call, &reply);
  if (done)
    judge_reply(&reply);
  else if (reply.postponed)
    fuzz_demand(call->hurried, "only what is in a hurry is postponed");
  else
    judge_refusal(&refusal, call->dialect);
  stream_free(reply.stream);
  bytes_release(&reply.body);
  fuzz_demand(atomic_load(&service.parsing.used) == 0 && atomic_load(&service.answers.used) == 0,
              "all memory is given back");
}
