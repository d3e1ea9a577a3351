/* What a source is made of: a stream of stored bytes (a file or standard input), and over it, where the first bytes
 * say so, a gzip or zip stream. Internal to source*.c. */
#ifndef WORDVEC_STORE_IMPORT_STREAM_H
#define WORDVEC_STORE_IMPORT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/status.h"

enum { STORED_FIRST = 4096 }; /* bytes kept from the start of a file, to tell containers by */

/* The stored bytes, in order from the start. */
struct stored {
  int fd;
  bool owned; /* the descriptor is closed at the end */
  unsigned char first[STORED_FIRST];
  size_t first_length;
  uint64_t position; /* bytes handed out */
  const char *label; /* for texts; borrowed */
};

/* Reads the first bytes. */
enum status stored_open(struct stored *stored, int fd, bool owned, const char *label, struct problem *problem) MUST_USE;
void stored_close(struct stored *stored);

/* Up to `size` next bytes; *got is 0 only at the end. */
enum status stored_read(struct stored *stored, unsigned char *buffer, size_t size, struct problem *problem,
                        size_t *got) MUST_USE;

struct gzip_stream;

/* Over stored bytes of which nothing has been read. Members that follow each other are read as one. */
enum status gzip_open(struct stored *stored, struct problem *problem, struct gzip_stream **out) MUST_USE;
void gzip_close(struct gzip_stream *gzip);
enum status gzip_read(struct gzip_stream *gzip, unsigned char *buffer, size_t size, struct problem *problem,
                      size_t *got) MUST_USE;

/* Whether the end was reached with bytes left that are neither a further member nor padding with zeros. */
bool gzip_has_trailing_bytes(const struct gzip_stream *gzip);

struct zip_stream;

/* The member `member` of the archive in a seekable file, or its only file when `member` is NULL. STATUS_NOT_FOUND for
 * a member that is not there, STATUS_BAD_ARGUMENT when there are several and none is named; the text lists them. */
enum status zip_stream_open(const struct stored *stored, const char *member, struct problem *problem,
                            struct zip_stream **out) MUST_USE;
void zip_stream_close(struct zip_stream *zip);
enum status zip_stream_read(struct zip_stream *zip, unsigned char *buffer, size_t size, struct problem *problem,
                            size_t *got) MUST_USE;
const char *zip_stream_member(const struct zip_stream *zip); /* its name in the archive */
uint64_t zip_stream_stored(const struct zip_stream *zip);    /* compressed bytes read, in proportion */
uint64_t zip_stream_total(const struct zip_stream *zip);     /* compressed bytes in all */

#endif
