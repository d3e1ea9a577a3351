/* Answers as text or tsv: what each command prints of the tree of an answer. */
#ifndef WORDVEC_SERVER_RENDER_H
#define WORDVEC_SERVER_RENDER_H

#include "server/answer.h"
#include "server/options.h"

/* Where and how answers are printed. */
struct render {
  const char *command;
  enum ask_format format;
  bool expects_gaps; /* the request said what unknown words get: null is no surprise */
};

/* COMPLETE: all is printed. PARTIAL: something had no answer, and standard error was told. BROKEN: the answer is not
 * what it should be, or there is no memory; standard error was told, what was printed may end anywhere. */
enum render_outcome { RENDER_COMPLETE, RENDER_PARTIAL, RENDER_BROKEN };

/* The answer as it came, which may be any bytes. */
void render_raw(const struct answer *answer);

/* /vector: `label`, then the numbers. */
enum render_outcome render_vector(const struct render *render, struct word label, const struct json_t *answer);

/* "vectors" of /vectors and /lookup, each behind its label; null is a label alone. */
enum render_outcome render_vectors(const struct render *render, const struct word *labels, size_t count,
                                   const struct json_t *answer);

/* {"word","index"}: /index and /word. */
enum render_outcome render_row(const struct render *render, const struct json_t *answer);

/* "words" of /words. */
enum render_outcome render_words(const struct render *render, const struct json_t *answer);

/* /closer-than: its words, and on standard error how many there are beyond them. */
enum render_outcome render_closer(const struct render *render, const struct json_t *answer);

/* {"word","other","rank"}. */
enum render_outcome render_rank(const struct render *render, const struct json_t *answer);

/* /doesnt-match: the word, and its row where it has one. */
enum render_outcome render_odd(const struct render *render, const struct json_t *answer);

/* /mean: the numbers alone; of many means a line each. */
enum render_outcome render_numbers(const struct render *render, const struct json_t *answer);
enum render_outcome render_means(const struct render *render, size_t count, const struct json_t *answer);

/* /similarity of a pair: {"a","b","similarity"}, where a set is its words with commas between; of `count` pairs. */
enum render_outcome render_pair(const struct render *render, const struct json_t *answer);
enum render_outcome render_pairs(const struct render *render, const struct word (*pairs)[2], size_t count,
                                 const struct json_t *answer);

/* A matrix of similarities, a column for each word and a line for each of the rows; `rows` NULL: of the model. As tsv
 * it is a record for each cell: word, row, similarity. */
struct render_matrix {
  const struct word *words;
  size_t word_count;
  const struct word *rows;
  size_t row_count;
};
enum render_outcome render_matrix(const struct render *render, const struct render_matrix *matrix,
                                  const struct json_t *answer);

/* "neighbors" of one query; "results" of many, each record behind its query (NULL: the "expression" of the result). */
enum render_outcome render_neighbors(const struct render *render, const struct json_t *answer);
enum render_outcome render_results(const struct render *render, const struct word *queries, size_t count,
                                   const struct json_t *answer);

#endif
