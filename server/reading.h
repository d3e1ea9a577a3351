/* The reading of one request: it owns the parsed body and all memory of the typed request, and knows whether what was
 * read so far will do. What is wrong with the values of parameters gathers, the first eight with their JSON pointers,
 * so that a client hears of all at once; what makes reading on pointless is final. */
#ifndef WORDVEC_SERVER_READING_H
#define WORDVEC_SERVER_READING_H

#include <stdbool.h>
#include <stddef.h>

#include "server/call.h"
#include "server/request_json.h"

/* How the reading stands, from good to bad. A refusal that is final stops the reading; until then, what is wrong
 * gathers in the errors of a 422. */
enum reading_state { READING_GOOD, READING_INVALID, READING_REFUSED };

struct reading {
  const struct call *call;
  struct refusal *refusal; /* borrowed; filled unless the state is READING_GOOD */
  enum reading_state state;
  struct request_json body;
  struct reading_block *blocks;
  size_t taken; /* from the parsing budget, for the blocks */
};

/* What bodies of this type hold; with `npy`, that may be an array. Else the 415. NULL: the request names none. To be
 * asked before the body is taken in. */
bool reading_type_allowed(const char *content_type, bool npy, enum body_kind *kind, struct refusal *refusal);

/* Begins to read the call, whose body is parsed when it has one: 400 and 503 as request_json_parse() says, 422 for JSON
 * that is no object. A body leaves only `format` to the query string, all of which other dialects ignore. False:
 * refused. reading_release() is due in any case. */
bool reading_begin(struct reading *reading, const struct call *call, struct refusal *refusal);

/* The two steps of it: all but the parsing, and the parsing of a text that may have been cut (else NULL). */
bool reading_begin_unparsed(struct reading *reading, const struct call *call, struct refusal *refusal);
bool reading_parse(struct reading *reading, const char *bytes, size_t length, const struct request_json_cut *cut);

/* Frees the body and everything that reading_alloc() gave. */
void reading_release(struct reading *reading);

/* Memory that lives as long as the reading, within the budget of what is parsed; NULL, and refused, when there is none.
 * `count` may be 0. */
void *reading_alloc(struct reading *reading, size_t count, size_t size);

/* Notes what is wrong with the value at `pointer`; part of the 422 unless something final was or will be noted. */
void reading_invalid(struct reading *reading, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Refuses for good; the first one stays. */
void reading_refuse(struct reading *reading, enum refusal_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether nothing was wrong. */
bool reading_finish(const struct reading *reading);

#endif
