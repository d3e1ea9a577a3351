/* wordvec index, word and words: the vocabulary without its vectors. */
#include <stdlib.h>

#include "server/asking.h"
#include "server/commands.h"

enum { WORD_MAX = 1 << 20, PAGE_MOST = 1000 };

static enum render_outcome print_row(const struct render *render, const struct word_batch *batch,
                                     const struct json_t *answer) {
  (void)batch;
  return render_row(render, answer);
}

int cmd_index(const struct options *options) {
  static const struct asking asking = {"/index", asking_put_word, print_row, ASKING_ONE};
  return asking_run(options, &asking);
}

int cmd_word(const struct options *options) {
  static const struct asking asking = {"/word", asking_put_index, print_row, ASKING_ONE};
  return asking_run(options, &asking);
}

/* Where a listing stands. */
struct listing {
  struct ask *ask;
  const struct options *options;
  size_t page;       /* words of a page */
  size_t left;       /* words that are still wanted */
  struct bytes text; /* of `after` */
  struct word after; /* bytes NULL: from the beginning, or where --after says */
};

/* Prints a page; *more says whether another follows. */
static bool list_page(struct listing *listing, bool *more) {
  const struct options *options = listing->options;
  const struct render render = {.command = "words", .format = options->ask.format};
  size_t count = listing->page < listing->left ? listing->page : listing->left;
  struct question question;
  struct answer answer;
  question_begin(&question, "/words", options);
  if (listing->after.bytes) question_word(&question, "after", listing->after);
  question_integer(&question, "limit", count);
  bool asked = ask_question(listing->ask, &question, &answer) == ASK_ANSWERED;
  question_release(&question);
  if (!asked) return false;
  bool good = true;
  if (options->ask.format == ASK_JSON)
    render_raw(&answer);
  else
    good = render_words(&render, answer.root) == RENDER_COMPLETE;
  listing->text.length = 0;
  listing->left -= count;
  *more = listing->left > 0 && answer_word(answer.root, "next", &listing->text, &listing->after);
  answer_clear(&answer);
  return good && !ferror(stdout);
}

int cmd_words(const struct options *options) {
  struct listing listing = {.options = options, .left = options->ask.limit ? options->ask.limit : SIZE_MAX};
  struct ask_limits limits;
  int status;
  if (!ask_open(options, ASK_ONE_MODEL, &listing.ask, &status)) return status;
  bytes_init(&listing.text, WORD_MAX);
  bool good = ask_limits(listing.ask, &limits), more = true;
  listing.page = limits.words < PAGE_MOST ? limits.words : PAGE_MOST;
  while (good && more) good = list_page(&listing, &more);
  bytes_release(&listing.text);
  ask_close(listing.ask);
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
