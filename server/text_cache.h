/* The JSON text of rows that are asked for again and again. Words of a language follow Zipf's law: a cache of a few
 * per cent of a model's rows answers most of the requests for single ones, and copying a row's text costs a tenth of
 * making it. Texts of numbers alone are kept in half their bytes (packed_text.h).
 *
 * A row is known by its number and by the digest of its model's content. A model that replaces another has another
 * digest, so what is kept of the old one is never found again and makes way by and by; the same content imported again
 * finds its texts. */
#ifndef WORDVEC_SERVER_TEXT_CACHE_H
#define WORDVEC_SERVER_TEXT_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "store/status.h"

struct model;
struct text_cache;

/* Where the rows of one model are looked for. */
struct cached_rows {
  struct text_cache *cache; /* NULL: texts are made each time */
  uint64_t digest[2];
  const struct model *model; /* theirs, which may be lost; NULL: it cannot be */
};

struct text_cache_counts {
  uint64_t hits;
  uint64_t misses;
};

/* A cache that never takes more than `bytes`, its own tables included, and takes memory only as it fills. Of 0 bytes:
 * *out is NULL. STATUS_NO_MEMORY. */
enum status text_cache_new(size_t bytes, struct text_cache **out) MUST_USE;
void text_cache_free(struct text_cache *cache); /* NULL is allowed */

/* Copies the text of a row to `out`, which has `room` bytes, and returns its length; 0 when it is not kept.
 * Thread-safe, as are the functions below. */
size_t text_cache_get(const struct cached_rows *rows, uint32_t row, char *out, size_t room);

/* Offers the text of a row that was not found. It is kept from the second offer on: most rows are asked for once in a
 * long time, and would only drive out others. */
void text_cache_offer(const struct cached_rows *rows, uint32_t row, const char *text, size_t length);

/* What text_cache_get() has been asked since the start. */
struct text_cache_counts text_cache_counts(struct text_cache *cache);

#endif
