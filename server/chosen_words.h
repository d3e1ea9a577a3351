/* Rows of a model chosen by a list of words, in the list's order and each word once: gensim's vectors_for_all(). */
#ifndef WORDVEC_SERVER_CHOSEN_WORDS_H
#define WORDVEC_SERVER_CHOSEN_WORDS_H

#include "server/word_policy.h"
#include "store/bytes.h"
#include "store/export/export.h"

/* A word of the list, and the model's row for it. */
struct chosen_word {
  size_t offset; /* of its bytes in `text` */
  uint32_t length;
  uint32_t row; /* CHOSEN_MADE: what stands in for an unknown word */
};

enum { CHOSEN_SHOWN = 100 };
#define CHOSEN_MADE UINT32_MAX

struct chosen_words {
  const struct model *model; /* borrowed */
  enum oov_policy oov;
  struct bytes text;  /* the words' bytes */
  struct bytes words; /* struct chosen_word each */
  size_t count;
  float *made;       /* [dim]: for vectors that the model does not hold */
  uint64_t unknown;  /* words that the vocabulary does not have */
  uint64_t repeated; /* words left out because they came before */
  char first_unknown[CHOSEN_SHOWN];
};

/* Reads the list at `path` ("-": standard input); it is held in memory. Words are found as `policy` says: under
 * OOV_ERROR an unknown one is STATUS_NOT_FOUND, under OOV_NULL it is left out. STATUS_UNSUPPORTED when the model cannot
 * follow the policy; also as word_list_*() fails. To be released in any case. */
enum status chosen_words_read(const struct model *model, const char *path, struct word_policy policy,
                              struct problem *problem, struct chosen_words *out) MUST_USE;
void chosen_words_release(struct chosen_words *chosen);

/* The rows to export: the words as they are in the list, with the vectors of what they were found as. */
struct export_rows chosen_words_rows(struct chosen_words *chosen);

#endif
