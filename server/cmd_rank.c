/* wordvec rank and closer-than: a second word as it is seen from the first. */
#include "server/asking.h"
#include "server/commands.h"

enum { WORDS = 2 };

static bool put_rank(struct question *question, const struct word_source *source, const struct word_batch *batch) {
  struct word words[WORDS];
  if (!asking_split(source, batch, 0, words, WORDS)) return false;
  question_word(question, "word", words[0]);
  question_word(question, "other", words[1]);
  return true;
}

static enum render_outcome print_rank(const struct render *render, const struct options *options,
                                      const struct json_t *answer) {
  (void)options;
  return render_rank(render, answer);
}

static enum render_outcome print_next_rank(const struct render *render, const struct word_batch *batch,
                                           const struct json_t *answer) {
  (void)batch;
  return render_rank(render, answer);
}

int cmd_rank(const struct options *options) {
  static const struct asking many = {"/rank", put_rank, print_next_rank, ASKING_ONE};
  struct question question;
  if (asking_input(options)) return asking_run(options, &many);
  if (options->operand_count != WORDS) {
    fprintf(stderr, "wordvec rank: a rank is that of OTHER as seen from WORD: give both\n");
    return EXIT_USAGE;
  }
  question_begin(&question, "/rank", options);
  question_word(&question, "word", asking_operand(options, 0));
  question_word(&question, "other", asking_operand(options, 1));
  return asking_once(options, &question, print_rank);
}

static enum render_outcome print_closer(const struct render *render, const struct options *options,
                                        const struct json_t *answer) {
  (void)options;
  return render_closer(render, answer);
}

int cmd_closer_than(const struct options *options) {
  struct question question;
  question_begin(&question, "/closer-than", options);
  question_word(&question, "word", asking_operand(options, 0));
  question_word(&question, "than", asking_operand(options, 1));
  return asking_once(options, &question, print_closer);
}
