/* wordvec eval NAME: scores a model on files of analogies and of judged pairs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "server/commands.h"
#include "server/correlation.h"
#include "server/eval_analogies.h"
#include "server/eval_pairs.h"
#include "server/json_text.h"
#include "server/sheet.h"

enum { ANSWER_MAX = 1 << 30 };

/* What was found out. */
struct evaluation {
  const struct options *options;
  struct eval_analogies analogies;
  struct eval_pairs pairs;
  struct correlation pearson, spearman;
};

/* ---- Scores */

/* Of a section, or with NULL of all. */
struct score {
  size_t correct, asked, questions;
};

static struct score score_of(const struct evaluation *evaluation, const struct analogy_section *section) {
  const struct eval_analogies *all = &evaluation->analogies;
  size_t correct = eval_analogies_count(all, section, ANALOGY_CORRECT);
  size_t incorrect = eval_analogies_count(all, section, ANALOGY_INCORRECT);
  size_t unknown = eval_analogies_count(all, section, ANALOGY_UNKNOWN);
  return (struct score){correct, correct + incorrect, correct + incorrect + unknown};
}

static double share(size_t part, size_t all) {
  return all > 0 ? (double)part / (double)all : 0;
}

/* As gensim counts: unknown questions are asked and answered wrongly where --dummy4unknown says so. */
static double accuracy_of(const struct evaluation *evaluation, struct score score) {
  return share(score.correct, evaluation->options->eval.dummy4unknown ? score.questions : score.asked);
}

/* ---- As a table */

static void add_percent(struct sheet *sheet, double value) {
  char text[32];
  snprintf(text, sizeof text, "%.2f %%", 100 * value);
  if (sheet->format == ASK_TSV)
    sheet_number(sheet, value);
  else
    sheet_head(sheet, text, true);
}

static void add_score(struct sheet *sheet, const struct evaluation *evaluation, const struct analogy_section *section) {
  struct score score = score_of(evaluation, section);
  if (section)
    sheet_word(sheet, section->name);
  else
    sheet_text(sheet, "Total accuracy");
  add_percent(sheet, accuracy_of(evaluation, score));
  sheet_size(sheet, score.correct);
  sheet_size(sheet, score.asked);
  sheet_size(sheet, score.questions);
  add_percent(sheet, share(score.asked, score.questions));
}

static bool print_sections(const struct evaluation *evaluation) {
  static const char *const heads[] = {"SECTION", "ACCURACY", "CORRECT", "ASKED", "QUESTIONS", "COVERAGE"};
  enum { COLUMNS = sizeof heads / sizeof heads[0] };
  const struct eval_analogies *all = &evaluation->analogies;
  struct sheet sheet;
  sheet_init(&sheet, stdout, evaluation->options->ask.format, COLUMNS);
  for (size_t i = 0; sheet.format == ASK_TEXT && i < COLUMNS; i++) sheet_head(&sheet, heads[i], i > 0);
  for (size_t i = 0; i < all->section_count; i++) add_score(&sheet, evaluation, &all->sections[i]);
  add_score(&sheet, evaluation, NULL);
  bool printed = sheet_print(&sheet);
  sheet_release(&sheet);
  return printed;
}

static void add_correlation(struct sheet *sheet, const char *name, struct correlation correlation) {
  char text[32];
  sheet_text(sheet, name);
  sheet_number(sheet, correlation.coefficient);
  snprintf(text, sizeof text, "p %.3g", correlation.probability);
  if (sheet->format == ASK_TSV)
    sheet_number(sheet, correlation.probability);
  else
    sheet_head(sheet, text, true);
}

static bool print_pairs(const struct evaluation *evaluation) {
  const struct eval_pairs *pairs = &evaluation->pairs;
  char text[32];
  struct sheet sheet;
  sheet_init(&sheet, stdout, evaluation->options->ask.format, 3);
  add_correlation(&sheet, "Pearson", evaluation->pearson);
  add_correlation(&sheet, "Spearman", evaluation->spearman);
  sheet_text(&sheet, "pairs");
  sheet_size(&sheet, pairs->count);
  sheet_text(&sheet, "");
  sheet_text(&sheet, "unknown");
  sheet_size(&sheet, pairs->unknown);
  double unknown = eval_pairs_unknown(pairs, evaluation->options);
  snprintf(text, sizeof text, "%.2f %%", unknown);
  if (sheet.format == ASK_TSV)
    sheet_number(&sheet, unknown);
  else
    sheet_head(&sheet, text, true);
  bool printed = sheet_print(&sheet);
  sheet_release(&sheet);
  return printed;
}

