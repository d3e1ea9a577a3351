/* Weighs the media ranges of an Accept header against the few forms that an answer can take. A range that cannot be
 * read counts for nothing. */
#include "server/representation.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const media_types[REPRESENTATION_COUNT] = {
    [REPRESENTATION_JSON] = "application/json",
    [REPRESENTATION_NPY] = "application/x-npy",
    [REPRESENTATION_OCTETS] = "application/octet-stream",
};

const char *const representation_names[REPRESENTATION_COUNT] = {
    [REPRESENTATION_JSON] = "json",
    [REPRESENTATION_NPY] = "npy",
    [REPRESENTATION_OCTETS] = "octet-stream",
};

const char *representation_media_type(enum representation representation) {
  return media_types[representation];
}

/* One media range of the header: `length` bytes at `range`, without parameters and blanks. */
struct media_range {
  const char *range;
  size_t length;
  double quality;
};

/* How well the best matching range fits a representation. */
struct fit {
  int specificity; /* 0: no range matches; 1: any type does, 2: any of the kind, 3: this one */
  double quality;
  size_t position; /* of the range in the header */
};

static const char *skip_blanks(const char *at) {
  return at + strspn(at, " \t");
}

/* The q of the parameters that begin at `at` and end before `end`; 1 without one, -1 when it is no quality. */
static double quality_of(const char *at, const char *end) {
  while ((at = memchr(at, ';', (size_t)(end - at)))) {
    at = skip_blanks(at + 1);
    if ((*at != 'q' && *at != 'Q') || at[1] != '=') continue;
    char *stop;
    if (at[2] != '0' && at[2] != '1') return -1;
    double quality = strtod(at + 2, &stop);
    bool ends = stop >= end || *stop == ';' || *stop == ' ' || *stop == '\t';
    return ends && quality <= 1 ? quality : -1;
  }
  return 1;
}

/* Reads the next range of a header and returns where the one after it begins; NULL at the end. */
static const char *next_range(const char *at, struct media_range *range) {
  at += strspn(at, " \t,");
  if (!*at) return NULL;
  const char *end = at + strcspn(at, ",");
  *range = (struct media_range){.range = at, .length = strcspn(at, ";, \t"), .quality = quality_of(at, end)};
  return end;
}

static bool range_is(const struct media_range *range, const char *text) {
  return range->length == strlen(text) && strncasecmp(range->range, text, range->length) == 0;
}

static int specificity_of(const struct media_range *range, const char *media_type) {
  return range_is(range, media_type) ? 3 : range_is(range, "application/*") ? 2 : range_is(range, "*/*") ? 1 : 0;
}

static struct fit fit_of(const char *accept, const char *media_type) {
  struct fit best = {0};
  struct media_range range;
  size_t position = 0;
  for (const char *at = accept; (at = next_range(at, &range)); position++) {
    int specificity = specificity_of(&range, media_type);
    if (range.quality >= 0 && specificity > best.specificity)
      best = (struct fit){.specificity = specificity, .quality = range.quality, .position = position};
  }
  return best;
}

static bool fits_better(struct fit a, struct fit b) {
  if (a.quality != b.quality) return a.quality > b.quality;
  if (a.specificity != b.specificity) return a.specificity > b.specificity;
  return a.position < b.position;
}

bool representation_of_accept(const char *accept, enum representations has, enum representation *out,
                              struct refusal *refusal) {
  static const enum representation json_first[] = {REPRESENTATION_JSON, REPRESENTATION_NPY, REPRESENTATION_OCTETS};
  static const enum representation npy_first[] = {REPRESENTATION_NPY, REPRESENTATION_OCTETS, REPRESENTATION_JSON};
  const enum representation *order = has == REPRESENTATIONS_NPY_FIRST ? npy_first : json_first;
  if (!accept || !accept[strspn(accept, " \t,")]) {
    *out = order[0];
    return true;
  }
  struct fit best = {0};
  int count = has == REPRESENTATIONS_JSON ? 1 : REPRESENTATION_COUNT;
  for (int i = 0; i < count; i++) {
    struct fit fit = fit_of(accept, media_types[order[i]]);
    if (fit.specificity == 0 || fit.quality <= 0 || !fits_better(fit, best)) continue;
    best = fit;
    *out = order[i];
  }
  if (best.specificity > 0) return true;
  refusal_set(refusal, REFUSAL_NOT_ACCEPTABLE, "Accept allows nothing that this route answers with: %s",
              has != REPRESENTATIONS_JSON ? "application/json, application/x-npy, application/octet-stream"
                                          : "application/json");
  return false;
}
