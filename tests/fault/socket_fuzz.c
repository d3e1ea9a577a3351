/* Bytes that are nearly HTTP, over thousands of connections: requests of every route with bits flipped, pieces cut,
 * doubled and exchanged, headers added and bodies chunked, sent in odd pieces and often cut off. Whatever comes back
 * parses as HTTP/1.1, its lengths are right and it is no 5xx but 503 (or 505); afterwards the daemon answers what it
 * answered before, byte by byte, and holds no more descriptors.
 *
 * FUZZ_SEED chooses the bytes: the same for one seed, but for the moments at which clients go away. FUZZ_SECONDS makes
 * it longer. */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/http_client.h"
#include "tests/support/json_expect.h"
#include "tests/support/scrape.h"
#include "tests/support/suite.h"

enum { CLIENTS = 8, TEXT_MAX = 48 << 10, SECONDS = 7, QUIET_MILLISECONDS = 150 };

static const char *const seeds[] = {
    "GET /vector?word=cat HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /vector?index=3&format=npy HTTP/1.1\r\nHost: a\r\nAccept: application/x-npy, */*;q=0.1\r\n\r\n",
    "GET /vectors?word=cat&word=dog&word=%ff%fe&oov=zero HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /vectors HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 38\r\n\r\n"
    "{\"words\":[[\"cat\",\"dog\"],[\"x\\u00ef\\n\"]]}",
    "POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 43\r\n\r\n{\"indices\":[[0,1,2,0],[3]],\"padding\":\"pre\"}\n",
    "POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;a=b\r\n{\"ind\r\na\r\nices\":[1]}\r\n0\r\nX: y\r\n\r\n",
    "GET /neighbors?word=cat&k=5 HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\", W/\"y\"\r\n\r\n",
    "POST /neighbors HTTP/1.1\r\nHost: a\r\nContent-Length: 57\r\n\r\n"
    "{\"queries\":[{\"word\":\"cat\"},{\"vector\":[1,0,-1e3,0.5,2]}]}\n",
    "POST /analogy HTTP/1.1\r\nHost: a\r\nContent-Length: 31\r\n\r\n{\"a\":\"man\",\"b\":\"king\",\"c\":\"cat\"}",
    "GET /rank?word=cat&other=dog HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /closer-than?word=cat&than=dog HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /matrix?format=npy HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /matrix HTTP/1.1\r\nHost: a\r\nContent-Length: 23\r\n\r\n{\"words\":[\"cat\",\"dog\"]}",
    "GET /similarity?a=cat&b=dog HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /mean HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n{\"words\":[\"cat\",\"dog\"],\"weights\":[1,-2]}\n",
    "GET /doesnt-match?word=cat&word=dog&word=car HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /index?word=cat HTTP/1.1\r\nHost: a\r\n\r\nGET /word?index=1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /words?prefix=c&limit=3&after=cat HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /models/zoo HTTP/1.1\r\nHost: a\r\n\r\nGET /models HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /info HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=\"d\"\r\nOrigin: http://a\r\n\r\n",
    "GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.0\r\n\r\n",
    "GET /metrics HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n",
    "POST /v1/embeddings HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\n\r\n{\"model\":\"zoo\",\"input\":[\"a cat\"]}",
    "GET /word2vec/most_similar?positive=cat&topn=2 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http://b/openapi.json HTTP/1.1\r\nHost: a\r\nRange: bytes=0-9\r\n\r\n",
};

static const char *const pieces[] = {
    "Content-Length: 5\r\n",
    "Content-Length: 99999999999999999999\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Expect: 100-continue\r\n",
    "Expect: x\r\n",
    "Host: b\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    " folded\r\n",
    "X\r\n",
    ":\r\n",
    "Accept: application/x-npy\r\n",
    "Content-Type: application/x-npy\r\n",
    "\r\n",
    "\n",
    "\r",
    "%00",
    "%ff",
    "%",
    "&word=",
    "&",
    "?",
    "#",
    "../",
    "//",
    "0\r\n\r\n",
    "ffffffffffffffff\r\n",
    "-1",
    "1e999",
    "99999999999999999999",
    "\\u0000",
    "\\ud800",
    "[[[[[[[[",
    "{\"\":",
    "null",
    "\xef\xbb\xbf",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
    "POST ",
    "OPTIONS ",
    "x-word: \xff\r\n",
    "X-Request-Id: a b\x7f\r\n",
    "If-None-Match: *\r\n",
    "Authorization: Bearer x\r\n",
};

static struct daemon served;
static struct fixture zoo;

struct text {
  size_t length;
  char bytes[TEXT_MAX];
};

