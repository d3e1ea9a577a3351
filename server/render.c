/* Trees of answers to lines. Numbers of vectors are float32 and written as the server wrote them, in their shortest
 * digits. */
#include "server/render.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "server/sheet.h"
#include "store/float_text.h"

enum { TEXT_MAX = 1 << 30, HIT_COLUMNS = 3 /* word, index, similarity */ };

static enum render_outcome broken(const struct render *render, const char *what) {
  fprintf(stderr, "wordvec %s: %s\n", render->command, what);
  return RENDER_BROKEN;
}

static enum render_outcome unexpected(const struct render *render, const char *what) {
  fprintf(stderr, "wordvec %s: the answer has no %s: is it wordvec, and as new as this program?\n", render->command,
          what);
  return RENDER_BROKEN;
}

static enum render_outcome worse(enum render_outcome a, enum render_outcome b) {
  return a > b ? a : b;
}

void render_raw(const struct answer *answer) {
  if (answer->body.length > 0) fwrite(answer->body.data, 1, answer->body.length, stdout);
}

/* ---- Vectors */

/* A float32's digits read as float64 and rounded give the float32 again, unless that float64 lies half-way between two,
 * on the wrong side of where the digits were. Then the float64 is what to write: its shortest digits are those. */
static size_t write_number(double value, char digits[SHEET_NUMBER]) {
  float near = (float)value;
  if (!isfinite(near)) return sheet_digits(value, digits);
  double rest = value - (double)near;
  if (rest != 0) {
    float other = nextafterf(near, rest > 0 ? INFINITY : -INFINITY);
    if ((double)other - value == rest) return sheet_digits(value, digits);
  }
  return float_text_write(digits, near);
}

static void print_vector(const json_t *vector, char separator, bool first) {
  char digits[SHEET_NUMBER];
  size_t count = json_array_size(vector);
  for (size_t i = 0; i < count; i++) {
    size_t length = write_number(json_number_value(json_array_get(vector, i)), digits);
    if (i > 0 || !first) fputc(separator, stdout);
    fwrite(digits, 1, length, stdout);
  }
}

/* A line with a label and its vector, NULL for one that has none. As in fastText's output and .vec files, a label of
 * text is the word as it is. */
static bool print_labelled(const struct render *render, struct word label, const json_t *vector) {
  bool tsv = render->format == ASK_TSV;
  if (tsv && !sheet_write_word(stdout, ASK_TSV, label)) return false;
  if (!tsv) fwrite(label.bytes, 1, label.length, stdout);
  if (vector) print_vector(vector, tsv ? '\t' : ' ', false);
  fputc('\n', stdout);
  return true;
}

enum render_outcome render_vector(const struct render *render, struct word label, const json_t *answer) {
  const json_t *vector = json_object_get(answer, "vector");
  if (!json_is_array(vector) && !json_is_null(vector)) return unexpected(render, "vector");
  if (!print_labelled(render, label, json_is_null(vector) ? NULL : vector)) return broken(render, "out of memory");
  return RENDER_COMPLETE;
}

/* Tells of a word without a vector. */
static void tell_unknown(const struct render *render, struct word word, const json_t *answer) {
  const char *model = "the model";
  answer_text(answer, "model", &model);
  fprintf(stderr, "wordvec %s: \"", render->command);
  sheet_write_word(stderr, ASK_TEXT, word);
  fprintf(stderr, "\" is not in %s\n", model);
}

enum render_outcome render_vectors(const struct render *render, const struct word *labels, size_t count,
                                   const json_t *answer) {
  const json_t *vectors = json_object_get(answer, "vectors");
  enum render_outcome outcome = RENDER_COMPLETE;
  if (json_array_size(vectors) != count) return unexpected(render, "vectors");
  for (size_t i = 0; i < count; i++) {
    const json_t *vector = json_array_get(vectors, i);
    if (!json_is_array(vector) && !json_is_null(vector)) return unexpected(render, "vectors");
    bool none = json_is_null(vector);
    if (!print_labelled(render, labels[i], none ? NULL : vector)) return broken(render, "out of memory");
    if (!none || render->expects_gaps) continue;
    tell_unknown(render, labels[i], answer);
    outcome = RENDER_PARTIAL;
  }
  return outcome;
}

