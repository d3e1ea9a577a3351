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

/* A line of numbers alone; an empty one for null. */
static void print_bare(const struct render *render, const json_t *vector) {
  if (!json_is_null(vector)) print_vector(vector, render->format == ASK_TSV ? '\t' : ' ', true);
  fputc('\n', stdout);
}

static bool is_vector(const json_t *value) {
  return json_is_array(value) || json_is_null(value);
}

enum render_outcome render_numbers(const struct render *render, const json_t *answer) {
  const json_t *vector = json_object_get(answer, "vector");
  if (!is_vector(vector)) return unexpected(render, "vector");
  print_bare(render, vector);
  return RENDER_COMPLETE;
}

enum render_outcome render_means(const struct render *render, size_t count, const json_t *answer) {
  const json_t *vectors = json_object_get(answer, "vectors");
  if (json_array_size(vectors) != count) return unexpected(render, "vectors");
  for (size_t i = 0; i < count; i++) {
    const json_t *vector = json_array_get(vectors, i);
    if (!is_vector(vector)) return unexpected(render, "vectors");
    print_bare(render, vector);
  }
  return RENDER_COMPLETE;
}

enum render_outcome render_vector(const struct render *render, struct word label, const json_t *answer) {
  const json_t *vector = json_object_get(answer, "vector");
  if (!is_vector(vector)) return unexpected(render, "vector");
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
    if (!is_vector(vector)) return unexpected(render, "vectors");
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

static bool add_hit(struct sheet *sheet, const json_t *hit) {
  double similarity;
  if (!add_row(sheet, hit) || !answer_number(hit, "similarity", &similarity)) return false;
  sheet_number(sheet, similarity);
  return true;
}

/* Adds the hits of one result, each behind `query` unless that is NULL. */
static bool add_hits(struct sheet *sheet, const struct word *query, const json_t *hits) {
  if (!json_is_array(hits)) return false;
  for (size_t i = 0; i < json_array_size(hits); i++) {
    if (query) sheet_word(sheet, *query);
    if (!add_hit(sheet, json_array_get(hits, i))) return false;
  }
  return true;
}

/* The hits under `name`. */
static enum render_outcome print_hits(const struct render *render, const char *name, const json_t *answer) {
  struct sheet sheet;
  sheet_init(&sheet, stdout, render->format, HIT_COLUMNS);
  enum render_outcome outcome =
      add_hits(&sheet, NULL, json_object_get(answer, name)) ? print_sheet(render, &sheet) : unexpected(render, name);
  sheet_release(&sheet);
  return outcome;
}

enum render_outcome render_neighbors(const struct render *render, const json_t *answer) {
  return print_hits(render, "neighbors", answer);
}

enum render_outcome render_closer(const struct render *render, const json_t *answer) {
  size_t listed = json_array_size(json_object_get(answer, "words")), count = listed;
  answer_size(answer, "count", &count);
  if (count > listed)
    fprintf(stderr, "wordvec %s: these are the nearest %zu of %zu: --limit gives more\n", render->command, listed,
            count);
  return print_hits(render, "words", answer);
}

/* The query that a result answers, as it is told. */
static bool query_of(const json_t *result, const struct word *queries, size_t i, struct word *query) {
  const json_t *expression = json_object_get(result, "expression");
  if (queries) *query = queries[i];
  if (!queries && json_is_string(expression))
    *query = (struct word){json_string_value(expression), json_string_length(expression)};
  return queries || json_is_string(expression);
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
    struct word query;
    if (error) {
      answer_complain(stderr, render->command, error);
      outcome = RENDER_PARTIAL;
    } else if (!query_of(result, queries, i, &query) ||
               !add_hits(&sheet, &query, json_object_get(result, "neighbors"))) {
      outcome = unexpected(render, "neighbors");
    }
  }
  if (outcome != RENDER_BROKEN) outcome = worse(outcome, print_sheet(render, &sheet));
  sheet_release(&sheet);
  return outcome;
}

/* ---- Pairs, matrices, lists */

/* Adds the word under `name` as a cell. */
static bool add_word(struct sheet *sheet, const json_t *object, const char *name) {
  struct bytes text;
  struct word word;
  bytes_init(&text, TEXT_MAX);
  bool good = answer_word(object, name, &text, &word);
  if (good) sheet_word(sheet, word);
  bytes_release(&text);
  return good;
}

enum render_outcome render_rank(const struct render *render, const json_t *answer) {
  struct sheet sheet;
  size_t rank;
  sheet_init(&sheet, stdout, render->format, 3);
  bool good =
      add_word(&sheet, answer, "word") && add_word(&sheet, answer, "other") && answer_size(answer, "rank", &rank);
  if (good) sheet_size(&sheet, rank);
  enum render_outcome outcome = good ? print_sheet(render, &sheet) : unexpected(render, "rank");
  sheet_release(&sheet);
  return outcome;
}

