/* A file that is being written: without a name until it is whole, or a descriptor that takes bytes as they come. */
#ifndef WORDVEC_STORE_EXPORT_OUTPUT_H
#define WORDVEC_STORE_EXPORT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/matrix/model.h"
#include "store/status.h"

struct output {
  int fd;      /* -1: not open */
  bool direct; /* bytes go where they are to be at once */
  bool owned;  /* the descriptor is closed at the end */
  bool replace;
  char path[MODEL_PATH_MAX]; /* "-": standard output */
  char part[MODEL_PATH_MAX]; /* the name it has meanwhile; empty: none */
  unsigned char *buffer;
  size_t length;  /* in the buffer */
  uint64_t bytes; /* written, with those in the buffer */
};

#define OUTPUT_NONE ((struct output){.fd = -1})

/* Opens `path`: "-" for standard output. STATUS_EXISTS when a file is there and `replace` is false. */
enum status output_open(struct output *output, const char *path, bool replace, struct problem *problem) MUST_USE;

/* Writes to a descriptor, which stays the caller's. */
enum status output_open_descriptor(struct output *output, int fd, struct problem *problem) MUST_USE;

enum status output_write(struct output *output, const void *bytes, size_t length, struct problem *problem) MUST_USE;
enum status output_text(struct output *output, struct problem *problem, const char *format, ...)
    __attribute__((format(printf, 3, 4))) MUST_USE;

/* All bytes are out of the buffer, and synced where they can be. */
enum status output_flush(struct output *output, struct problem *problem) MUST_USE;

/* Gives the flushed file its name, which may take away what had it. */
enum status output_name(struct output *output, struct problem *problem) MUST_USE;

/* Takes the name away again. */
void output_unname(struct output *output);

/* Closes and frees; a file without its name is gone. */
void output_close(struct output *output);

#endif
