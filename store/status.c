/* The texts of the outcomes, and the two ways of filling a problem report. */
#include "store/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const texts[STATUS_COUNT] = {
    [STATUS_OK] = "ok",
    [STATUS_NO_MEMORY] = "out of memory",
    [STATUS_LIMIT] = "limit exceeded",
    [STATUS_IO] = "input/output error",
    [STATUS_NO_SPACE] = "disk full",
    [STATUS_NOT_FOUND] = "not found",
    [STATUS_EXISTS] = "already exists",
    [STATUS_BUSY] = "busy",
    [STATUS_FOREIGN] = "not a wordvec store file",
    [STATUS_UNSUPPORTED] = "unsupported",
    [STATUS_DAMAGED] = "damaged store file",
    [STATUS_BAD_MATRIX] = "malformed matrix",
    [STATUS_BAD_ARGUMENT] = "bad argument",
};

const char *status_text(enum status status) {
  unsigned index = (unsigned)status;
  return index < STATUS_COUNT ? texts[index] : "unknown status";
}

enum status problem_set(struct problem *problem, enum status status, uint64_t position, const char *format, ...) {
  if (problem) {
    problem->status = status;
    problem->position = position;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
  }
  return status;
}

static enum status status_of_errno(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return STATUS_NO_SPACE;
    case ENOMEM: return STATUS_NO_MEMORY;
    case ENOENT: return STATUS_NOT_FOUND;
    default: return STATUS_IO;
  }
}

enum status problem_set_errno(struct problem *problem, int error, const char *format, ...) {
  enum status status = status_of_errno(error);
  if (problem) {
    problem->status = status;
    problem->position = 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
    size_t used = strlen(problem->text);
    char reason[128];
    /* The GNU strerror_r: it may return a static text instead of filling the buffer; safe between threads either way.
     */
    snprintf(problem->text + used, sizeof problem->text - used, ": %s", strerror_r(error, reason, sizeof reason));
  }
  return status;
}
