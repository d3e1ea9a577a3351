/* A request as a command makes it: a path of the table of routes and the parameters, built as a tree and sent as a JSON
 * body where the route takes one, else as a query string.
 *
 * A failure (only memory) sticks: later calls do nothing, and question_encode() reports it. */
#ifndef WORDVEC_SERVER_QUESTION_H
#define WORDVEC_SERVER_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/options.h"
#include "store/matrix/vocabulary.h"

struct json_t;

struct question {
  const char *path; /* borrowed: "/vector" */
  struct json_t *parameters;
  bool failed;
};

/* Begins with the model and the parameters that the command line gives (`options` NULL: with nothing). */
void question_begin(struct question *question, const char *path, const struct options *options);
void question_release(struct question *question);

/* Sets one parameter. A word that is no UTF-8 text, or holds a NUL, goes as its bytes, under "NAME_bytes" or in a list
 * as {"word_bytes"}. */
void question_text(struct question *question, const char *name, const char *text);
void question_word(struct question *question, const char *name, struct word word);
void question_integer(struct question *question, const char *name, uint64_t value);
void question_words(struct question *question, const char *name, const struct word *words, size_t count);
void question_integers(struct question *question, const char *name, const uint64_t *values, size_t count);

/* Adds to the list "queries" an object with `count` words, each under its name; or with one list of them. */
void question_query(struct question *question, const char *const *names, const struct word *words, size_t count);
void question_query_list(struct question *question, const char *name, const struct word *words, size_t count);

/* Adds to the list "queries" a sum of rows. */
void question_query_sum(struct question *question, const uint64_t *positive, size_t positive_count,
                        const uint64_t *negative, size_t negative_count);

/* Adds two words, or rows, to the list "pairs". */
void question_pair(struct question *question, const struct word words[2]);
void question_pair_of_rows(struct question *question, const uint32_t rows[2]);

/* A request as it is sent. */
struct question_text {
  char *target;       /* "/vector?word=cat", percent-encoded, terminated */
  char *body;         /* NULL: it is a GET */
  size_t body_length; /* bytes */
};

/* The question as it is sent, to be given to question_text_release(). STATUS_NO_MEMORY. */
enum status question_encode(const struct question *question, struct question_text *out) MUST_USE;
void question_text_release(struct question_text *text);

/* About how many bytes of a body a word takes, and not fewer. */
size_t question_word_size(struct word word);

#endif
