/* libcurl, kept to plain HTTP and HTTPS, without redirects or proxies: the daemon that was named is the one asked. */
#include "server/remote.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { REFUSED = 400 };

/* Where an answer goes. */
struct taking {
  CURL *handle;
  struct bytes *body;
  FILE *out;
};

static unsigned answered(CURL *handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status > 0 ? (unsigned)status : 0;
}

/* Takes what fits; claiming fewer bytes than came makes libcurl stop with CURLE_WRITE_ERROR. */
static size_t take_body(char *data, size_t size, size_t count, void *context) {
  const struct taking *taking = context;
  struct bytes *body = taking->body;
  size_t length = size * count;
  if (taking->out && answered(taking->handle) < REFUSED) return fwrite(data, 1, length, taking->out);
  size_t room = body->limit - body->length;
  size_t taken = length < room ? length : room;
  return bytes_append(body, data, taken) == STATUS_OK ? taken : 0;
}

/* What every request is sent with. */
static CURLcode prepare(CURL *handle, unsigned seconds, char *reason) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_PROXY, "");
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_TIMEOUT, (long)seconds);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_USERAGENT, "wordvec");
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  return code;
}

static CURLcode show_key(CURL *handle, const char *key) {
  if (!key) return CURLE_OK;
  CURLcode code = curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, key);
  return code;
}

static CURLcode perform(CURL *handle, const char *url, struct bytes *body, FILE *out) {
  struct taking taking = {handle, body, out};
  CURLcode code = curl_easy_setopt(handle, CURLOPT_URL, url);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_WRITEDATA, &taking);
  if (code == CURLE_OK) code = curl_easy_perform(handle);
  return code;
}

static enum status no_answer(struct problem *problem, const char *url, const char *reason, CURLcode code) {
  return problem_set(problem, STATUS_IO, 0, "no answer from %.200s: %s", url,
                     reason[0] ? reason : curl_easy_strerror(code));
}

enum status remote_get(const char *url, const char *key, unsigned seconds, struct problem *problem,
                       unsigned *http_status, struct bytes *body) {
  CURL *handle = curl_easy_init();
  if (!handle) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  char reason[CURL_ERROR_SIZE] = "";
  CURLcode code = prepare(handle, seconds, reason);
  if (code == CURLE_OK) code = show_key(handle, key);
  if (code == CURLE_OK) code = perform(handle, url, body, NULL);
  unsigned status = answered(handle);
  curl_easy_cleanup(handle);
  bool cut = code == CURLE_WRITE_ERROR && body->length == body->limit;
  if ((code != CURLE_OK && !cut) || status == 0) return no_answer(problem, url, reason, code);
  *http_status = status;
  return STATUS_OK;
}

struct remote {
  CURL *handle;
  struct curl_slist *headers; /* of a POST */
  char *url;
  char reason[CURL_ERROR_SIZE];
};

static enum status no_memory(struct problem *problem) {
  return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
}

/* A large body would wait for "100 Continue", and what is refused is answered before the body anyway. */
static struct curl_slist *post_headers(void) {
  struct curl_slist *first = curl_slist_append(NULL, "Content-Type: application/json");
  struct curl_slist *both = first ? curl_slist_append(first, "Expect:") : NULL;
  if (!both) curl_slist_free_all(first);
  return both;
}

enum status remote_open(const char *url, const char *key, unsigned seconds, struct problem *problem,
                        struct remote **out) {
  struct remote *remote = calloc(1, sizeof *remote);
  if (!remote) return no_memory(problem);
  size_t length = strlen(url);
  while (length > 0 && url[length - 1] == '/') length--;
  remote->url = strndup(url, length);
  remote->headers = post_headers();
  remote->handle = curl_easy_init();
  if (!remote->url || !remote->headers || !remote->handle ||
      prepare(remote->handle, seconds, remote->reason) != CURLE_OK || show_key(remote->handle, key) != CURLE_OK) {
    remote_close(remote);
    return no_memory(problem);
  }
  *out = remote;
  return STATUS_OK;
}

void remote_close(struct remote *remote) {
  if (!remote) return;
  if (remote->handle) curl_easy_cleanup(remote->handle);
  curl_slist_free_all(remote->headers);
  free(remote->url);
  free(remote);
}

static CURLcode choose_method(struct remote *remote, const struct remote_request *request) {
  CURL *handle = remote->handle;
  CURLcode code = curl_easy_setopt(handle, CURLOPT_HTTPHEADER, request->json ? remote->headers : NULL);
  if (code != CURLE_OK) return code;
  if (!request->json) return curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->json_length);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request->json); /* makes it a POST */
  return code;
}

enum status remote_ask(struct remote *remote, const struct remote_request *request, struct problem *problem,
                       struct remote_reply *reply, struct bytes *body) {
  char *url;
  if (asprintf(&url, "%s%s", remote->url, request->target) < 0) return no_memory(problem);
  remote->reason[0] = '\0';
  CURLcode code = choose_method(remote, request);
  if (code == CURLE_OK) code = perform(remote->handle, url, body, request->out);
  unsigned status = answered(remote->handle);
  free(url);
  if (code == CURLE_WRITE_ERROR && request->out && status < REFUSED)
    return problem_set(problem, STATUS_IO, 0, "cannot write the answer");
  if (code == CURLE_WRITE_ERROR)
    return problem_set(problem, STATUS_LIMIT, 0, "the answer of %.200s is longer than %zu bytes: ask for less",
                       remote->url, body->limit);
  if (code != CURLE_OK || status == 0) return no_answer(problem, remote->url, remote->reason, code);
  curl_off_t wait = 0;
  curl_easy_getinfo(remote->handle, CURLINFO_RETRY_AFTER, &wait);
  *reply = (struct remote_reply){status, wait > 0 && wait < UINT16_MAX ? (unsigned)wait : 0};
  return STATUS_OK;
}
