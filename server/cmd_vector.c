/* wordvec vector and lookup: rows of the matrix, by words and by numbers. */
#include "server/asking.h"
#include "server/commands.h"

static enum render_outcome print_one(const struct render *render, const struct options *options,
                                     const struct json_t *answer) {
  return render_vector(render, asking_operand(options, 0), answer);
}

static enum render_outcome print_batch(const struct render *render, const struct word_batch *batch,
                                       const struct json_t *answer) {
  return render_vectors(render, batch->words, batch->count, answer);
}

int cmd_vector(const struct options *options) {
  static const struct asking many = {"/vectors", asking_put_words, print_batch, ASKING_VECTORS};
  struct question question;
  if (!asking_one(options)) return asking_run(options, &many);
  question_begin(&question, "/vector", options);
  question_word(&question, "word", asking_operand(options, 0));
  return asking_once(options, &question, print_one);
}

int cmd_lookup(const struct options *options) {
  static const struct asking asking = {"/lookup", asking_put_indices, print_batch, ASKING_VECTORS};
  return asking_run(options, &asking);
}