struct fuzzer {
  uint64_t state; /* of xorshift64* */
  pthread_t thread;
  struct text text;
  struct text got;
  size_t connections, answers;
  size_t statuses[600];
  char fault[256]; /* empty: none */
};

static atomic_bool over;

static uint64_t next(struct fuzzer *fuzzer) {
  fuzzer->state ^= fuzzer->state >> 12;
  fuzzer->state ^= fuzzer->state << 25;
  fuzzer->state ^= fuzzer->state >> 27;
  return fuzzer->state * 0x2545F4914F6CDD1Du;
}

static size_t below(struct fuzzer *fuzzer, size_t limit) {
  return limit ? (size_t)(next(fuzzer) >> 11) % limit : 0;
}

/* ---- making requests */

static void insert(struct text *text, size_t at, const char *bytes, size_t length) {
  if (length > TEXT_MAX - 1 - text->length) return;
  memmove(text->bytes + at + length, text->bytes + at, text->length - at);
  memcpy(text->bytes + at, bytes, length);
  text->length += length;
}

static void erase(struct text *text, size_t at, size_t length) {
  memmove(text->bytes + at, text->bytes + at + length, text->length - at - length);
  text->length -= length;
}

static void insert_text(struct fuzzer *fuzzer, size_t at) {
  const char *piece = pieces[below(fuzzer, sizeof pieces / sizeof *pieces)];
  insert(&fuzzer->text, at, piece, strlen(piece));
}

/* Behind a line, where headers are. */
static void insert_header(struct fuzzer *fuzzer) {
  struct text *text = &fuzzer->text;
  size_t from = below(fuzzer, text->length);
  const char *line = memchr(text->bytes + from, '\n', text->length - from);
  if (line) insert_text(fuzzer, (size_t)(line - text->bytes) + 1);
}

/* A piece of the text once more, somewhere; many times now and then. */
static void duplicate(struct fuzzer *fuzzer) {
  struct text *text = &fuzzer->text;
  char copy[256];
  size_t from = below(fuzzer, text->length), length = below(fuzzer, sizeof copy);
  if (length > text->length - from) length = text->length - from;
  memcpy(copy, text->bytes + from, length);
  size_t times = below(fuzzer, 20) == 0 ? 1 + below(fuzzer, 300) : 1;
  size_t at = below(fuzzer, text->length);
  while (times-- > 0) insert(text, at, copy, length);
}

static void splice(struct fuzzer *fuzzer) {
  const char *other = seeds[below(fuzzer, sizeof seeds / sizeof *seeds)];
  size_t from = below(fuzzer, strlen(other));
  insert(&fuzzer->text, below(fuzzer, fuzzer->text.length + 1), other + from, 1 + below(fuzzer, strlen(other) - from));
}

static void mutate(struct fuzzer *fuzzer) {
  struct text *text = &fuzzer->text;
  static const char odd[] = "\r\n\t :%&?\"\\{}[],;=/\0\x7f\xff-0";
  if (text->length == 0) return;
  size_t at = below(fuzzer, text->length);
  switch (below(fuzzer, 8)) {
    case 0: text->bytes[at] = (char)(text->bytes[at] ^ 1 << below(fuzzer, 8)); break;
    case 1: text->bytes[at] = odd[below(fuzzer, sizeof odd - 1)]; break;
    case 2: erase(text, at, below(fuzzer, (text->length - at < 40 ? text->length - at : 40) + 1)); break;
    case 3: duplicate(fuzzer); break;
    case 4: splice(fuzzer); break;
    case 5: insert_text(fuzzer, at); break;
    case 6: insert_header(fuzzer); break;
    default:
      if (below(fuzzer, 4) == 0) text->length = at;
      break;
  }
}

static void make_text(struct fuzzer *fuzzer) {
  fuzzer->text.length = 0;
  for (size_t count = 1 + below(fuzzer, 3); count > 0; count--) {
    const char *seed = seeds[below(fuzzer, sizeof seeds / sizeof *seeds)];
    insert(&fuzzer->text, fuzzer->text.length, seed, strlen(seed));
  }
  for (size_t count = below(fuzzer, 6); count > 0; count--) mutate(fuzzer);
}

/* ---- judging answers */

static bool wrong_answer(struct fuzzer *fuzzer, const char *what) {
  snprintf(fuzzer->fault, sizeof fuzzer->fault, "%s", what);
  return false;
}

