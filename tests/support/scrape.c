/* Finds lines: no parser of the format is needed for names that the tests know. */
#include "tests/support/scrape.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/http_client.h"
#include "tests/support/scratch.h"

char *scrape(unsigned port) {
  struct answer answer;
  client_get(port, "/metrics", &answer);
  ck_assert_int_eq(answer.status, 200);
  char *text = strdup(answer.body);
  ck_assert_ptr_nonnull(text);
  answer_release(&answer);
  return text;
}

bool scrape_find(const char *text, const char *series, double *value) {
  size_t length = strlen(series);
  for (const char *line = text; line; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, series, length) != 0 || line[length] != ' ') continue;
    *value = strtod(line + length, NULL);
    return true;
  }
  return false;
}

/* False: it is not there. */
static bool scrape_now(unsigned port, const char *series, double *value) {
  char *text = scrape(port);
  bool found = scrape_find(text, series, value);
  free(text);
  return found;
}

double scrape_value(unsigned port, const char *series) {
  double value = 0;
  ck_assert_msg(scrape_now(port, series, &value), "there is no %s", series);
  return value;
}

void scrape_await(unsigned port, const char *series, double value) {
  double deadline = support_seconds() + SUPPORT_PATIENCE_SECONDS, seen = 0;
  while (!scrape_now(port, series, &seen) || seen != value) {
    ck_assert_msg(seen < value && support_seconds() < deadline, "%s is %g, not %g", series, seen, value);
    support_pause();
  }
}
