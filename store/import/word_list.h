/* A list of words, one a line: of a matrix that has none of its own, or those that somebody asks for. A source as any
 * (plain, gzip, a zip member). Words are bytes: a line feed ends one, and a carriage return before it is not part of
 * it. An empty line is the empty word. */
#ifndef WORDVEC_STORE_IMPORT_WORD_LIST_H
#define WORDVEC_STORE_IMPORT_WORD_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/matrix/vocabulary.h"
#include "store/status.h"

struct word_list;

/* As source_open(); "-" is standard input. */
enum status word_list_open(const char *path, struct problem *problem, struct word_list **out) MUST_USE;
void word_list_close(struct word_list *list); /* NULL is allowed */

/* The next word, borrowed until the next call; *more is false when there is none. STATUS_BAD_MATRIX, with the line, for
 * one of more than WORD_LENGTH_MAX bytes. */
enum status word_list_next(struct word_list *list, struct problem *problem, bool *more, struct word *word) MUST_USE;

/* The file's name, for texts. */
const char *word_list_label(const struct word_list *list);

/* How many words a file has; it is read for that. */
enum status word_list_count(const char *path, struct problem *problem, uint64_t *count) MUST_USE;

/* The list that lies beside a matrix and has its name: of DIR/x.npy or DIR/x.npy.gz, the first that is there of
 * DIR/x.words.txt and DIR/x.words. STATUS_NOT_FOUND when there is none, STATUS_LIMIT when the path does not fit. */
enum status word_list_beside(const char *path, char *out, size_t size) MUST_USE;

#endif
