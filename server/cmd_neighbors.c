/* wordvec neighbors: of each word, or of one sum, row or vector that flags give. */
#include "server/asking.h"
#include "server/commands.h"

static enum render_outcome print_one(const struct render *render, const struct options *options,
                                     const struct json_t *answer) {
  (void)options;
  return render_neighbors(render, answer);
}

static enum render_outcome print_batch(const struct render *render, const struct word_batch *batch,
                                       const struct json_t *answer) {
  return render_results(render, batch->words, batch->count, answer);
}

/* Whether a flag says what is asked for, in place of words. */
static bool flags_ask(const struct options *options) {
  static const char *const names[] = {"positive", "negative", "index", "vector"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (options_parameter(options, names[i])) return true;
  return false;
}

int cmd_neighbors(const struct options *options) {
  static const struct asking many = {"/neighbors", asking_put_queries, print_batch, ASKING_QUERIES};
  struct question question;
  bool one = asking_one(options), flags = flags_ask(options);
  if (flags && options->operand_count > 0) {
    fprintf(stderr, "wordvec neighbors: give words, or --positive, --negative, --index or --vector, not both\n");
    return EXIT_USAGE;
  }
  if (!one && !flags) return asking_run(options, &many);
  question_begin(&question, "/neighbors", options);
  if (one) question_word(&question, "word", asking_operand(options, 0));
  return asking_once(options, &question, print_one);
}
