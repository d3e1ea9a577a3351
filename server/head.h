/* Whether a request's head holds bytes that nobody was shown. libmicrohttpd ends texts at the first NUL and a head at
 * the first line that begins with one or has no name, and takes folded lines apart: what was hidden so from the fields
 * may mean another framing, or another request, to whoever stands in front of this server. It cuts the head up in
 * place, though, so that every byte is either in a piece that it shows or has a known reason to be between two.
 *
 * Judged with the layout of the versions that are known to work so; with others, every head counts as whole. */
#ifndef WORDVEC_SERVER_HEAD_H
#define WORDVEC_SERVER_HEAD_H

#include <stdbool.h>
#include <stddef.h>

struct head {
  const char *at; /* the NUL behind the last piece; NULL: this head is not judged */
  const char *end;
  bool hides; /* something was found between two pieces */
};

/* Whether this version of libmicrohttpd ("0.9.75") leaves heads as they are expected here. */
bool head_layout_known(const char *version);

/* Begins with the pieces of the request line, in one memory of `length` bytes from `method` to the end of the head.
 * `target_length`: to its first NUL, before it was cut up itself. */
void head_begin(struct head *head, const char *method, const char *target, size_t target_length,
                const char *http_version, size_t length);

/* The next field, in the order in which fields came. */
void head_field(struct head *head, const char *name, size_t name_length, const char *value, size_t value_length);

/* Whether every byte of the head is accounted for. One case looks like the end of any head, and cannot be told: a line
 * of nothing but ":" that ends in a bare LF, behind lines that end in CR LF. */
bool head_is_whole(const struct head *head);

#endif
