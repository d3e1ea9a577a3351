/* wordvec similarity: of two words, of two sets, of many words with many. */
#include <stdlib.h>
#include <string.h>

#include "server/asking.h"
#include "server/commands.h"

enum { PAIR = 2 };

static bool put_pairs(struct question *question, const struct word_source *source, const struct word_batch *batch) {
  for (size_t i = 0; i < batch->count; i++) {
    struct word words[PAIR];
    if (!asking_split(source, batch, i, words, PAIR)) return false;
    question_pair(question, words);
  }
  return true;
}

static enum render_outcome print_pairs(const struct render *render, const struct word_batch *batch,
                                       const struct json_t *answer) {
  struct word(*pairs)[PAIR] = calloc(batch->count, sizeof *pairs);
  if (!pairs) return RENDER_BROKEN;
  for (size_t i = 0; i < batch->count; i++) word_source_split(batch->words[i], pairs[i], PAIR);
  enum render_outcome outcome = render_pairs(render, (const struct word(*)[PAIR])pairs, batch->count, answer);
  free(pairs);
  return outcome;
}

static enum render_outcome print_pair(const struct render *render, const struct options *options,
                                      const struct json_t *answer) {
  (void)options;
  return render_pair(render, answer);
}

/* The words of the columns, those of the rows, or none for those of the model. */
static enum render_outcome print_matrix(const struct render *render, const struct options *options,
                                        const struct json_t *answer) {
  size_t most = options->operand_count + options->parameter_count, rows = 0;
  struct word *labels = calloc(2 * most, sizeof *labels);
  if (!labels) return RENDER_BROKEN;
  for (size_t i = 0; i < options->operand_count; i++) labels[i] = asking_operand(options, i);
  struct word *others = labels + options->operand_count;
  for (size_t i = 0; i < options->parameter_count; i++) {
    const char *text = options->parameters[i].text;
    if (options_is(&options->parameters[i], "others")) others[rows++] = (struct word){text, strlen(text)};
  }
  struct render_matrix matrix = {labels, options->operand_count, rows > 0 ? others : labels,
                                 rows > 0 ? rows : options->operand_count};
  if (options->ask.every_row) matrix.rows = NULL;
  enum render_outcome outcome = render_matrix(render, &matrix, answer);
  free(labels);
  return outcome;
}

/* Whether the flags give two sets, and nothing else says what is compared; false with *status: standard error was told.
 */
static bool compares_sets(const struct options *options, int *status) {
  bool a = options_parameter(options, "a"), b = options_parameter(options, "b");
  bool others = options_parameter(options, "others") || options->ask.every_row;
  *status = EXIT_SUCCESS;
  if (!a && !b && !(others && asking_input(options)) && (others || !asking_one(options))) return false;
  if (a && b && !others && options->operand_count == 0) return true;
  fprintf(
      stderr,
      "wordvec similarity: give two words or more, or sets by --a and --b; --others and --every-row go with words\n");
  *status = EXIT_USAGE;
  return false;
}

int cmd_similarity(const struct options *options) {
  static const struct asking many = {"/similarity", put_pairs, print_pairs, ASKING_QUERIES};
  struct question question;
  int status;
  bool sets = compares_sets(options, &status);
  if (status != EXIT_SUCCESS) return status;
  bool others = options_parameter(options, "others") != NULL;
  if (!sets && asking_input(options)) return asking_run(options, &many);
  question_begin(&question, "/similarity", options);
  if (sets) return asking_once(options, &question, print_pair);
  if (options->operand_count == PAIR && !others && !options->ask.every_row) {
    question_word(&question, "a", asking_operand(options, 0));
    question_word(&question, "b", asking_operand(options, 1));
    return asking_once(options, &question, print_pair);
  }
  for (size_t i = 0; i < options->operand_count; i++) {
    struct word word = asking_operand(options, i);
    question_words(&question, "words", &word, 1);
    if (!others && !options->ask.every_row) question_words(&question, "others", &word, 1);
  }
  return asking_once(options, &question, print_matrix);
}
