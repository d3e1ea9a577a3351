/* libcurl, kept to plain HTTP and HTTPS, without redirects or proxies: the daemon that was named is the one asked. */
#include "server/remote.h"

#include <curl/curl.h>
#include <stdbool.h>

/* Takes what fits; claiming fewer bytes than came makes libcurl stop with CURLE_WRITE_ERROR. */
static size_t take_body(char *data, size_t size, size_t count, void *context) {
  struct bytes *body = context;
  size_t length = size * count;
  size_t room = body->limit - body->length;
  size_t taken = length < room ? length : room;
  return bytes_append(body, data, taken) == STATUS_OK ? taken : 0;
}

static CURLcode get(CURL *handle, const char *url, unsigned seconds, char *reason, struct bytes *body) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_URL, url);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_PROXY, "");
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_TIMEOUT, (long)seconds);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_USERAGENT, "wordvec");
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_WRITEDATA, body);
  if (code == CURLE_OK) code = curl_easy_perform(handle);
  return code;
}

enum status remote_get(const char *url, unsigned seconds, struct problem *problem, unsigned *http_status,
                       struct bytes *body) {
  CURL *handle = curl_easy_init();
  if (!handle) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  char reason[CURL_ERROR_SIZE] = "";
  CURLcode code = get(handle, url, seconds, reason, body);
  long answered = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answered);
  curl_easy_cleanup(handle);
  bool cut = code == CURLE_WRITE_ERROR && body->length == body->limit;
  if ((code != CURLE_OK && !cut) || answered <= 0)
    return problem_set(problem, STATUS_IO, 0, "no answer from %.200s: %s", url,
                       reason[0] ? reason : curl_easy_strerror(code));
  *http_status = (unsigned)answered;
  return STATUS_OK;
}
