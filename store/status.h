/* The closed list of outcomes of everything under store/, and the report that goes with a failure.
 *
 * Every function that can fail returns an enum status; STATUS_OK is 0. Output parameters come last and are left
 * untouched on failure. Functions that read bytes from outside also fill a caller-owned struct problem. */
#ifndef WORDVEC_STORE_STATUS_H
#define WORDVEC_STORE_STATUS_H

#include <stdarg.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))

enum status {
  STATUS_OK = 0,
  STATUS_NO_MEMORY,   /* an allocation failed */
  STATUS_LIMIT,       /* a stated limit would be passed */
  STATUS_IO,          /* a system call failed; the text names it */
  STATUS_NO_SPACE,    /* the disk is full */
  STATUS_NOT_FOUND,   /* no such file, model, word or row */
  STATUS_EXISTS,      /* the name is taken */
  STATUS_BUSY,        /* others hold it for now: a name, or what is left of a budget */
  STATUS_FOREIGN,     /* not a wordvec store file at all */
  STATUS_UNSUPPORTED, /* a version, byte order or input format that this build does not read */
  STATUS_DAMAGED,     /* a store file whose checksum or structure does not hold */
  STATUS_LOST,        /* a store file that was cut short, changed or became unreadable while it was in use */
  STATUS_BAD_MATRIX,  /* an input matrix that cannot be read; position says where */
  STATUS_BAD_ARGUMENT /* the caller asked for something impossible */
};

#define STATUS_COUNT (STATUS_BAD_ARGUMENT + 1)

/* What went wrong, for a person. `position` is a line (from 1) in a text matrix, a byte offset in a binary one, and 0
 * where there is no place to name; the text already says it in words. `text` is always terminated; one that is too long
 * ends in "...", and not inside a UTF-8 sequence. */
struct problem {
  enum status status;
  uint64_t position;
  char text[480];
};

/* Fills *problem (which may be NULL) and returns `status`, so that failing code reads `return problem_set(...)`. */
enum status problem_set(struct problem *problem, enum status status, uint64_t position, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* As problem_set() for a failed system call: appends ": " and the text of `error` (an errno value); the status is
 * STATUS_NO_SPACE for ENOSPC and EDQUOT, STATUS_NO_MEMORY for ENOMEM, STATUS_NOT_FOUND for ENOENT, else STATUS_IO. */
enum status problem_set_errno(struct problem *problem, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A short English phrase, static storage, for every enum status; "unknown status" for any other value. */
const char *status_text(enum status status);

#endif
