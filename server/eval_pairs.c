/* The judgements of a file, and the model's similarities beside them. */
#include "server/eval_pairs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/text_words.h"

enum { FIELDS = 3, NUMBER_MAX = 400, FORM_MAX = 1 << 24 };

void eval_pairs_init(struct eval_pairs *pairs) {
  *pairs = (struct eval_pairs){.count = 0};
}

void eval_pairs_release(struct eval_pairs *pairs) {
  free(pairs->rows);
  free(pairs->gold);
  free(pairs->similarities);
  free(pairs->known);
}

static bool no_memory(void) {
  fprintf(stderr, "wordvec eval: out of memory\n");
  return false;
}

/* ---- Reading */

/* Copies the digits without the '_' that stand between two of them; false for any other '_'. */
static bool copy_digits(struct word text, char digits[NUMBER_MAX]) {
  size_t length = 0;
  if (text.length >= NUMBER_MAX) return false;
  for (size_t i = 0; i < text.length; i++) {
    char byte = text.bytes[i];
    bool between = i > 0 && i + 1 < text.length && strchr("0123456789", text.bytes[i - 1]) &&
                   strchr("0123456789", text.bytes[i + 1]) && text.bytes[i - 1] && text.bytes[i + 1];
    if (byte == '\0' || (byte == '_' && !between)) return false;
    if (byte != '_') digits[length++] = byte;
  }
  digits[length] = '\0';
  return length > 0;
}

bool eval_pairs_number(struct word text, double *out) {
  static const char *const names[] = {"inf", "infinity", "nan"};
  struct word piece, more;
  char digits[NUMBER_MAX], *end;
  if (!text_words_next(&text, &piece) || text_words_next(&text, &more) || !copy_digits(piece, digits)) return false;
  const char *bare = digits + (*digits == '-' || *digits == '+');
  bool named = false;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) named |= strcasecmp(bare, names[i]) == 0;
  /* Nothing but these: strtod() also knows hexadecimal digits and nan(…). */
  if (!named && strspn(digits, "+-.0123456789eE") != strlen(digits)) return false;
  *out = strtod(digits, &end);
  return end != digits && *end == '\0';
}

static bool grow(struct eval_pairs *pairs) {
  size_t capacity = pairs->capacity ? pairs->capacity * 2 : 256;
  uint32_t(*rows)[2] = reallocarray(pairs->rows, capacity, sizeof *rows);
  if (rows) pairs->rows = rows;
  double *gold = reallocarray(pairs->gold, capacity, sizeof *gold);
  if (gold) pairs->gold = gold;
  double *similarities = reallocarray(pairs->similarities, capacity, sizeof *similarities);
  if (similarities) pairs->similarities = similarities;
  bool *known = reallocarray(pairs->known, capacity, sizeof *known);
  if (known) pairs->known = known;
  if (!rows || !gold || !similarities || !known) return no_memory();
  pairs->capacity = capacity;
  return true;
}

/* The fields of a line between delimiters; returns how many there are. */
static size_t split(struct word line, const char *delimiter, struct word fields[FIELDS]) {
  size_t width = strlen(delimiter), count = 0;
  const char *end = line.bytes + line.length;
  for (const char *at = line.bytes;;) {
    const char *stop = memmem(at, (size_t)(end - at), delimiter, width);
    if (count < FIELDS) fields[count] = (struct word){at, (size_t)((stop ? stop : end) - at)};
    count++;
    if (!stop) return count;
    at = stop + width;
  }
}

static bool add_pair(struct eval_pairs *pairs, const struct eval_words *words, const struct options *options,
                     const struct word fields[FIELDS], double gold, struct bytes *text) {
  uint32_t rows[2] = {0, 0};
  bool known = true;
  for (size_t i = 0; i < 2; i++) {
    struct word form;
    text->length = 0;
    if (eval_words_form(words, fields[i], text, &form) != STATUS_OK) return no_memory();
    known = eval_words_find(words, form, &rows[i]) && known;
  }
  pairs->unknown += !known;
  if (!known && !options->eval.dummy4unknown) return true;
  if (pairs->count == pairs->capacity && !grow(pairs)) return false;
  memcpy(pairs->rows[pairs->count], rows, sizeof rows);
  pairs->gold[pairs->count] = gold;
  pairs->similarities[pairs->count] = 0;
  pairs->known[pairs->count++] = known;
  return true;
}

bool eval_pairs_read(struct eval_pairs *pairs, const struct eval_words *words, const struct options *options,
                     struct eval_text *text) {
  struct word line, fields[FIELDS];
  struct bytes form;
  bool good = true;
  const char *delimiter = options->eval.delimiter ? options->eval.delimiter : "\t";
  bytes_init(&form, FORM_MAX);
  while (good && eval_text_next(text, &line)) {
    double gold;
    if (line.length > 0 && *line.bytes == '#') continue;
    if (split(line, delimiter, fields) == FIELDS && eval_pairs_number(fields[2], &gold))
      good = add_pair(pairs, words, options, fields, gold, &form);
    else
      pairs->invalid += line.length > 0;
  }
  bytes_release(&form);
  if (!good || pairs->count > 0) return good;
  fprintf(stderr, "wordvec eval: %s has no pair that the model knows: one is a line of two words and a number\n",
          text->path);
  return false;
}

/* ---- Asking */

/* Takes the similarities of the known pairs from `first` to `end`. */
static bool take(struct eval_pairs *pairs, size_t first, size_t end, const struct json_t *similarities) {
  size_t taken = 0;
  bool good = true;
  for (size_t i = first; good && i < end; i++)
    if (pairs->known[i]) good = answer_element_number(similarities, taken++, &pairs->similarities[i]);
  if (good && answer_count(similarities) == taken) return true;
  fprintf(stderr, "wordvec eval: the answer is not what /similarity answers\n");
  return false;
}

static bool ask_batch(struct eval_pairs *pairs, size_t first, size_t end, struct ask *ask,
                      const struct options *options) {
  struct question question;
  struct answer answer;
  question_begin(&question, "/similarity", NULL);
  if (options->ask.model) question_text(&question, "model", options->ask.model);
  for (size_t i = first; i < end; i++)
    if (pairs->known[i]) question_pair_of_rows(&question, pairs->rows[i]);
  bool good = ask_question(ask, &question, &answer) == ASK_ANSWERED;
  question_release(&question);
  if (!good) return false;
  good = take(pairs, first, end, answer_member(answer.root, "similarities"));
  answer_clear(&answer);
  return good;
}

bool eval_pairs_ask(struct eval_pairs *pairs, struct ask *ask, const struct options *options) {
  struct ask_limits limits;
  if (!ask_limits(ask, &limits)) return false;
  bool good = true;
  for (size_t first = 0, end; good && first < pairs->count; first = end) {
    end = first + limits.batch_queries < pairs->count ? first + limits.batch_queries : pairs->count;
    bool any = false;
    for (size_t i = first; i < end; i++) any |= pairs->known[i];
    if (any) good = ask_batch(pairs, first, end, ask, options);
  }
  return good;
}

double eval_pairs_unknown(const struct eval_pairs *pairs, const struct options *options) {
  size_t all = options->eval.dummy4unknown ? pairs->count : pairs->count + pairs->unknown;
  return (double)pairs->unknown / (double)all * 100; /* in this order, as gensim, to the last bit */
}