/* ---- Rows and hits */

/* Adds the cells of {"word","index"}. */
static bool add_row(struct sheet *sheet, const json_t *object) {
  struct bytes text;
  struct word word;
  size_t index;
  bytes_init(&text, TEXT_MAX);
  bool good = answer_word(object, "word", &text, &word) && answer_size(object, "index", &index);
  if (good) {
    sheet_word(sheet, word);
    sheet_size(sheet, index);
  }
  bytes_release(&text);
  return good;
}

static enum render_outcome print_sheet(const struct render *render, struct sheet *sheet) {
  return sheet_print(sheet) ? RENDER_COMPLETE : broken(render, "out of memory");
}

enum render_outcome render_row(const struct render *render, const json_t *answer) {
  struct sheet sheet;
  sheet_init(&sheet, stdout, render->format, 2);
  enum render_outcome outcome =
      add_row(&sheet, answer) ? print_sheet(render, &sheet) : unexpected(render, "word and index");
  sheet_release(&sheet);
  return outcome;
}

enum render_outcome render_words(const struct render *render, const json_t *answer) {
  const json_t *words = json_object_get(answer, "words");
  struct sheet sheet;
  if (!json_is_array(words)) return unexpected(render, "words");
  sheet_init(&sheet, stdout, render->format, 2);
  bool good = true;
  for (size_t i = 0; good && i < json_array_size(words); i++) good = add_row(&sheet, json_array_get(words, i));
  enum render_outcome outcome = good ? print_sheet(render, &sheet) : unexpected(render, "word and index");
  sheet_release(&sheet);
  return outcome;
}

/* Adds the hits of one result, each behind `query` unless that is NULL. */
static bool add_hits(struct sheet *sheet, const struct word *query, const json_t *hits) {
  if (!json_is_array(hits)) return false;
  for (size_t i = 0; i < json_array_size(hits); i++) {
    const json_t *hit = json_array_get(hits, i);
    double similarity;
    if (query) sheet_word(sheet, *query);
    if (!add_row(sheet, hit) || !answer_number(hit, "similarity", &similarity)) return false;
    sheet_number(sheet, similarity);
  }
  return true;
}

enum render_outcome render_neighbors(const struct render *render, const json_t *answer) {
  struct sheet sheet;
  sheet_init(&sheet, stdout, render->format, HIT_COLUMNS);
  enum render_outcome outcome = add_hits(&sheet, NULL, json_object_get(answer, "neighbors"))
                                    ? print_sheet(render, &sheet)
                                    : unexpected(render, "neighbors");
  sheet_release(&sheet);
  return outcome;
}

enum render_outcome render_results(const struct render *render, const struct word *queries, size_t count,
                                   const json_t *answer) {
  const json_t *results = json_object_get(answer, "results");
  struct sheet sheet;
  if (json_array_size(results) != count) return unexpected(render, "results");
  sheet_init(&sheet, stdout, render->format, HIT_COLUMNS + 1);
  enum render_outcome outcome = RENDER_COMPLETE;
  for (size_t i = 0; i < count && outcome != RENDER_BROKEN; i++) {
    const json_t *result = json_array_get(results, i), *error = json_object_get(result, "error");
    if (error) {
      answer_complain(stderr, render->command, error);
      outcome = RENDER_PARTIAL;
    } else if (!add_hits(&sheet, &queries[i], json_object_get(result, "neighbors"))) {
      outcome = unexpected(render, "neighbors");
    }
  }
  if (outcome != RENDER_BROKEN) outcome = worse(outcome, print_sheet(render, &sheet));
  sheet_release(&sheet);
  return outcome;
}