/* The end of the chunks from `at` on; 0: they are not whole; SIZE_MAX: they are wrong. */
static size_t end_of_chunks(const char *text, size_t at, size_t length) {
  for (;;) {
    const char *line = memmem(text + at, length - at, "\r\n", 2);
    if (!line) return 0;
    char *end;
    size_t size = strtoul(text + at, &end, 16);
    if (end != line) return SIZE_MAX;
    at = (size_t)(line - text) + 2;
    if (size + 2 > length - at) return 0;
    if (memcmp(text + at + size, "\r\n", 2) != 0) return SIZE_MAX;
    at += size + 2;
    if (size == 0) return at;
  }
}

/* The value of a header in a head that ends at `end`; NULL: there is none. */
static const char *header_of(const char *head, const char *end, const char *name) {
  for (const char *line = head; line < end; line = strstr(line, "\r\n") + 2)
    if (strncasecmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') return line + strlen(name) + 2;
  return NULL;
}

/* The length of the first answer; 0: it is not whole. */
static size_t answer_length(struct fuzzer *fuzzer, const char *text, size_t length, bool *wrong) {
  const char *end = memmem(text, length, "\r\n\r\n", 4);
  size_t start = strlen("HTTP/1.1 ");
  *wrong = memcmp(text, "HTTP/1.1 ", length < start ? length : start) != 0;
  if (*wrong || !end) return 0;
  long status = strtol(text + start, NULL, 10);
  *wrong = status < 100 || (status >= 500 && status != 503 && status != 505) || status > 505;
  if (*wrong) return 0;
  size_t at = (size_t)(end - text) + 4;
  fuzzer->statuses[status]++;
  fuzzer->answers++;
  if (status < 200 || status == 204 || status == 304) return at;
  const char *count = header_of(text, end, "Content-Length"), *coding = header_of(text, end, "Transfer-Encoding");
  *wrong = (count != NULL) == (coding != NULL);
  if (*wrong) return 0;
  if (!count) {
    size_t behind = end_of_chunks(text, at, length);
    *wrong = behind == SIZE_MAX;
    return *wrong ? 0 : behind;
  }
  size_t size = strtoul(count, NULL, 10);
  return size <= length - at ? at + size : 0;
}

/* Whether what came is answers, one behind the other; the last may be cut where the connection was. */
static bool judge(struct fuzzer *fuzzer, bool ended_well) {
  struct text *got = &fuzzer->got;
  for (size_t at = 0; at < got->length;) {
    bool wrong;
    size_t length = answer_length(fuzzer, got->bytes + at, got->length - at, &wrong);
    if (wrong) return wrong_answer(fuzzer, "an answer is not HTTP/1.1, or a 5xx");
    if (length == 0) return !ended_well || wrong_answer(fuzzer, "an answer ends before its length");
    at += length;
  }
  return true;
}

/* ---- connections */

static int connect_to_daemon(void) {
  struct raw raw;
  raw_open(&raw, served.port);
  free(raw.buffered);
  return raw.descriptor;
}

static void send_in_pieces(struct fuzzer *fuzzer, int descriptor) {
  const struct text *text = &fuzzer->text;
  size_t most = below(fuzzer, 4) == 0 ? 1 + below(fuzzer, 40) : TEXT_MAX;
  for (size_t at = 0; at < text->length;) {
    size_t length = 1 + below(fuzzer, most);
    if (length > text->length - at) length = text->length - at;
    if (send(descriptor, text->bytes + at, length, MSG_NOSIGNAL) <= 0) return;
    at += length;
    if (most < TEXT_MAX && below(fuzzer, 30) == 0) poll(NULL, 0, 1);
  }
}

/* Reads until the end, or until nothing comes: a request that was cut short keeps the daemon waiting. True: the daemon
 * ended the connection in order. */
static bool read_answers(struct fuzzer *fuzzer, int descriptor) {
  struct text *got = &fuzzer->got;
  got->length = 0;
  for (;;) {
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    if (got->length == TEXT_MAX - 1 || poll(&wait, 1, QUIET_MILLISECONDS) <= 0) return false;
    ssize_t count = recv(descriptor, got->bytes + got->length, TEXT_MAX - 1 - got->length, 0);
    if (count <= 0) {
      got->bytes[got->length] = '\0';
      return count == 0;
    }
    got->length += (size_t)count;
    got->bytes[got->length] = '\0';
  }
}

static bool visit(struct fuzzer *fuzzer) {
  int descriptor = connect_to_daemon();
  make_text(fuzzer);
  send_in_pieces(fuzzer, descriptor);
  fuzzer->connections++;
  size_t manner = below(fuzzer, 16);
  bool good = true;
  if (manner == 0) {
    const struct linger reset = {.l_onoff = 1};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  } else if (manner > 1) {
    if (manner < 12) shutdown(descriptor, SHUT_WR);
    good = judge(fuzzer, read_answers(fuzzer, descriptor));
  }
  close(descriptor);
  return good;
}

static void *visit_on(void *context) {
  struct fuzzer *fuzzer = context;
  while (!atomic_load(&over) && visit(fuzzer)) continue;
  if (fuzzer->fault[0]) atomic_store(&over, true);
  return NULL;
}

/* ---- what must stay as it was */

static void control(struct answer *answer) {
  client_get(served.port, "/neighbors?word=cat&k=20", answer);
  ck_assert_int_eq(answer->status, 200);
}

static void show(const char *title, const struct text *text) {
  fprintf(stderr, "---- %s, %zu bytes\n", title, text->length);
  for (size_t i = 0; i < text->length && i < 4000; i++) {
    unsigned char byte = (unsigned char)text->bytes[i];
    fprintf(stderr, byte == '\n' || (byte >= ' ' && byte < 0x7f) ? "%c" : "\\x%02x", byte);
  }
  fprintf(stderr, "\n----\n");
}

static void tell(const struct fuzzer *fuzzers, const char *seed) {
  size_t connections = 0, answers = 0, kinds[6] = {0};
  for (size_t i = 0; i < CLIENTS; i++) {
    connections += fuzzers[i].connections;
    answers += fuzzers[i].answers;
    for (size_t status = 100; status < 600; status++) kinds[status / 100] += fuzzers[i].statuses[status];
  }
  printf("counts: seed %s, %zu connections, %zu answers (1xx %zu, 2xx %zu, 3xx %zu, 4xx %zu, 503 and 505 %zu)\n", seed,
         connections, answers, kinds[1], kinds[2], kinds[3], kinds[4], kinds[5]);
  ck_assert_uint_gt(connections, 100);
  ck_assert_uint_gt(kinds[2], 0);
  ck_assert_uint_gt(kinds[4], 0);
}

START_TEST(nearly_http) {
  const char *seed = getenv("FUZZ_SEED"), *seconds = getenv("FUZZ_SECONDS");
  if (!seed || !*seed) seed = "20261126";
  double until = support_seconds() + (seconds && *seconds ? atof(seconds) : SECONDS);
  struct fuzzer *fuzzers = calloc(CLIENTS, sizeof *fuzzers);
  struct answer before, after;
  ck_assert_ptr_nonnull(fuzzers);
  control(&before);
  size_t held = daemon_descriptors(&served);
  for (size_t i = 0; i < CLIENTS; i++) {
    fuzzers[i].state = (strtoull(seed, NULL, 10) + i + 1) * 0x9E3779B97F4A7C15u | 1;
    ck_assert(pthread_create(&fuzzers[i].thread, NULL, visit_on, &fuzzers[i]) == 0);
  }
  while (!atomic_load(&over) && support_seconds() < until) support_pause();
  atomic_store(&over, true);
  for (size_t i = 0; i < CLIENTS; i++) pthread_join(fuzzers[i].thread, NULL);
  for (size_t i = 0; i < CLIENTS; i++) {
    if (!fuzzers[i].fault[0]) continue;
    show("sent", &fuzzers[i].text);
    show("answered", &fuzzers[i].got);
    ck_abort_msg("seed %s, client %zu, connection %zu: %s", seed, i, fuzzers[i].connections, fuzzers[i].fault);
  }
  tell(fuzzers, seed);
  control(&after);
  ck_assert_uint_eq(after.length, before.length);
  ck_assert(memcmp(after.body, before.body, before.length) == 0);
  double patience = support_seconds() + SUPPORT_PATIENCE_SECONDS;
  while (daemon_descriptors(&served) > held) {
    ck_assert_msg(support_seconds() < patience, "%zu descriptors, not %zu", daemon_descriptors(&served), held);
    support_pause();
  }
  scrape_await(served.port, "wordvec_http_requests_in_flight", 1); /* this one */
  answer_release(&before);
  answer_release(&after);
  free(fuzzers);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("fault/socket_fuzz", &tcase);
  tcase_add_test(tcase, nearly_http);
  setlinebuf(stdout);
  scratch_open();
  fixture_zoo(&zoo);
  daemon_prepare(&served);
  suite_import(&served, "zoo", &zoo);
  daemon_start(&served, "--timeout", "2", "--cors-origin", "http://a", NULL);
  daemon_await_ready(&served, 200);
  int failed = suite_run(suite);
  daemon_stop(&served);
  fixture_release(&zoo);
  scratch_close();
  return failed;
}
