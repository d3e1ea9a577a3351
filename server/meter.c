/* A bar that is wiped and drawn again. */
#include "server/meter.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "store/clock.h"

enum { BAR_WIDTH = 20, BAR_MILLISECONDS = 100, LINE_MILLISECONDS = 5000 };

void meter_begin(struct meter *meter) {
  *meter = (struct meter){.terminal = isatty(STDERR_FILENO), .started = clock_milliseconds()};
  meter->shown = meter->started;
}

bool meter_is_due(struct meter *meter, int64_t now) {
  if (now - meter->shown < (meter->terminal ? BAR_MILLISECONDS : LINE_MILLISECONDS)) return false;
  meter->shown = now;
  return true;
}

void meter_wipe(struct meter *meter) {
  if (meter->drawn) fputs("\r\033[K", stderr);
  meter->drawn = false;
}

void meter_duration(char *out, size_t size, int64_t seconds) {
  if (seconds >= 3600)
    snprintf(out, size, "%lld:%02lld:%02lld", (long long)(seconds / 3600), (long long)(seconds / 60 % 60),
             (long long)(seconds % 60));
  else
    snprintf(out, size, "%lld:%02lld", (long long)(seconds / 60), (long long)(seconds % 60));
}

static int terminal_columns(void) {
  struct winsize size;
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void draw_bar(struct meter *meter, double share, const char *state) {
  static const char full[] = "####################";
  static const char rest[] = "....................";
  _Static_assert(sizeof full == BAR_WIDTH + 1 && sizeof rest == BAR_WIDTH + 1, "a bar of BAR_WIDTH");
  char line[256] = "";
  if (share >= 0) {
    int filled = share < 1 ? (int)(share * BAR_WIDTH) : BAR_WIDTH;
    snprintf(line, sizeof line, "[%.*s%.*s] %3d%%  ", filled, full, BAR_WIDTH - filled, rest,
             share < 1 ? (int)(share * 100) : 100);
  }
  size_t used = strlen(line);
  snprintf(line + used, sizeof line - used, "%s", state);
  meter_wipe(meter);
  /* A line that wraps could not be wiped. */
  fprintf(stderr, "%.*s", terminal_columns() - 1, line);
  meter->drawn = true;
}

void meter_show(struct meter *meter, double share, const char *state) {
  if (meter->terminal)
    draw_bar(meter, share, state);
  else
    fprintf(stderr, "%s\n", state);
}
