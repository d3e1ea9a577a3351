/* wordvec mean and doesnt-match: a list of words as one thing, and what does not belong to it. */
#include <stdlib.h>

#include "server/asking.h"
#include "server/commands.h"

static bool put_means(struct question *question, const struct word_source *source, const struct word_batch *batch) {
  for (size_t i = 0; i < batch->count; i++) {
    size_t count;
    struct word *words = asking_split_all(source, batch, i, &count);
    if (!words) return false;
    question_query_list(question, "words", words, count);
    free(words);
  }
  return true;
}

static bool put_list(struct question *question, const struct word_source *source, const struct word_batch *batch) {
  size_t count;
  struct word *words = asking_split_all(source, batch, 0, &count);
  if (!words) return false;
  question_words(question, "words", words, count);
  free(words);
  return true;
}

static void put_operands(struct question *question, const struct options *options) {
  for (size_t i = 0; i < options->operand_count; i++) {
    struct word word = asking_operand(options, i);
    question_words(question, "words", &word, 1);
  }
}

static enum render_outcome print_mean(const struct render *render, const struct options *options,
                                      const struct json_t *answer) {
  (void)options;
  return render_numbers(render, answer);
}

static enum render_outcome print_means(const struct render *render, const struct word_batch *batch,
                                       const struct json_t *answer) {
  return render_means(render, batch->count, answer);
}

int cmd_mean(const struct options *options) {
  static const struct asking many = {"/mean", put_means, print_means, ASKING_VECTORS};
  struct question question;
  if (asking_input(options)) return asking_run(options, &many);
  question_begin(&question, "/mean", options);
  put_operands(&question, options);
  return asking_once(options, &question, print_mean);
}

static enum render_outcome print_odd(const struct render *render, const struct options *options,
                                     const struct json_t *answer) {
  (void)options;
  return render_odd(render, answer);
}

static enum render_outcome print_next_odd(const struct render *render, const struct word_batch *batch,
                                          const struct json_t *answer) {
  (void)batch;
  return render_odd(render, answer);
}

int cmd_doesnt_match(const struct options *options) {
  static const struct asking many = {"/doesnt-match", put_list, print_next_odd, ASKING_ONE};
  struct question question;
  if (asking_input(options)) return asking_run(options, &many);
  question_begin(&question, "/doesnt-match", options);
  put_operands(&question, options);
  return asking_once(options, &question, print_odd);
}
