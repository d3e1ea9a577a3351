/* Analogies as gensim's evaluate_word_analogies() scores them: a file of sections ": NAME" and questions "A B C D",
 * each of which is answered rightly when D is the nearest to B - A + C. */
#ifndef WORDVEC_SERVER_EVAL_ANALOGIES_H
#define WORDVEC_SERVER_EVAL_ANALOGIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/eval_text.h"
#include "server/eval_words.h"

enum { ANALOGY_WORDS = 4 };

enum analogy_outcome {
  ANALOGY_UNKNOWN, /* a word is not among those that are known: it is not asked */
  ANALOGY_CORRECT,
  ANALOGY_INCORRECT
};

struct analogy {
  struct word words[ANALOGY_WORDS]; /* their forms */
  uint32_t rows[ANALOGY_WORDS];
  enum analogy_outcome outcome;
};

struct analogy_section {
  struct word name;
  size_t first, count; /* of the analogies */
};

struct eval_analogies {
  struct bytes text; /* of the forms */
  struct analogy *analogies;
  size_t count, capacity;
  struct analogy_section *sections;
  size_t section_count, section_capacity;
  size_t invalid; /* lines that are neither a section nor four words */
};

void eval_analogies_init(struct eval_analogies *all);
void eval_analogies_release(struct eval_analogies *all);

/* Reads the lines of `text`, which is to stay open. False: standard error was told. */
bool eval_analogies_read(struct eval_analogies *all, const struct eval_words *words, struct eval_text *text);

/* Asks all that are known, many at a time. False: standard error was told. */
bool eval_analogies_ask(struct eval_analogies *all, const struct eval_words *words, struct ask *ask,
                        const struct options *options);

/* How many of a section (NULL: of all) have that outcome. */
size_t eval_analogies_count(const struct eval_analogies *all, const struct analogy_section *section,
                            enum analogy_outcome outcome);

#endif
