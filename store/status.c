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
    [STATUS_LOST] = "store file lost",
    [STATUS_BAD_MATRIX] = "malformed matrix",
    [STATUS_BAD_ARGUMENT] = "bad argument",
};

const char *status_text(enum status status) {
  unsigned index = (unsigned)status;
  return index < STATUS_COUNT ? texts[index] : "unknown status";
}

/* Takes from the end of text[0 .. length) the first bytes of a UTF-8 sequence whose other bytes were cut off. */
static size_t without_cut_sequence(const char *text, size_t length) {
  for (size_t taken = 1; taken <= 3 && taken <= length; taken++) {
    unsigned char byte = (unsigned char)text[length - taken];
    if (byte < 0x80) return length;
    if (byte < 0xC0) continue;
    size_t whole = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    return whole > taken ? length - taken : length;
  }
  return length;
}

/* Formats into text[0 .. size), where a text that is too long ends in "...". */
__attribute__((format(printf, 3, 0))) static void format_into(char *text, size_t size, const char *format,
                                                              va_list arguments) {
  static const char dots[] = "...";
  int needed = vsnprintf(text, size, format, arguments);
  if (needed < 0)
    text[0] = '\0';
  else if ((size_t)needed >= size)
    memcpy(text + without_cut_sequence(text, size - sizeof dots), dots, sizeof dots);
}

enum status problem_set(struct problem *problem, enum status status, uint64_t position, const char *format, ...) {
  if (problem) {
    problem->status = status;
    problem->position = position;
    va_list arguments;
    va_start(arguments, format);
    format_into(problem->text, sizeof problem->text, format, arguments);
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
    char buffer[128];
    /* The GNU strerror_r: safe between threads, whether it fills the buffer or returns a text of its own. */
    const char *reason = strerror_r(error, buffer, sizeof buffer);
    /* The reason is what matters most: a long path gives way to it. */
    size_t room = sizeof problem->text - strlen(": ") - strnlen(reason, sizeof buffer);
    va_list arguments;
    va_start(arguments, format);
    format_into(problem->text, room, format, arguments);
    va_end(arguments);
    size_t used = strlen(problem->text);
    snprintf(problem->text + used, sizeof problem->text - used, ": %s", reason);
  }
  return status;
}
