/* Tells the layout of a matrix by its first bytes. The rules are in the header. */
#include "store/import/detect.h"

#include <stdlib.h>
#include <string.h>

#include "store/import/encoding.h"
#include "store/import/float_parse.h"
#include "store/import/lines.h"
#include "store/import/text_row.h"

enum {
  FIRST_LOOK = 1 << 20,
  LINES_WANTED = 3,  /* the look goes further until there are so many */
  LINES_WEIGHED = 64 /* for the dimension of a file without a header */
};

/* The first bytes, and what is being found out about them. */
struct look {
  struct source *source;
  struct problem *problem;
  locale_t locale;
  enum import_format forced;
  const char *data;
  size_t length;
  bool whole; /* the source ends here */
};

static enum status look_ahead(struct look *look, size_t wanted) {
  const unsigned char *data;
  enum status status = source_peek(look->source, wanted, look->problem, &data, &look->length);
  if (status != STATUS_OK) return status;
  look->data = (const char *)data;
  look->whole = look->length < wanted;
  return STATUS_OK;
}

/* The line that begins at `at`; false when none does or, unless the source ends with it, its line feed is not in
 * sight. *next is where the one behind it begins. */
static bool line_at(const struct look *look, size_t at, struct word *line, size_t *next) {
  if (at >= look->length) return false;
  const char *begin = look->data + at;
  const char *feed = memchr(begin, '\n', look->length - at);
  if (!feed && !look->whole) return false;
  line->bytes = begin;
  line->length = feed ? (size_t)(feed - begin) : look->length - at;
  *next = at + line->length + (feed ? 1 : 0);
  return true;
}

static enum status is_foreign(const struct look *look, const char *what) {
  source_problem(look->source, 0, look->problem, "this is %s", what);
  if (look->problem) look->problem->status = STATUS_UNSUPPORTED;
  return STATUS_UNSUPPORTED;
}

/* ---- headers ---- */

static bool read_whole(const char **text, const char *end, uint64_t *value) {
  const char *p = *text;
  uint64_t number = 0;
  for (; p < end && *p >= '0' && *p <= '9'; p++) {
    if (p - *text >= 18) return false;
    number = number * 10 + (uint64_t)(*p - '0');
  }
  if (p == *text) return false;
  *text = p;
  *value = number;
  return true;
}

/* "rows dim", perhaps behind a byte-order mark. */
static bool is_header(struct word line, uint64_t *rows, uint64_t *dim) {
  const char *p = line.bytes, *end = line.bytes + text_row_trimmed(line);
  if (end - p > 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) p += 3;
  uint64_t first, second;
  if (!read_whole(&p, end, &first) || p == end || *p++ != ' ') return false;
  if (!read_whole(&p, end, &second) || p != end || second == 0) return false;
  *rows = first;
  *dim = second;
  return true;
}

/* Whether "N 1" is rather a row of a matrix of one dimension: all lines are in sight, all begin with a whole number,
 * and there are not N behind the first. */
static bool is_row_of_whole_numbers(const struct look *look, size_t at, uint64_t declared) {
  if (!look->whole) return false;
  struct word line;
  uint64_t count = 0, number;
  while (line_at(look, at, &line, &at)) {
    const char *p = line.bytes, *end = line.bytes + text_row_trimmed(line);
    if (p == end) continue;
    if (!read_whole(&p, end, &number) || p == end || *p != ' ') return false;
    if (text_row_numbers(look->locale, line, 1) == 0) return false;
    count++;
  }
  return count != declared;
}

/* Finds the header, if there is one; `layout` keeps a dim of 0 otherwise. */
static enum status find_header(const struct look *look, struct layout *layout) {
  struct word line;
  size_t next;
  uint64_t rows, dim;
  if (!line_at(look, 0, &line, &next) || !is_header(line, &rows, &dim)) return STATUS_OK;
  if (dim == 1 && look->forced == IMPORT_GLOVE) return STATUS_OK;
  if (dim == 1 && look->forced == IMPORT_AUTO && is_row_of_whole_numbers(look, next, rows)) return STATUS_OK;
  if (look->forced == IMPORT_GLOVE) { /* whoever says so may mean one dimension and the number that looks like more */
    size_t behind;
    if (line_at(look, next, &line, &behind) && text_row_numbers(look->locale, line, 2) == 1) return STATUS_OK;
  }
  if (dim > MODEL_DIM_MAX)
    return source_problem(look->source, 1, look->problem,
                          "line 1 reads as a header of %llu dimensions; at most %d are possible",
                          (unsigned long long)dim, MODEL_DIM_MAX);
  layout->dim = (uint32_t)dim;
  layout->declared_rows = rows;
  layout->header_length = next;
  return STATUS_OK;
}