/* ---- As JSON */

static void write_text(struct json_text *json, const char *key, const char *text) {
  json_text_key(json, key);
  json_text_terminated(json, text);
}

static void write_size(struct json_text *json, const char *key, size_t value) {
  json_text_key(json, key);
  json_text_unsigned(json, value);
}

static void write_number(struct json_text *json, const char *key, double value) {
  json_text_key(json, key);
  if (isnan(value))
    json_text_null(json);
  else
    json_text_double(json, value);
}

/* Whether a question is among those of an outcome, as gensim lists them. */
static bool is_listed(const struct evaluation *evaluation, const struct analogy *analogy,
                      enum analogy_outcome outcome) {
  if (analogy->outcome != ANALOGY_UNKNOWN) return analogy->outcome == outcome;
  return evaluation->options->eval.dummy4unknown && outcome == ANALOGY_INCORRECT;
}

static void write_questions(struct json_text *json, const char *key, const struct evaluation *evaluation,
                            const struct analogy_section *section, enum analogy_outcome outcome) {
  size_t first = section ? section->first : 0, count = section ? section->count : evaluation->analogies.count;
  json_text_key(json, key);
  json_text_open(json, '[');
  for (size_t i = first; i < first + count; i++) {
    const struct analogy *analogy = &evaluation->analogies.analogies[i];
    if (!is_listed(evaluation, analogy, outcome)) continue;
    json_text_open(json, '[');
    for (size_t w = 0; w < ANALOGY_WORDS; w++)
      json_text_string(json, analogy->words[w].bytes, analogy->words[w].length);
    json_text_close(json, ']');
  }
  json_text_close(json, ']');
}

static void write_section(struct json_text *json, const struct evaluation *evaluation,
                          const struct analogy_section *section) {
  struct score score = score_of(evaluation, section);
  json_text_open(json, '{');
  json_text_key(json, "section");
  if (section)
    json_text_string(json, section->name.bytes, section->name.length);
  else
    json_text_terminated(json, "Total accuracy");
  write_number(json, "accuracy", accuracy_of(evaluation, score));
  write_number(json, "coverage", share(score.asked, score.questions));
  write_size(json, "questions", score.questions);
  write_questions(json, "correct", evaluation, section, ANALOGY_CORRECT);
  write_questions(json, "incorrect", evaluation, section, ANALOGY_INCORRECT);
  json_text_close(json, '}');
}

static void write_analogies(struct json_text *json, const struct evaluation *evaluation) {
  const struct eval_analogies *all = &evaluation->analogies;
  write_number(json, "accuracy", accuracy_of(evaluation, score_of(evaluation, NULL)));
  json_text_key(json, "sections");
  json_text_open(json, '[');
  for (size_t i = 0; i < all->section_count; i++) write_section(json, evaluation, &all->sections[i]);
  write_section(json, evaluation, NULL);
  json_text_close(json, ']');
}

static void write_correlation(struct json_text *json, const char *key, struct correlation correlation) {
  json_text_key(json, key);
  json_text_open(json, '{');
  write_number(json, "statistic", correlation.coefficient);
  write_number(json, "pvalue", correlation.probability);
  json_text_close(json, '}');
}

static void write_pairs(struct json_text *json, const struct evaluation *evaluation) {
  write_correlation(json, "pearson", evaluation->pearson);
  write_correlation(json, "spearman", evaluation->spearman);
  write_number(json, "oov_ratio", eval_pairs_unknown(&evaluation->pairs, evaluation->options));
  write_size(json, "pairs", evaluation->pairs.count);
  write_size(json, "oov", evaluation->pairs.unknown);
}

