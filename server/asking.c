/* The loop over batches. How large they may be is known from the limits of whoever is asked. */
#include "server/asking.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/options_table.h"
#include "server/sheet.h"

enum {
  FEW_WORDS = 64,     /* of any dimension these are within the limits that servers have unless told otherwise */
  BATCH_MOST = 1000,  /* words: more gain nothing */
  HITS_MOST = 100000, /* of a batch, whose answer is read into memory */
  K_DEFAULT = 10,
  BODY_AROUND = 4 << 10 /* bytes of a body that are not words */
};

static struct render render_of(const struct options *options) {
  return (struct render){.command = command_table()[options->command].name,
                         .format = options->ask.format,
                         .expects_gaps = options_parameter(options, "oov") != NULL};
}

bool asking_input(const struct options *options) {
  return options->operand_count == 0 || (options->operand_count == 1 && strcmp(options->operands[0], "-") == 0);
}

bool asking_one(const struct options *options) {
  return options->operand_count == 1 && !asking_input(options);
}

struct word asking_operand(const struct options *options, size_t i) {
  return (struct word){options->operands[i], strlen(options->operands[i])};
}

/* ---- Sizes of batches */

static size_t asked_k(const struct options *options) {
  const char *text = options_parameter(options, "k");
  return text ? strtoull(text, NULL, 10) : K_DEFAULT;
}

