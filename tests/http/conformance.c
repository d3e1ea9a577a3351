/* What a hostile or broken client may write instead of HTTP/1.1, each over a bare socket: its status, whether the
 * connection ends, and that an answer is one answer, in this service's own form, whoever found the fault. */
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

struct sent {
  const char *text;
  size_t length;
  long status;
};

#define SENT(text, status) \
  { text, sizeof(text) - 1, status }
#define BODY "{\"indices\":[1]}"
#define GET "GET /livez HTTP/1.1\r\nHost: a\r\n"
#define POST "POST /lookup HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define CHUNK_OF(size) CHUNKED size "\r\n" BODY "\r\n0\r\n\r\n"
#define SHORT POST "Content-Length: 15\r\n"

/* A refusal is one problem, and nothing is behind it but the end of the connection. */
static void expect_refused(const struct sent *sent) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send(&raw, sent->text, sent->length);
  ck_assert_msg(raw_answer(&raw, false, &answer), "no answer to: %.300s", sent->text);
  ck_assert_msg(answer.status == sent->status, "%ld, not %ld, to: %.300s", answer.status, sent->status, sent->text);
  json_t *problem = json_loads(answer.body, 0, NULL);
  ck_assert_msg(json_integer_value(json_object_get(problem, "status")) == sent->status, "%s to: %.300s", answer.body,
                sent->text);
  json_decref(problem);
  char type[64] = "";
  ck_assert(answer_header(&answer, "Content-Type", type, sizeof type));
  ck_assert_str_eq(type, "application/problem+json");
  answer_release(&answer);
  ck_assert(raw_closes(&raw));
  ck_assert_msg(raw.length == 0, "more than one answer to: %.300s\n%s", sent->text, raw.buffered);
  raw_close(&raw);
}

/* The answer, and behind it that to another request on the same connection. */
static void expect_answered(const struct sent *sent) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send(&raw, sent->text, sent->length);
  ck_assert_msg(raw_answer(&raw, false, &answer), "no answer to: %.300s", sent->text);
  ck_assert_msg(answer.status == sent->status, "%ld, not %ld, to: %.300s", answer.status, sent->status, sent->text);
  answer_release(&answer);
  raw_send_text(&raw, "GET /vector?word=cat HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  ck_assert_msg(raw_answer(&raw, false, &answer), "no answer behind: %.300s", sent->text);
  json_t *root = expect_answer(&answer, 200);
  expect_integer(root, "/index", ZOO_CAT);
  json_decref(root);
  answer_release(&answer);
  raw_close(&raw);
}