enum render_outcome render_odd(const struct render *render, const json_t *answer) {
  struct sheet sheet;
  size_t index;
  sheet_init(&sheet, stdout, render->format, 2);
  bool good = add_word(&sheet, answer, "word");
  if (answer_size(answer, "index", &index))
    sheet_size(&sheet, index);
  else
    sheet_text(&sheet, "");
  enum render_outcome outcome = good ? print_sheet(render, &sheet) : unexpected(render, "word");
  sheet_release(&sheet);
  return outcome;
}

/* A similarity, or nothing where a word had none. */
static bool add_similarity(struct sheet *sheet, const json_t *value) {
  if (json_is_number(value))
    sheet_number(sheet, json_number_value(value));
  else
    sheet_head(sheet, "", true);
  return json_is_number(value) || json_is_null(value);
}

/* A side of a pair: a word, or the words of a set with commas between. */
static bool add_side(struct sheet *sheet, const json_t *answer, const char *name) {
  const json_t *side = json_object_get(answer, name);
  if (!json_is_array(side)) return add_word(sheet, answer, name);
  struct bytes text;
  enum status status = STATUS_OK;
  bytes_init(&text, TEXT_MAX);
  for (size_t i = 0; status == STATUS_OK && i < json_array_size(side); i++) {
    /* An element is a string, or {"word_bytes"}. */
    const json_t *element = json_array_get(side, i);
    struct word word;
    if (i > 0) status = bytes_append_text(&text, ",");
    if (json_is_string(element))
      status = bytes_append(&text, json_string_value(element), json_string_length(element));
    else if (status == STATUS_OK && !answer_word(element, "word", &text, &word))
      status = STATUS_BAD_ARGUMENT;
  }
  if (status == STATUS_OK) sheet_word(sheet, (struct word){(const char *)text.data, text.length});
  bytes_release(&text);
  return status == STATUS_OK;
}

enum render_outcome render_pair(const struct render *render, const json_t *answer) {
  struct sheet sheet;
  sheet_init(&sheet, stdout, render->format, 3);
  bool good = add_side(&sheet, answer, "a") && add_side(&sheet, answer, "b") &&
              add_similarity(&sheet, json_object_get(answer, "similarity"));
  enum render_outcome outcome = good ? print_sheet(render, &sheet) : unexpected(render, "similarity");
  sheet_release(&sheet);
  return outcome;
}

enum render_outcome render_pairs(const struct render *render, const struct word (*pairs)[2], size_t count,
                                 const json_t *answer) {
  const json_t *similarities = json_object_get(answer, "similarities");
  struct sheet sheet;
  if (json_array_size(similarities) != count) return unexpected(render, "similarities");
  sheet_init(&sheet, stdout, render->format, 3);
  bool good = true;
  for (size_t i = 0; good && i < count; i++) {
    sheet_word(&sheet, pairs[i][0]);
    sheet_word(&sheet, pairs[i][1]);
    good = add_similarity(&sheet, json_array_get(similarities, i));
  }
  enum render_outcome outcome = good ? print_sheet(render, &sheet) : unexpected(render, "similarities");
  sheet_release(&sheet);
  return outcome;
}

static void add_label(struct sheet *sheet, const struct render_matrix *matrix, size_t row) {
  if (matrix->rows)
    sheet_word(sheet, matrix->rows[row]);
  else
    sheet_size(sheet, row);
}

/* A record for each cell, word after word. */
static bool add_records(struct sheet *sheet, const struct render_matrix *matrix, const json_t *lines, size_t rows) {
  for (size_t i = 0; i < matrix->word_count; i++) {
    for (size_t row = 0; row < rows; row++) {
      sheet_word(sheet, matrix->words[i]);
      add_label(sheet, matrix, row);
      if (!add_similarity(sheet, json_array_get(json_array_get(lines, i), row))) return false;
    }
  }
  return true;
}

/* A line for each row, under the words. */
static bool add_table(struct sheet *sheet, const struct render_matrix *matrix, const json_t *lines, size_t rows) {
  sheet_text(sheet, "");
  for (size_t i = 0; i < matrix->word_count; i++) sheet_heading(sheet, matrix->words[i]);
  for (size_t row = 0; row < rows; row++) {
    add_label(sheet, matrix, row);
    for (size_t i = 0; i < matrix->word_count; i++)
      if (!add_similarity(sheet, json_array_get(json_array_get(lines, i), row))) return false;
  }
  return true;
}

enum render_outcome render_matrix(const struct render *render, const struct render_matrix *matrix,
                                  const json_t *answer) {
  const json_t *lines = json_object_get(answer, "similarities");
  struct sheet sheet;
  if (json_array_size(lines) != matrix->word_count) return unexpected(render, "similarities");
  size_t rows = matrix->rows ? matrix->row_count : json_array_size(json_array_get(lines, 0));
  bool tsv = render->format == ASK_TSV;
  sheet_init(&sheet, stdout, render->format, tsv ? 3 : matrix->word_count + 1);
  bool good = tsv ? add_records(&sheet, matrix, lines, rows) : add_table(&sheet, matrix, lines, rows);
  enum render_outcome outcome = good ? print_sheet(render, &sheet) : unexpected(render, "similarities");
  sheet_release(&sheet);
  return outcome;
}
