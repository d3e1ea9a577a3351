/* Digits by hand: printf would take half as long as a lookup, and has a locale. */
#include "server/server_timing.h"

#include <string.h>

static char *put(char *at, const char *text) {
  size_t length = strlen(text);
  memcpy(at, text, length);
  return at + length;
}

/* Microseconds as milliseconds with three decimals. */
static char *put_milliseconds(char *at, uint64_t microseconds) {
  char digits[20];
  size_t count = 0;
  while (count < 4 || microseconds > 0) {
    digits[count++] = (char)('0' + microseconds % 10);
    microseconds /= 10;
  }
  while (count > 3) *at++ = digits[--count];
  *at++ = '.';
  while (count > 0) *at++ = digits[--count];
  return at;
}

void server_timing_write(const struct server_timing *timing, char out[SERVER_TIMING_SIZE]) {
  char *at = put_milliseconds(put(out, "total;dur="), timing->total);
  if (timing->waited) {
    at = put_milliseconds(put(at, ", queue;dur="), timing->queue);
    at = put_milliseconds(put(at, ", search;dur="), timing->search);
  }
  *at = '\0';
}
