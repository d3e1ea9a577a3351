/* wordvec healthcheck: asks /readyz and turns the answer into an exit status. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/commands.h"
#include "server/keys.h"
#include "server/remote.h"

enum { TIMEOUT_SECONDS = 3, BODY_MAX = 200, HTTP_OK = 200 };

/* Of the first line of what was answered, which need not be text. */
static size_t line_length(const struct bytes *body) {
  size_t length = 0;
  while (length < body->length && body->data[length] >= ' ') length++;
  return length;
}

int cmd_healthcheck(const struct options *options) {
  char url[2048];
  size_t length = strlen(options->url);
  while (length > 0 && options->url[length - 1] == '/') length--;
  if (snprintf(url, sizeof url, "%.*s/readyz", (int)length, options->url) >= (int)sizeof url) {
    fprintf(stderr, "wordvec healthcheck: --url: the URL is too long\n");
    return EXIT_USAGE;
  }
  struct bytes body;
  struct problem problem;
  unsigned status = 0;
  bytes_init(&body, BODY_MAX);
  char *key = NULL;
  enum status outcome = options->api_key_file ? keys_read_first(options->api_key_file, &problem, &key) : STATUS_OK;
  if (outcome == STATUS_OK) outcome = remote_get(url, key, TIMEOUT_SECONDS, &problem, &status, &body);
  keys_forget(key);
  bool ready = outcome == STATUS_OK && status == HTTP_OK;
  if (outcome != STATUS_OK)
    fprintf(stderr, "not ready: %s\n", problem.text);
  else if (!ready)
    fprintf(stderr, "not ready: %s answered %u %.*s\n", url, status, (int)line_length(&body), (const char *)body.data);
  bytes_release(&body);
  return ready ? EXIT_SUCCESS : EXIT_FAILURE;
}
