/* wordvec analogy: A is to B as C is to what. */
#include "server/asking.h"
#include "server/commands.h"

enum { WORDS = 3 };
static const char *const names[WORDS] = {"a", "b", "c"};

static bool put(struct question *question, const struct word_source *source, const struct word_batch *batch) {
  for (size_t i = 0; i < batch->count; i++) {
    struct word words[WORDS];
    if (!asking_split(source, batch, i, words, WORDS)) return false;
    question_query(question, names, words, WORDS);
  }
  return true;
}

static enum render_outcome print_one(const struct render *render, const struct options *options,
                                     const struct json_t *answer) {
  (void)options;
  return render_neighbors(render, answer);
}

static enum render_outcome print_batch(const struct render *render, const struct word_batch *batch,
                                       const struct json_t *answer) {
  return render_results(render, NULL, batch->count, answer);
}

int cmd_analogy(const struct options *options) {
  static const struct asking many = {"/analogy", put, print_batch, ASKING_QUERIES};
  struct question question;
  if (asking_input(options)) return asking_run(options, &many);
  if (options->operand_count != WORDS) {
    fprintf(stderr, "wordvec analogy: an analogy has three words, A, B and C\n");
    return EXIT_USAGE;
  }
  question_begin(&question, "/analogy", options);
  for (size_t i = 0; i < WORDS; i++) question_word(&question, names[i], asking_operand(options, i));
  return asking_once(options, &question, print_one);
}
