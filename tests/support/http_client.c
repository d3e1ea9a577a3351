/* The HTTP clients of the tests: libcurl, and a socket. */
#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/scratch.h"

void answer_release(struct answer *answer) {
  free(answer->head);
  free(answer->body);
  memset(answer, 0, sizeof *answer);
}

bool answer_header(const struct answer *answer, const char *name, char *value, size_t size) {
  size_t length = strlen(name);
  for (const char *line = strstr(answer->head, "\r\n"); line; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, length) != 0 || line[length] != ':') continue;
    const char *start = line + length + 1 + strspn(line + length + 1, " ");
    snprintf(value, size, "%.*s", (int)strcspn(start, "\r\n"), start);
    return true;
  }
  return false;
}

/* The room that a buffer of `used` bytes and a NUL has at least: the next power of two. */
static size_t room_of(size_t used) {
  size_t room = 64;
  while (room <= used) room *= 2;
  return room;
}

/* Grows by doubling: AddressSanitizer's realloc() always copies, and 16 MB a few kB at a time would take longer than
 * a daemon's patience when it stops. */
static void append(char **to, size_t *used, const void *bytes, size_t length) {
  size_t room = room_of(*used + length);
  if (!*to || room > room_of(*used)) *to = realloc(*to, room);
  if (!*to) support_fail("out of memory");
  if (length) memcpy(*to + *used, bytes, length);
  *used += length;
  (*to)[*used] = '\0';
}

static size_t take_head(char *bytes, size_t one, size_t length, void *context) {
  struct answer *answer = context;
  if (length > 5 && memcmp(bytes, "HTTP/", 5) == 0) answer->head_length = 0; /* keep the last of several heads */
  append(&answer->head, &answer->head_length, bytes, one * length);
  return one * length;
}

static size_t take_body(char *bytes, size_t one, size_t length, void *context) {
  struct answer *answer = context;
  append(&answer->body, &answer->length, bytes, one * length);
  return one * length;
}

struct source {
  const char *bytes;
  size_t left;
};

static size_t give_body(char *to, size_t one, size_t room, void *context) {
  struct source *source = context;
  size_t length = one * room < source->left ? one * room : source->left;
  if (length) memcpy(to, source->bytes, length);
  source->bytes += length;
  source->left -= length;
  return length;
}

static void set_body(CURL *curl, const struct client_request *request, struct source *source) {
  if (request->body && request->chunked) {
    *source = (struct source){request->body, request->body_length};
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(curl, CURLOPT_READDATA, source);
  } else if (request->body) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
  }
  if (request->method && strcmp(request->method, "HEAD") == 0)
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  else if (request->method)
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

/* Bytes as a JSON string, or null for what is no UTF-8 text. */
static json_t *text_or_null(const char *bytes, size_t length) {
  json_t *text = bytes ? json_stringn(bytes, length) : NULL;
  return text ? text : json_null();
}

/* Adds the exchange, a line of JSON, to the file that HTTP_RECORD names: tests/openapi then judges all of them. A
 * request is part of it where it was good. What goes through a bare socket, or is asked by many clients at a time, is
 * not recorded. */
static void record(const struct client_request *request, const struct answer *answer) {
  const char *path = getenv("HTTP_RECORD");
  if (!path || !*path) return;
  const char *usual = request->body ? "POST" : "GET";
  bool good = answer->status < 300;
  bool binary = strstr(answer->head, "application/x-npy\r\n") || strstr(answer->head, "application/octet-stream\r\n");
  static const char type_field[] = "Content-Type: ";
  const char *type = "";
  for (size_t i = 0; i < 6 && request->headers[i]; i++)
    if (strncasecmp(request->headers[i], type_field, strlen(type_field)) == 0)
      type = request->headers[i] + strlen(type_field);
  json_t *line = json_pack("{s:s, s:s, s:s, s:o, s:i, s:s, s:I, s:o}", "method",
                           request->method ? request->method : usual, "target", request->target, "type", type,
                           "request", text_or_null(good ? request->body : NULL, request->body_length), "status",
                           (int)answer->status, "head", answer->head, "length", (json_int_t)answer->length, "body",
                           text_or_null(binary ? NULL : answer->body, answer->length));
  char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
  FILE *file = text ? fopen(path, "a") : NULL;
  if (!file) support_fail("cannot record %s in %s", request->target, path);
  /* One write at the end of the file: others record there, too. */
  size_t length = strlen(text);
  text[length] = '\n';
  setvbuf(file, NULL, _IONBF, 0);
  bool written = fwrite(text, 1, length + 1, file) == length + 1;
  if (fclose(file) != 0 || !written) support_fail("cannot record in %s", path);
  free(text);
  json_decref(line);
}

