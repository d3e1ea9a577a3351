/* How far a long command is, on standard error: a bar that moves on a terminal, else a line now and then. */
#ifndef WORDVEC_SERVER_METER_H
#define WORDVEC_SERVER_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct meter {
  bool terminal;
  bool drawn;             /* there is a bar to be wiped */
  int64_t started, shown; /* milliseconds; a command with stages sets `started` anew for each */
};

void meter_begin(struct meter *meter);

/* Whether it is time to show something again; then that is done now. */
bool meter_is_due(struct meter *meter, int64_t now);

/* Shows `state`, one line without its end, behind a bar for the share that is done; below 0 when it is not known. */
void meter_show(struct meter *meter, double share, const char *state);

/* Takes the bar away, before something else is said and at the end. */
void meter_wipe(struct meter *meter);

/* "1:05" or "2:03:04" */
void meter_duration(char *out, size_t size, int64_t seconds);

#endif
