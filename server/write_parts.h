/* Keys and values that several answers have, for write_*.c. */
#ifndef WORDVEC_SERVER_WRITE_PARTS_H
#define WORDVEC_SERVER_WRITE_PARTS_H

#include "server/json_text.h"
#include "server/result.h"

/* A key and its value. */
void write_terminated(struct json_text *text, const char *key, const char *value);
void write_or_null(struct json_text *text, const char *key, const char *value); /* NULL: null */
void write_unsigned(struct json_text *text, const char *key, uint64_t value);
void write_double(struct json_text *text, const char *key, double value);

/* A word under `key`, and its exact bytes, percent-encoded, under `bytes_key` where the text does not give them: it is
 * not UTF-8, or holds a NUL. Bytes NULL: null. */
void write_word(struct json_text *text, const char *key, const char *bytes_key, struct word word);

/* The same where there is no key: {"word_bytes"} where the text does not give the bytes. */
void write_word_value(struct json_text *text, struct word word);

/* "word", perhaps "word_bytes", and "index". */
void write_word_and_index(struct json_text *text, const struct vocabulary *vocabulary, uint32_t row);

/* [{"word","index","similarity"}]. Rows of a join (or NULL) have no number: their words are the first model's. */
void write_hits(struct json_text *text, const struct vocabulary *vocabulary, const struct join *join,
                const struct hit *hits, size_t count);

/* A row number, or null of what is of no row. */
void write_row_number(struct json_text *text, uint32_t row);

/* "exact", "null", …; NULL of what is no word. */
const char *found_name(enum found_by by);

/* How a word was found, by that name; null of what is no word. */
void write_source(struct json_text *text, enum found_by by);

/* The vocabulary's form of a word that was found in another case; null of others. */
void write_matched(struct json_text *text, const struct vocabulary *vocabulary, const struct found *found);

/* "source" and, where it differs, "matched"; of lists "sources" and "matched". Nothing where the answer does not say.
 */
void write_sources(struct json_text *text, const struct sources *sources);

/* The vector of what was found, by way of the cache where it is a row's; or null. */
void write_found(struct json_text *text, const struct cached_rows *cached, const struct found *found, uint32_t dim);

#endif
