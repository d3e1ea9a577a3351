/* A store file made for its words, open. */
#ifndef WORDVEC_TESTS_SUPPORT_WORDS_MODEL_H
#define WORDVEC_TESTS_SUPPORT_WORDS_MODEL_H

#include "store/matrix/model.h"

/* Writes a model of these words into the scratch folder, one column holding the row's number, and opens it. The caller
 * drops it. scratch_open() comes first. */
struct model *words_model(const char *name, const struct word *words, uint32_t count);

#endif