START_TEST(refused_and_closed) {
  static const struct sent requests[] = {
      SENT(POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
      SENT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
      SENT(POST "Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n", 400),
      SENT(POST "Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n", 400),
      SENT(POST "Transfer-Encoding: \x0b"
                "chunked\r\n\r\n0\r\n\r\n",
           400),
      SENT(POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400),
      SENT(POST "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 400),
      SENT(POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 400),
      SENT(POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
      SENT(POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
      SENT(POST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
      SENT(POST "Content-Length: 15 \r\n\r\n" BODY, 400),
      SENT(POST "Content-Length: 1 5\r\n\r\n" BODY, 400),
      SENT(POST "Content-Length: 15,\r\n\r\n" BODY, 400),
      SENT(POST "Content-Length: 1e1\r\n\r\n" BODY, 400),
      SENT(POST "Content-Length: 15.0\r\n\r\n" BODY, 400),
      SENT(POST "Content-Length: 18446744073709551631\r\n\r\n" BODY, 413),
      SENT(POST "Content-Length: 18446744073709551615\r\n\r\n" BODY, 413),
      SENT(CHUNK_OF("0xf"), 400),
      SENT(CHUNK_OF("+f"), 400),
      SENT(CHUNK_OF("-f"), 400),
      SENT(CHUNK_OF(" f"), 400),
      SENT(CHUNK_OF("f "), 400),
      SENT(CHUNK_OF(""), 400),
      SENT(CHUNK_OF(";a"), 400),
      SENT(CHUNK_OF("g"), 400),
      SENT(CHUNK_OF("1000000000000000f"), 413),
      SENT(CHUNKED "f\r\n" BODY "\r0\r\n\r\n", 400),
      SENT(CHUNKED "f\r\n" BODY "0\r\n\r\n", 400),
      SENT(CHUNKED "e\r\n" BODY "\r\n0\r\n\r\n", 400),
      SENT(CHUNKED "f\r" BODY "\r\n0\r\n\r\n", 400),
      SENT(CHUNKED "f\r\n" BODY "\r\n0\r\nnocolon\r\n\r\n", 400),
      SENT("GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      SENT("GET /livez\r\n", 400), /* HTTP/0.9 */
      SENT("GET /livez HTTP\r\nHost: a\r\n\r\n", 400),
      SENT("GET /livez http/1.1\r\nHost: a\r\n\r\n", 400),
      SENT("GET /livez HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
      SENT("GET /livez HTTP/1.10\r\nHost: a\r\n\r\n", 400),
      SENT("GET /livez HTTP/01.1\r\nHost: a\r\n\r\n", 400),
      SENT("GET /livez HTTP/1.x\r\nHost: a\r\n\r\n", 400),
      SENT("GET /livez FTP/1.1\r\nHost: a\r\n\r\n", 400),
      SENT("GET /livez HTTP/1.1\r\r\nHost: a\r\n\r\n", 400),
      SENT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 505), /* the preface of HTTP/2 */
      SENT("GET /livez HTTP/0.9\r\nHost: a\r\n\r\n", 505),
      SENT("GET /li\rvez HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      SENT(GET "X: a\rY: b\r\n\r\n", 400),
      SENT(GET "X: a\0b\r\n\r\n", 400),
      SENT("GET /livez HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
      SENT("GET /livez HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
      SENT("GET /livez HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
      SENT("GET /livez HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
      SENT("GET http://b/livez HTTP/1.1\r\n\r\n", 400), /* the absolute form does not stand for a Host */
      SENT(POST "Content-Length: 15\r\nExpect: 200-ok\r\n\r\n", 417),
      SENT(POST "Content-Length: 15\r\nExpect: 100-continue, x\r\n\r\n", 417),
      SENT(POST "Content-Length: 15\r\nExpect:\r\n\r\n" BODY, 417),
  };
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) expect_refused(&requests[i]);
}
END_TEST

START_TEST(unusual_but_answered) {
  static const struct sent requests[] = {
      SENT(POST "Transfer-Encoding: Chunked\r\n\r\nf\r\n" BODY "\r\n0\r\n\r\n", 200),
      SENT(POST "Transfer-Encoding: \t chunked\r\n\r\nf\r\n" BODY "\r\n0\r\n\r\n", 200),
      SENT(POST "Content-Length: 015\r\n\r\n" BODY, 200),
      SENT(CHUNK_OF("f;a=b;c=\"d\""), 200),
      SENT(CHUNK_OF("000000000000000000000f"), 200),
      SENT(CHUNKED "F\r\n" BODY "\r\n000\r\n\r\n", 200),
      SENT(CHUNKED "f\r\n" BODY "\r\n0\r\nX: y\r\nContent-Length: 3\r\nTransfer-Encoding: gzip\r\n\r\n", 200),
      SENT("\r\n\r\n" GET "\r\n", 200),
      SENT("GET /livez HTTP/1.2\r\nHost: a\r\n\r\n", 200),
      SENT("GET /livez HTTP/1.1\r\nHost:\r\n\r\n", 200),
      SENT("GET /livez HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200),
      SENT("GET HTTP://u:p@b:80/livez HTTP/1.1\r\nHost: a\r\n\r\n", 200),
      SENT("GET https://b/livez HTTP/1.1\r\nHost: a\r\n\r\n", 404),
      SENT("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 404),
      SENT("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 404),
      SENT("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 404),
      SENT("TRACE /livez HTTP/1.1\r\nHost: a\r\n\r\n", 405),
      SENT("get /livez HTTP/1.1\r\nHost: a\r\n\r\n", 405),
      SENT("G@(T /livez HTTP/1.1\r\nHost: a\r\n\r\n", 405),
      SENT("GET /livez#x HTTP/1.1\r\nHost: a\r\n\r\n", 404),
      SENT(GET "Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", 200),
      SENT(GET "Range: bytes=0-,5-0,5-1,5-2\r\n\r\n", 200), /* ranges are not known here */
      SENT(GET "Transfer_Encoding: gzip\r\nContent_Length: 5\r\n\r\n", 200),
      SENT(GET "Content-Length: 5\r\n\r\nabcde", 200), /* thrown away, and not the next request */
      SENT(GET "Transfer-Encoding: chunked\r\n\r\n3\r\nGET\r\n0\r\n\r\n", 200),
      SENT(GET "Cookie: ;;;===\x80\"\r\n\r\n", 200),
      SENT(POST "\r\n", 400), /* no body at all */
      SENT(SHORT "X: 1\r\n\r\n" BODY, 200),
  };
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) expect_answered(&requests[i]);
}
END_TEST

/* Nothing is said to those who do not speak HTTP; they are not kept either. */
START_TEST(closed_without_a_word) {
  static const struct sent requests[] = {
      SENT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 of TLS\n\n", 0),
      SENT("GET\t/livez\tHTTP/1.1\r\nHost: a\r\n\r\n", 0),
  };
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    struct raw raw;
    raw_open(&raw, served.port);
    raw_send(&raw, requests[i].text, requests[i].length);
    ck_assert(raw_closes(&raw));
    raw_close(&raw);
  }
}
END_TEST

static char text[1 << 20];

/* Sends "HEAD" with `count` times `piece`, then `tail`; gives the status, 0 for a connection that closes without a
 * whole answer in this service's form. */
static long status_of(const char *head, size_t count, const char *piece, const char *tail) {
  size_t used = (size_t)sprintf(text, "%s", head);
  for (size_t i = 0; i < count; i++) {
    memcpy(text + used, piece, strlen(piece));
    used += strlen(piece);
  }
  used += (size_t)sprintf(text + used, "%s", tail);
  struct raw raw;
  struct answer answer;
  char type[64] = "";
  raw_open(&raw, served.port);
  raw_send(&raw, text, used);
  long status = raw_answer(&raw, false, &answer) ? answer.status : 0;
  if (status != 0) ck_assert(answer_header(&answer, "Content-Type", type, sizeof type));
  if (status >= 400) ck_assert_str_eq(type, "application/problem+json");
  answer_release(&answer);
  raw_close(&raw);
  return status;
}

/* Whatever takes the connection's memory (long fields, many, arguments, cookies), there is an answer: the good one, and
 * from some size on a 431, never none. */
START_TEST(a_head_that_fills_the_memory) {
  static const struct {
    const char *head, *piece, *tail;
    size_t from, to, step;
    long status; /* of what is too large */
  } floods[] = {
      {GET "X: ", "a", "\r\n\r\n", 29000, 34000, 97, 431},
      {SHORT "X: ", "a", "\r\n\r\n" BODY, 29000, 34000, 197, 431},
      {GET, "X: 1\r\n", "\r\n", 100, 3000, 53, 431},
      {GET "Cookie: a=", "b", "\r\n\r\n", 14000, 34000, 397, 431},
      {GET "Cookie: ", "a=b;", "\r\n\r\n", 100, 3000, 53, 431},
      {"GET /livez?x=", "a", " HTTP/1.1\r\nHost: a\r\n\r\n", 8000, 60000, 2111, 414},
      {"GET /livez?", "&", " HTTP/1.1\r\nHost: a\r\n\r\n", 300, 60000, 2111, 414},
  };
  for (size_t i = 0; i < sizeof floods / sizeof *floods; i++) {
    size_t refused = 0, stride = effort(100) < 100 ? 10 : 1;
    for (size_t n = floods[i].from; n < floods[i].to; n += floods[i].step * stride) {
      long status = status_of(floods[i].head, n, floods[i].piece, floods[i].tail);
      bool too_much = status == floods[i].status || status == 431;
      ck_assert_msg(too_much || (status == 200 && refused == 0) || status == 400, "%ld to %zu of %s", status, n,
                    floods[i].head);
      refused += too_much;
    }
    ck_assert_uint_gt(refused, 0);
  }
}
END_TEST

START_TEST(parts_without_end) {
  ck_assert_int_eq(status_of("", 10000, "G", " /livez HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
  ck_assert_int_eq(status_of("", 40000, "G", " /livez HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
  ck_assert_int_eq(status_of("GET /vector?word=", 400000, "a", " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
  ck_assert_int_eq(status_of(CHUNKED "f;", 4000, "a", "\r\n" BODY "\r\n0\r\n\r\n"), 200);
  ck_assert_int_eq(status_of(CHUNKED "f;", 40000, "a", "\r\n" BODY "\r\n0\r\n\r\n"), 400);
  ck_assert_int_eq(status_of(CHUNKED "f\r\n" BODY "\r\n0\r\n", 20000, "X: y\r\n", "\r\n"), 431);
  ck_assert_int_eq(status_of(CHUNKED, 70000, "1\r\n \r\n", "0\r\n\r\n"), 400); /* a body of spaces, one a chunk */
  ck_assert_int_eq(status_of("", 1000, "\r\n", GET "\r\n"), 200);
}
END_TEST

/* What libmicrohttpd finds is told in the dialect of the path, as all else is. */
START_TEST(in_the_dialect_of_the_path) {
  struct raw raw;
  struct answer answer;
  raw_open(&raw, served.port);
  raw_send_text(&raw, "POST /v1/embeddings HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n");
  ck_assert(raw_answer(&raw, false, &answer));
  json_t *root = expect_answer(&answer, 400);
  ck_assert(json_is_string(json_at(root, "/error/message")));
  json_decref(root);
  answer_release(&answer);
  ck_assert(raw_closes(&raw));
  raw_close(&raw);
}
END_TEST

static void send_method(const char *method, const char *path, struct answer *answer) {
  struct raw raw;
  char request[256];
  raw_open(&raw, served.port);
  snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
           method, path);
  raw_send_text(&raw, request);
  ck_assert_msg(raw_answer(&raw, strcmp(method, "HEAD") == 0, answer), "%s %s: no answer", method, path);
  ck_assert(raw_closes(&raw));
  ck_assert_msg(raw.length == 0, "%s %s: bytes behind the answer", method, path);
  raw_close(&raw);
}

/* "/models/{name}" with a name. */
static const char *path_of(const char *templated, char out[128]) {
  snprintf(out, 128, "%.*s%s", (int)strcspn(templated, "{"), templated, strchr(templated, '{') ? "zoo" : "");
  return out;
}

/* Every path that the OpenAPI document has: HEAD is what GET is, and what is not there is a 405 that lists what is. */
START_TEST(methods_of_every_route) {
  static const char *const others[] = {"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"};
  json_t *document = get_json(served.port, 200, "/openapi.json"), *item;
  const char *templated;
  char path[128], allow[64], wanted[64], type[2][64];
  ck_assert_uint_gt(json_object_size(json_object_get(document, "paths")), 20);
  json_object_foreach(json_object_get(document, "paths"), templated, item) {
    bool get = json_object_get(item, "get") != NULL, post = json_object_get(item, "post") != NULL;
    struct answer answer, head;
    path_of(templated, path);
    send_method("GET", path, &answer);
    send_method("HEAD", path, &head);
    ck_assert_msg(head.status == answer.status, "%s: %ld, and %ld to HEAD", path, answer.status, head.status);
    ck_assert_msg((answer.status == 405) == !get, "GET %s: %ld", path, answer.status);
    ck_assert(answer_header(&answer, "Content-Type", type[0], sizeof type[0]) &&
              answer_header(&head, "Content-Type", type[1], sizeof type[1]));
    ck_assert_str_eq(type[0], type[1]);
    answer_release(&answer);
    answer_release(&head);
    snprintf(wanted, sizeof wanted, "%s%s%s", get ? "GET, HEAD" : "", get && post ? ", " : "", post ? "POST" : "");
    for (size_t i = 0; i < sizeof others / sizeof *others + !post; i++) {
      const char *method = i < sizeof others / sizeof *others ? others[i] : "POST";
      send_method(method, path, &answer);
      ck_assert_msg(answer.status == 405 && answer_header(&answer, "Allow", allow, sizeof allow), "%s %s: %ld", method,
                    path, answer.status);
      ck_assert_str_eq(allow, wanted);
      answer_release(&answer);
    }
  }
  json_decref(document);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("http/conformance", &tcase);
  tcase_add_test(tcase, methods_of_every_route);
  tcase_add_test(tcase, refused_and_closed);
  tcase_add_test(tcase, unusual_but_answered);
  tcase_add_test(tcase, closed_without_a_word);
  tcase_add_test(tcase, a_head_that_fills_the_memory);
  tcase_add_test(tcase, parts_without_end);
  tcase_add_test(tcase, in_the_dialect_of_the_path);
  return suite_main_with_zoo(suite, &served, &zoo);
}