static bool print_json(const struct evaluation *evaluation) {
  struct bytes bytes;
  struct json_text json;
  bytes_init(&bytes, ANSWER_MAX);
  json_text_init(&json, &bytes);
  json_text_open(&json, '{');
  write_text(&json, "model", evaluation->options->operand);
  if (evaluation->options->eval.analogies) write_analogies(&json, evaluation);
  if (evaluation->options->eval.pairs) write_pairs(&json, evaluation);
  json_text_close(&json, '}');
  bool good = json_text_end(&json) == STATUS_OK;
  if (good) fwrite(bytes.data, 1, bytes.length, stdout);
  bytes_release(&bytes);
  return good;
}

/* ---- Evaluating */

static bool open_text(const char *path, bool universal, struct eval_text *text) {
  struct problem problem;
  if (eval_text_open(path, universal, &problem, text) == STATUS_OK) return true;
  fprintf(stderr, "wordvec eval: %s\n", problem.text);
  eval_text_close(text);
  return false;
}

static void tell_invalid(const char *path, size_t invalid, const char *what) {
  if (invalid > 0)
    fprintf(stderr, "wordvec eval: %s: %zu line%s left out: %s\n", path, invalid, invalid == 1 ? " was" : "s were",
            what);
}

/* `text` stays open for as long as the sections are used, whose names lie in it. */
static bool score_analogies(struct evaluation *evaluation, struct ask *ask, const struct eval_words *words,
                            struct eval_text *text) {
  struct eval_analogies *all = &evaluation->analogies;
  if (!eval_analogies_read(all, words, text)) return false;
  tell_invalid(text->path, all->invalid, "a question has four words");
  return eval_analogies_ask(all, words, ask, evaluation->options);
}

static bool score_pairs(struct evaluation *evaluation, struct ask *ask, const struct eval_words *words) {
  struct eval_pairs *pairs = &evaluation->pairs;
  struct eval_text text;
  if (!open_text(evaluation->options->eval.pairs, true, &text)) return false;
  bool good = eval_pairs_read(pairs, words, evaluation->options, &text);
  tell_invalid(text.path, pairs->invalid, "a pair is two words and a number");
  eval_text_close(&text);
  if (!good || !eval_pairs_ask(pairs, ask, evaluation->options)) return false;
  evaluation->pearson = correlation_pearson(pairs->gold, pairs->similarities, pairs->count);
  if (correlation_spearman(pairs->gold, pairs->similarities, pairs->count, &evaluation->spearman) == STATUS_OK)
    return true;
  fprintf(stderr, "wordvec eval: out of memory\n");
  return false;
}

static bool print(const struct evaluation *evaluation) {
  const struct eval_flags *flags = &evaluation->options->eval;
  bool good = evaluation->options->ask.format == ASK_JSON
                  ? print_json(evaluation)
                  : (!flags->analogies || print_sections(evaluation)) && (!flags->pairs || print_pairs(evaluation));
  if (!good) fprintf(stderr, "wordvec eval: out of memory\n");
  return good;
}

static bool evaluate(struct ask *ask, const struct options *options, struct eval_text *analogies) {
  struct evaluation evaluation = {.options = options};
  struct eval_words *words = NULL;
  eval_analogies_init(&evaluation.analogies);
  eval_pairs_init(&evaluation.pairs);
  bool good = eval_words_new(ask, options, &words);
  if (good && options->eval.analogies) good = score_analogies(&evaluation, ask, words, analogies);
  if (good && options->eval.pairs) good = score_pairs(&evaluation, ask, words);
  if (good) good = print(&evaluation);
  eval_words_free(words);
  eval_analogies_release(&evaluation.analogies);
  eval_pairs_release(&evaluation.pairs);
  return good;
}

int cmd_eval(const struct options *options) {
  struct options named = *options;
  struct eval_text analogies = {0};
  struct ask *ask;
  int status;
  if (!options->eval.analogies && !options->eval.pairs) {
    fprintf(stderr, "wordvec eval: give --analogies FILE or --pairs FILE\n");
    return EXIT_USAGE;
  }
  named.ask.model = options->operand;
  /* First, for reading the model takes longer than finding out that a file is not there. */
  if (options->eval.analogies && !open_text(options->eval.analogies, false, &analogies)) return EXIT_FAILURE;
  if (ask_open(&named, ASK_ONE_MODEL, &ask, &status)) {
    status = evaluate(ask, &named, &analogies) ? EXIT_SUCCESS : EXIT_FAILURE;
    ask_close(ask);
  }
  eval_text_close(&analogies);
  return status;
}
