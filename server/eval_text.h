/* A file of questions as text: plain or gzipped, UTF-8, cut into lines. */
#ifndef WORDVEC_SERVER_EVAL_TEXT_H
#define WORDVEC_SERVER_EVAL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "store/bytes.h"
#include "store/matrix/vocabulary.h"

struct eval_text {
  const char *path;
  struct bytes bytes;
  size_t at;   /* where the next line begins */
  size_t line; /* number of the line that was given last, from 1 */
};

/* Reads the file, "-" being standard input, of at most 256 MiB; eval_text_close() is due in any case. `universal`: a
 * carriage return ends a line too, alone or before a line feed, and is no part of it. STATUS_NOT_FOUND, STATUS_IO,
 * STATUS_LIMIT, STATUS_NO_MEMORY, STATUS_BAD_MATRIX for what is not UTF-8. */
enum status eval_text_open(const char *path, bool universal, struct problem *problem, struct eval_text *text) MUST_USE;
void eval_text_close(struct eval_text *text);

/* The next line without its end; false when none is left. Borrowed until the text is closed. */
bool eval_text_next(struct eval_text *text, struct word *line);

#endif
