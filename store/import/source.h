/* Where a matrix is read from: a file, a gzip file, one member of a zip archive, or standard input (which may be gzip).
 * The container is told by its bytes, never by a name. A stream of the bytes inside it, with a look ahead. */
#ifndef WORDVEC_STORE_IMPORT_SOURCE_H
#define WORDVEC_STORE_IMPORT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/status.h"

enum {
  SOURCE_PATH_MAX = 4096,
  SOURCE_PEEK_MAX = 32 << 20 /* bytes that source_peek() can show */
};

struct source;

/* A path as the command line gives it, taken apart. */
struct source_path {
  char file[SOURCE_PATH_MAX];
  char member[SOURCE_PATH_MAX]; /* empty: none is named */
};

/* "FILE:member" is split at the last colon before which there is a file, but only when no file has the whole name.
 * STATUS_BAD_ARGUMENT for an empty or too long path. A path that names nothing comes back whole. */
enum status source_path_split(const char *path, struct problem *problem, struct source_path *out) MUST_USE;

/* Opens `path` ("-" for standard input). STATUS_NOT_FOUND, STATUS_IO, STATUS_UNSUPPORTED (a zip on standard input,
 * encryption, an unknown compression), STATUS_BAD_ARGUMENT (several files in a zip and none named; a member of what
 * is no zip), STATUS_BAD_MATRIX (a container that is cut off or damaged), STATUS_NO_MEMORY. */
enum status source_open(const char *path, struct problem *problem, struct source **out) MUST_USE;
void source_close(struct source *source); /* NULL is allowed */

/* The next bytes, without taking them: at least `wanted` (at most SOURCE_PEEK_MAX), or all when fewer are left;
 * *available may also be more. Borrowed until the next call. */
enum status source_peek(struct source *source, size_t wanted, struct problem *problem, const unsigned char **data,
                        size_t *available) MUST_USE;

/* Takes up to `size` bytes: all of them unless the end comes first. */
enum status source_read(struct source *source, void *buffer, size_t size, struct problem *problem,
                        size_t *got) MUST_USE;

/* Fails with STATUS_BAD_MATRIX at `position`; the text is "LABEL: " and the formatted text. */
enum status source_problem(const struct source *source, uint64_t position, struct problem *problem, const char *format,
                           ...) __attribute__((format(printf, 4, 5)));

/* The file's name without its folders, with ":member" for one of a zip; "-" for standard input. Bytes that could steer
 * a terminal are escaped in both. */
const char *source_label(const struct source *source);

uint64_t source_position(const struct source *source); /* bytes taken, after decompression */
uint64_t source_stored(const struct source *source);   /* bytes read of the stored file */
uint64_t source_total(const struct source *source);    /* bytes of the stored file; 0 when not known */

/* Something odd that was passed over, known once the end is reached: static storage, without the label; or NULL. */
const char *source_warning(const struct source *source);

#endif
