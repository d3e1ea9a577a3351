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

/* "neighbors" of one query; "results" of many, each record behind its query. */
enum render_outcome render_neighbors(const struct render *render, const struct json_t *answer);
enum render_outcome render_results(const struct render *render, const struct word *queries, size_t count,
                                   const struct json_t *answer);

#endif
