/* What a daemon says at /metrics, by the names of its series. */
#ifndef WORDVEC_TESTS_SUPPORT_SCRAPE_H
#define WORDVEC_TESTS_SUPPORT_SCRAPE_H

#include <stdbool.h>

/* The whole text, the caller's to free. */
char *scrape(unsigned port);

/* The value of a series, written as it stands there ("wordvec_lookups_total{result=\"hit\"}"); false: there is none. */
bool scrape_find(const char *text, const char *series, double *value);

/* Scrapes; fails unless the series is there. */
double scrape_value(unsigned port, const char *series);

/* Scrapes until the series is there and has the value: a request is counted a moment after its answer has come. Fails
 * when it goes beyond, or when the patience ends. */
void scrape_await(unsigned port, const char *series, double value);

#endif