/* ---- word2vec-binary ---- */

/* Walks the rows in sight, each a word, 0x20, the floats and, if line_feeds, a line feed (the last row may lack it).
 * Returns how many are whole, and where the first that is not begins; 0 as soon as a line feed is missing. */
static uint64_t walk(const struct look *look, const struct layout *layout, bool line_feeds, size_t *stop) {
  size_t at = layout->header_length, floats = 4 * (size_t)layout->dim;
  uint64_t rows = 0;
  for (;;) {
    *stop = at;
    const char *space = memchr(look->data + at, ' ', look->length - at);
    if (!space) return rows;
    size_t behind = (size_t)(space - look->data) + 1;
    if (look->length - behind < floats) return rows;
    at = behind + floats;
    if (line_feeds && at < look->length && look->data[at++] != '\n') return 0;
    rows++;
  }
}

static bool is_control(char c) {
  return ((unsigned char)c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

/* Whether what follows the header, and is no good line of text, is binary: when the whole file fits to the byte, or
 * when there are bytes that no text has where the first vectors would be. */
static bool is_binary(const struct look *look, const struct layout *layout, bool line_feeds) {
  size_t stop;
  uint64_t rows = walk(look, layout, line_feeds, &stop);
  if (look->whole && rows > 0 && rows == layout->declared_rows && look->length - stop <= 1) return true;
  size_t end = layout->header_length + 4 * (size_t)layout->dim + 1024;
  if (end > look->length) end = look->length;
  for (size_t i = layout->header_length; i < end; i++)
    if (is_control(look->data[i])) return true;
  return false;
}

/* Settles on word2vec-binary, or leaves the format open. */
static enum status settle_binary(const struct look *look, struct layout *layout) {
  if (layout->dim == 0)
    return source_problem(look->source, 0, look->problem,
                          "a word2vec binary file begins with a line \"rows dimensions\"; this one does not");
  struct word line;
  size_t next, stop;
  bool is_text = line_at(look, layout->header_length, &line, &next) &&
                 text_row_numbers(look->locale, line, layout->dim) >= layout->dim;
  if (is_text && look->forced == IMPORT_WORD2VEC_BINARY)
    return source_problem(look->source, 2, look->problem,
                          "this is text, not binary: line 2 ends in %u numbers; use --format word2vec-text",
                          (unsigned)layout->dim);
  bool line_feeds = walk(look, layout, true, &stop) > 0;
  if (is_text || (look->forced == IMPORT_AUTO && !is_binary(look, layout, line_feeds))) return STATUS_OK;
  layout->line_feeds = line_feeds;
  layout->format = IMPORT_WORD2VEC_BINARY;
  return STATUS_OK;
}

/* ---- text ---- */

/* Looks at enough lines, however long they are. */
static enum status look_at_lines(struct look *look) {
  for (size_t wanted = FIRST_LOOK;; wanted *= 4) {
    if (wanted > 2 * (size_t)LINES_LENGTH_MAX) wanted = 2 * (size_t)LINES_LENGTH_MAX;
    enum status status = look_ahead(look, wanted);
    if (status != STATUS_OK) return status;
    struct word line;
    size_t at = 0, lines = 0;
    while (lines < LINES_WANTED && line_at(look, at, &line, &at)) lines++;
    if (look->whole || lines == LINES_WANTED || wanted == 2 * (size_t)LINES_LENGTH_MAX) return STATUS_OK;
  }
}

/* The first lines, but not one that may be cut off unless it is the only one. */
static size_t collect_lines(const struct look *look, struct word *lines) {
  size_t at = 0, count = 0;
  while (count < LINES_WEIGHED && line_at(look, at, &lines[count], &at))
    if (text_row_trimmed(lines[count]) > 0) count++;
  if (count > 1 && look->whole && at == look->length && look->data[at - 1] != '\n') count--;
  return count;
}

static enum status not_a_matrix(const struct look *look, struct word line) {
  const char *what = detect_foreign((const unsigned char *)look->data, look->length, true);
  if (what) return is_foreign(look, what);
  size_t shown = line.length < 4096 ? line.length : 4096;
  char text[80];
  encoding_show(line.bytes, shown, text, sizeof text);
  const char *hint = "";
  if (memchr(line.bytes, '\t', shown)) hint = "; fields must be separated by spaces, these look separated by tabs";
  if (memchr(line.bytes, ',', shown)) hint = "; fields must be separated by spaces, these look separated by commas";
  return source_problem(look->source, 1, look->problem,
                        "this is no word matrix: line 1 is no word with numbers after it%s: %s", hint, text);
}

/* The dimension with which most lines are whole rows. */
static enum status weigh_dimensions(const struct look *look, const struct word *lines, size_t count, uint32_t *dim) {
  float *vector = malloc(sizeof(float) * MODEL_DIM_MAX);
  if (!vector)
    return problem_set(look->problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(look->source));
  size_t candidates[LINES_WEIGHED], most = 0;
  for (size_t i = 0; i < count; i++) {
    candidates[i] = text_row_numbers(look->locale, lines[i], MODEL_DIM_MAX + 1);
    size_t seen = 0, whole = 0;
    while (candidates[seen] != candidates[i]) seen++;
    if (seen < i || candidates[i] == 0 || candidates[i] > MODEL_DIM_MAX) continue;
    struct text_row row;
    for (size_t j = 0; j < count; j++)
      whole += text_row_parse(look->locale, lines[j], (uint32_t)candidates[i], vector, &row) == TEXT_ROW_WHOLE;
    if (whole > most) *dim = (uint32_t)candidates[i], most = whole;
  }
  struct text_row first;
  bool begins_well = most > 0 && text_row_parse(look->locale, lines[0], *dim, vector, &first) == TEXT_ROW_WHOLE;
  free(vector);
  /* When the first line is no row, the reader will say so, unless it is known what the file is instead. */
  if (begins_well || (most > 0 && !detect_foreign((const unsigned char *)look->data, look->length, true)))
    return STATUS_OK;
  if (count > 0 && candidates[0] > MODEL_DIM_MAX)
    return source_problem(look->source, 1, look->problem, "line 1 has more than %d numbers", MODEL_DIM_MAX);
  return not_a_matrix(look, count > 0 ? lines[0] : (struct word){look->data, look->length});
}

static bool named_vec(const char *label) {
  size_t length = strlen(label);
  while (length > 3 &&
         (memcmp(label + length - 3, ".gz", 3) == 0 || (length > 4 && memcmp(label + length - 4, ".zip", 4) == 0)))
    length -= label[length - 1] == 'z' ? 3 : 4;
  return length > 4 && memcmp(label + length - 4, ".vec", 4) == 0;
}

static enum status settle_text(struct look *look, struct layout *layout) {
  if (layout->dim == 0) {
    enum status status = look_at_lines(look);
    if (status != STATUS_OK) return status;
    struct word lines[LINES_WEIGHED];
    size_t count = collect_lines(look, lines);
    if ((status = weigh_dimensions(look, lines, count, &layout->dim)) != STATUS_OK) return status;
  }
  if (look->forced != IMPORT_AUTO)
    layout->format = look->forced;
  else if (layout->header_length == 0)
    layout->format = IMPORT_GLOVE;
  else
    layout->format = named_vec(source_label(look->source)) ? IMPORT_FASTTEXT_VEC : IMPORT_WORD2VEC_TEXT;
  return STATUS_OK;
}

/* ---- */

static enum status detect_in(struct look *look, struct layout *layout) {
  enum status status = look_ahead(look, FIRST_LOOK);
  if (status != STATUS_OK) return status;
  if (look->length == 0) return source_problem(look->source, 0, look->problem, "it is empty: no rows");
  const char *what = detect_foreign((const unsigned char *)look->data, look->length, false);
  if (what) return is_foreign(look, what);
  if ((status = find_header(look, layout)) != STATUS_OK) return status;
  bool maybe_binary = look->forced == IMPORT_WORD2VEC_BINARY || (look->forced == IMPORT_AUTO && layout->dim > 0);
  if (maybe_binary) status = settle_binary(look, layout);
  if (status == STATUS_OK && layout->format == IMPORT_AUTO) status = settle_text(look, layout);
  return status;
}

enum status detect(struct source *source, enum import_format format, struct problem *problem, struct layout *layout) {
  struct look look = {.source = source, .problem = problem, .forced = format, .locale = float_parse_locale()};
  if (!look.locale) return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
  struct layout found = {.format = IMPORT_AUTO};
  enum status status = detect_in(&look, &found);
  freelocale(look.locale);
  if (status == STATUS_OK) *layout = found;
  return status;
}