void client_send(unsigned port, const struct client_request *request, struct answer *answer) {
  memset(answer, 0, sizeof *answer);
  append(&answer->head, &answer->head_length, "", 0);
  append(&answer->body, &answer->length, "", 0);
  CURL *curl = curl_easy_init();
  size_t room = strlen(request->target) + 64;
  char *url = malloc(room);
  if (!curl || !url) support_fail("out of memory");
  snprintf(url, room, "http://127.0.0.1:%u%s", port, request->target);
  struct curl_slist *headers = NULL;
  for (size_t i = 0; i < 6 && request->headers[i]; i++) headers = curl_slist_append(headers, request->headers[i]);
  if (request->chunked) headers = curl_slist_append(headers, "Transfer-Encoding: chunked");
  struct source source = {0};
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)SUPPORT_PATIENCE_SECONDS);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, answer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
  set_body(curl, request, &source);
  CURLcode code = curl_easy_perform(curl);
  /* A server that refuses a body may close before it has read all of it; the answer counts. */
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
  bool refused = code == CURLE_SEND_ERROR && answer->status >= 400;
  if (code != CURLE_OK && !refused) support_fail("%s: %s", request->target, curl_easy_strerror(code));
  curl_slist_free_all(headers);
  curl_easy_cleanup(curl);
  free(url);
  record(request, answer);
}

void client_get(unsigned port, const char *target, struct answer *answer) {
  client_send(port, &(struct client_request){.target = target}, answer);
}

static void accept_header(char *line, size_t size, const char *accept) {
  snprintf(line, size, "Accept: %s", accept);
}

void client_get_as(unsigned port, const char *target, const char *accept, struct answer *answer) {
  char line[256];
  accept_header(line, sizeof line, accept);
  client_send(port, &(struct client_request){.target = target, .headers = {line}}, answer);
}

void client_post(unsigned port, const char *target, const char *json, struct answer *answer) {
  struct client_request request = {
      .target = target, .body = json, .body_length = strlen(json), .headers = {"Content-Type: application/json"}};
  client_send(port, &request, answer);
}

void client_post_as(unsigned port, const char *target, const char *json, const char *accept, struct answer *answer) {
  char line[256];
  accept_header(line, sizeof line, accept);
  struct client_request request = {
      .target = target, .body = json, .body_length = strlen(json), .headers = {"Content-Type: application/json", line}};
  client_send(port, &request, answer);
}

char *client_encode(const void *bytes, size_t length) {
  const unsigned char *from = bytes;
  char *text = malloc(length * 3 + 1);
  if (!text) support_fail("out of memory");
  size_t used = 0;
  for (size_t i = 0; i < length; i++) {
    bool plain = from[i] < 128 && (isalnum(from[i]) || strchr("-._~", from[i]));
    if (plain && from[i])
      text[used++] = (char)from[i];
    else
      used += (size_t)sprintf(text + used, "%%%02X", from[i]);
  }
  text[used] = '\0';
  return text;
}