static size_t at_least_one(size_t count) {
  return count > 0 ? count : 1;
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

static bool size_batches(struct ask *ask, const struct options *options, const struct asking *asking,
                         const struct word_source *source, struct word_batch_limits *out) {
  struct ask_limits limits;
  size_t dim;
  *out = (struct word_batch_limits){.words = 1, .bytes = SIZE_MAX, .whole = options->ask.format == ASK_JSON};
  if (asking->batches == ASKING_ONE) return true;
  out->words = FEW_WORDS;
  if (!source->input && source->operand_count <= FEW_WORDS) return true;
  if (!ask_limits(ask, &limits)) return false;
  out->bytes = limits.body_bytes > BODY_AROUND ? limits.body_bytes - BODY_AROUND : 0;
  if (asking->batches == ASKING_QUERIES) {
    out->words =
        at_least_one(least(least(limits.batch_queries, BATCH_MOST), HITS_MOST / at_least_one(asked_k(options))));
    return true;
  }
  if (!ask_dim(ask, &dim)) return false;
  out->words = at_least_one(least(limits.answer_floats / dim, BATCH_MOST));
  return true;
}

/* ---- The loop */

static enum render_outcome ask_batch(struct ask *ask, const struct options *options, const struct asking *asking,
                                     const struct word_source *source, const struct word_batch *batch) {
  struct question question;
  struct answer answer;
  const struct render render = render_of(options);
  question_begin(&question, asking->path, options);
  enum ask_outcome asked = ASK_FAILED;
  if (asking->put(&question, source, batch)) asked = ask_question(ask, &question, &answer);
  question_release(&question);
  if (asked != ASK_ANSWERED) return asked == ASK_UNKNOWN ? RENDER_PARTIAL : RENDER_BROKEN;
  enum render_outcome outcome = RENDER_COMPLETE;
  if (options->ask.format == ASK_JSON)
    render_raw(&answer);
  else
    outcome = asking->render(&render, batch, answer.root);
  answer_clear(&answer);
  return outcome;
}

static enum render_outcome ask_all(struct ask *ask, const struct options *options, const struct asking *asking) {
  struct word_source source;
  struct word_batch batch;
  struct word_batch_limits limits;
  enum render_outcome worst = RENDER_COMPLETE;
  word_source_init(&source, options);
  word_batch_init(&batch);
  bool good = size_batches(ask, options, asking, &source, &limits);
  while (good && (good = word_source_next(&source, &limits, &batch)) && batch.count > 0) {
    enum render_outcome outcome = ask_batch(ask, options, asking, &source, &batch);
    if (outcome > worst) worst = outcome;
    good = outcome != RENDER_BROKEN && !ferror(stdout);
  }
  word_batch_release(&batch);
  word_source_release(&source);
  return good ? worst : RENDER_BROKEN;
}

int asking_run(const struct options *options, const struct asking *asking) {
  struct ask *ask;
  int status;
  if (!ask_open(options, ASK_ONE_MODEL, &ask, &status)) return status;
  enum render_outcome outcome = ask_all(ask, options, asking);
  ask_close(ask);
  return outcome == RENDER_COMPLETE ? EXIT_SUCCESS : EXIT_FAILURE;
}

int asking_once(const struct options *options, struct question *question, asking_print *print) {
  struct ask *ask;
  struct answer answer;
  const struct render render = render_of(options);
  int status;
  bool opened = ask_open(options, ASK_ONE_MODEL, &ask, &status);
  if (opened) {
    status = EXIT_FAILURE;
    if (ask_question(ask, question, &answer) == ASK_ANSWERED) {
      if (options->ask.format == ASK_JSON) render_raw(&answer);
      if (options->ask.format == ASK_JSON || print(&render, options, answer.root) == RENDER_COMPLETE)
        status = EXIT_SUCCESS;
      answer_clear(&answer);
    }
    ask_close(ask);
  }
  question_release(question);
  return status;
}

/* ---- Words into questions */

bool asking_put_word(struct question *question, const struct word_source *source, const struct word_batch *batch) {
  (void)source;
  question_word(question, "word", batch->words[0]);
  return true;
}

bool asking_put_words(struct question *question, const struct word_source *source, const struct word_batch *batch) {
  (void)source;
  question_words(question, "words", batch->words, batch->count);
  return true;
}

bool asking_put_queries(struct question *question, const struct word_source *source, const struct word_batch *batch) {
  static const char *const name = "word";
  (void)source;
  for (size_t i = 0; i < batch->count; i++) question_query(question, &name, &batch->words[i], 1);
  return true;
}

static bool read_index(const struct word_source *source, struct word word, uint64_t *index) {
  char digits[24], *end;
  errno = 0;
  if (word.length > 0 && word.length < sizeof digits && *word.bytes >= '0' && *word.bytes <= '9') {
    memcpy(digits, word.bytes, word.length);
    digits[word.length] = '\0';
    unsigned long long value = strtoull(digits, &end, 10);
    if (*end == '\0' && errno == 0 && value <= INT64_MAX) {
      *index = value;
      return true;
    }
  }
  fprintf(stderr, "wordvec %s: \"", source->command);
  sheet_write_word(stderr, ASK_TEXT, word);
  fprintf(stderr, "\" is no row's number: rows count from 0\n");
  return false;
}

bool asking_put_index(struct question *question, const struct word_source *source, const struct word_batch *batch) {
  uint64_t index;
  if (!read_index(source, batch->words[0], &index)) return false;
  question_integer(question, "index", index);
  return true;
}

bool asking_put_indices(struct question *question, const struct word_source *source, const struct word_batch *batch) {
  for (size_t i = 0; i < batch->count; i++) {
    uint64_t index;
    if (!read_index(source, batch->words[i], &index)) return false;
    question_integers(question, "indices", &index, 1);
  }
  return true;
}

bool asking_split(const struct word_source *source, const struct word_batch *batch, size_t i, struct word *words,
                  size_t count) {
  size_t found = word_source_split(batch->words[i], words, count);
  if (found == count) return true;
  fprintf(stderr, "wordvec %s: line %zu of standard input has %zu word%s where %zu are expected\n", source->command,
          batch->lines[i], found, found == 1 ? "" : "s", count);
  return false;
}

struct word *asking_split_all(const struct word_source *source, const struct word_batch *batch, size_t i,
                              size_t *count) {
  size_t most = word_source_split(batch->words[i], NULL, 0);
  struct word *words = calloc(most + 1, sizeof *words); /* a line of spaces has none */
  if (words)
    *count = word_source_split(batch->words[i], words, most);
  else
    fprintf(stderr, "wordvec %s: out of memory\n", source->command);
  return words;
}
