/* The keys that clients show, as "Authorization: Bearer KEY" (RFC 6750): read from a file, compared so that time tells
 * nothing, changed while requests run. Keys are secrets: none is ever logged or quoted, and what held one is wiped.
 *
 * The file has a key a line; empty lines and lines that begin with '#' are skipped, white space around a key is no part
 * of it. A key is KEY_BYTES_MIN to KEY_BYTES_MAX visible ASCII characters. */
#ifndef WORDVEC_SERVER_KEYS_H
#define WORDVEC_SERVER_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "store/status.h"

enum { KEY_BYTES_MIN = 16, KEY_BYTES_MAX = 512, KEYS_MAX = 64 };

struct keys;

/* Reads the file. STATUS_BAD_ARGUMENT: it is malformed, or holds no key; *problem names the line. STATUS_NOT_FOUND,
 * STATUS_IO: it cannot be read. STATUS_NO_MEMORY. */
enum status keys_open(const char *path, struct problem *problem, struct keys **out) MUST_USE;
void keys_close(struct keys *keys); /* NULL is allowed */

/* Reads the file again, and puts what it holds in the place of the keys before, while other threads judge. On failure,
 * as keys_open() tells it, the keys stay as they were. */
enum status keys_reload(struct keys *keys, struct problem *problem) MUST_USE;

size_t keys_count(struct keys *keys);

/* Whether users other than its owner and group may read or change the file, as it was when it was read last. */
bool keys_exposed(struct keys *keys);

enum keys_verdict {
  KEYS_MISSING, /* no credentials, or of another scheme */
  KEYS_WRONG,   /* a bearer's that no key is */
  KEYS_RIGHT
};

/* Judges the value of an Authorization field of `length` bytes; NULL: there was none. Takes as long whichever key it
 * is, and however much of one is right. */
enum keys_verdict keys_judge(struct keys *keys, const char *authorization, size_t length);

/* The first key of a file, for a client to show. To be given to keys_forget(). As keys_open(). */
enum status keys_read_first(const char *path, struct problem *problem, char **out) MUST_USE;
void keys_forget(char *key); /* wipes and frees; NULL is allowed */

#endif