bool raw_try_open(struct raw *raw, unsigned port) {
  memset(raw, 0, sizeof *raw);
  append(&raw->buffered, &raw->length, "", 0);
  raw->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct timeval patience = {.tv_sec = SUPPORT_PATIENCE_SECONDS};
  setsockopt(raw->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(raw->descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(raw->descriptor, (struct sockaddr *)&address, sizeof address) == 0) return true;
  int error = errno;
  raw_close(raw);
  errno = error;
  return false;
}

void raw_open(struct raw *raw, unsigned port) {
  if (!raw_try_open(raw, port)) support_fail("connect to port %u: %s", port, strerror(errno));
}

void raw_close(struct raw *raw) {
  close(raw->descriptor);
  free(raw->buffered);
  raw->buffered = NULL;
}

/* A peer that refuses early may have closed: what could not be sent shows in the answer, or in its absence. */
void raw_send(struct raw *raw, const void *bytes, size_t length) {
  for (const char *from = bytes; length > 0;) {
    ssize_t done = send(raw->descriptor, from, length, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return;
    from += done;
    length -= (size_t)done;
  }
}

void raw_send_text(struct raw *raw, const char *text) {
  raw_send(raw, text, strlen(text));
}

void raw_half_close(struct raw *raw) {
  shutdown(raw->descriptor, SHUT_WR);
}

/* Reads some more into the buffer: 1, or 0 at the end of the connection. Ends the test when nothing comes at all. */
static int read_more(struct raw *raw) {
  char bytes[16384];
  ssize_t got;
  do {
    got = recv(raw->descriptor, bytes, sizeof bytes, 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) support_fail("the server neither answers nor closes");
  if (got <= 0) return 0;
  append(&raw->buffered, &raw->length, bytes, (size_t)got);
  return 1;
}

static void drop(struct raw *raw, size_t length) {
  memmove(raw->buffered, raw->buffered + length, raw->length - length + 1);
  raw->length -= length;
}

static bool read_exactly(struct raw *raw, size_t length, struct answer *answer) {
  while (raw->length < length)
    if (!read_more(raw)) return false;
  append(&answer->body, &answer->length, raw->buffered, length);
  drop(raw, length);
  return true;
}

static bool read_chunks(struct raw *raw, struct answer *answer) {
  for (;;) {
    char *end;
    while (!(end = strstr(raw->buffered, "\r\n")))
      if (!read_more(raw)) return false;
    size_t size = strtoul(raw->buffered, NULL, 16);
    drop(raw, (size_t)(end - raw->buffered) + 2);
    if (!read_exactly(raw, size, answer)) return false;
    while (raw->length < 2)
      if (!read_more(raw)) return false;
    drop(raw, 2);
    if (size == 0) return true;
  }
}

static bool read_head(struct raw *raw, struct answer *answer) {
  char *end;
  while (!(end = strstr(raw->buffered, "\r\n\r\n")))
    if (!read_more(raw)) return false;
  size_t length = (size_t)(end - raw->buffered) + 4;
  append(&answer->head, &answer->head_length, raw->buffered, length);
  drop(raw, length);
  if (sscanf(answer->head, "HTTP/1.%*d %ld", &answer->status) != 1)
    support_fail("not an HTTP answer: %s", answer->head);
  return true;
}

static bool read_body(struct raw *raw, struct answer *answer) {
  char value[64];
  if (answer_header(answer, "Transfer-Encoding", value, sizeof value)) return read_chunks(raw, answer);
  if (answer_header(answer, "Content-Length", value, sizeof value))
    return read_exactly(raw, strtoul(value, NULL, 10), answer);
  while (read_more(raw)) continue;
  return read_exactly(raw, raw->length, answer);
}

bool raw_answer(struct raw *raw, bool head_only, struct answer *answer) {
  memset(answer, 0, sizeof *answer);
  append(&answer->body, &answer->length, "", 0);
  bool whole = read_head(raw, answer);
  bool empty = head_only || answer->status < 200 || answer->status == 204 || answer->status == 304;
  whole = whole && (empty || read_body(raw, answer));
  if (!whole) answer_release(answer);
  return whole;
}

bool raw_waits_for_reading(struct raw *raw) {
  char byte;
  return recv(raw->descriptor, &byte, 1, MSG_PEEK) == 1;
}

bool raw_closes(struct raw *raw) {
  while (read_more(raw)) continue;
  return true;
}
