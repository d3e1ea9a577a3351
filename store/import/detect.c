/* Tells the layout of a matrix by its first bytes. The rules are in the header. */
#include "store/import/detect.h"

#include <stdlib.h>
#include <string.h>

#include "store/import/detect_dim.h"
#include "store/import/encoding.h"
#include "store/import/fasttext_head.h"
#include "store/import/float_parse.h"
#include "store/import/lines.h"
#include "store/import/text_row.h"
#include "store/utf8.h"

enum {
  FIRST_LOOK = 1 << 20,
  LINES_WANTED = 3 /* the look goes further until there are so many */
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

/* Collects lines from `at` on, and their votes: blank ones left out, and one that may be cut off unless it is alone. */
static void collect_lines(const struct look *look, size_t at, struct word *lines, struct dim_lines *out) {
  *out = (struct dim_lines){.locale = look->locale, .lines = lines};
  while (out->count < DETECT_DIM_LINES && line_at(look, at, &lines[out->count], &at))
    if (text_row_trimmed(lines[out->count]) > 0) out->count++;
  if (out->count > 1 && look->whole && at == look->length && look->data[at - 1] != '\n') out->count--;
  detect_dim_vote(out);
}

/* The number, from 1, of the line that begins at `line`. */
static uint64_t line_number(const struct look *look, const char *line) {
  uint64_t number = 1;
  for (const char *p = look->data; (p = memchr(p, '\n', (size_t)(line - p))); p++) number++;
  return number;
}

static enum status is_foreign(const struct look *look, const char *what) {
  source_problem(look->source, 0, look->problem, "this is %s", what);
  if (look->problem) look->problem->status = STATUS_UNSUPPORTED;
  return STATUS_UNSUPPORTED;
}

/* ---- headers ---- */

/* "rows dim". */
struct header {
  uint64_t rows; /* UINT64_MAX: more than can be counted */
  uint64_t dim;  /* likewise */
};

static bool read_whole(const char **text, const char *end, uint64_t *value) {
  const char *p = *text;
  uint64_t number = 0;
  for (; p < end && *p >= '0' && *p <= '9'; p++) {
    uint64_t digit = (uint64_t)(*p - '0');
    number = number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : number * 10 + digit;
  }
  if (p == *text) return false;
  *text = p;
  *value = number;
  return true;
}

/* Whether the line is two whole numbers, perhaps behind a byte-order mark. */
static bool is_header(struct word line, struct header *header) {
  const char *p = line.bytes, *end = line.bytes + text_row_trimmed(line);
  if (end - p > 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) p += 3;
  struct header read;
  if (!read_whole(&p, end, &read.rows) || p == end || *p++ != ' ') return false;
  if (!read_whole(&p, end, &read.dim) || p != end) return false;
  *header = read;
  return true;
}

static bool is_possible(const struct header *header) {
  return header->dim >= 1 && header->dim <= MODEL_DIM_MAX && header->rows < UINT64_MAX;
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

/* Whether the lines from `at` on speak for one dimension, so that two numbers before them can be a row too. */
static bool has_rows_of_one_number(const struct look *look, size_t at) {
  struct word lines[DETECT_DIM_LINES];
  struct dim_lines rows;
  size_t first;
  collect_lines(look, at, lines, &rows);
  size_t voters = detect_dim_voters(&rows);
  return voters > 0 && 2 * detect_dim_above(&rows, 1, &first) <= voters;
}

/* Whether what reads as a header rather is a row of one dimension. `next` is where the line behind it begins. */
static bool is_row(const struct look *look, const struct header *header, size_t next) {
  if (look->forced != IMPORT_AUTO && look->forced != IMPORT_GLOVE) return false;
  bool forced = look->forced == IMPORT_GLOVE;
  if (!is_possible(header)) return has_rows_of_one_number(look, next) || (forced && next == look->length);
  if (header->dim == 1) return forced || is_row_of_whole_numbers(look, next, header->rows);
  /* Whoever forces GloVe may mean one dimension and the number that looks like more. */
  struct word line;
  return forced && line_at(look, next, &line, &next) && text_row_numbers(look->locale, line, 2) == 1;
}

static enum status impossible_header(const struct look *look, struct word line, const struct header *header) {
  char text[80];
  encoding_show(line.bytes, text_row_trimmed(line), text, sizeof text);
  if (header->dim == 0)
    return source_problem(look->source, 1, look->problem, "line 1 reads as a header of no dimensions: %s", text);
  if (header->dim > MODEL_DIM_MAX)
    return source_problem(look->source, 1, look->problem,
                          "line 1 reads as a header of too many dimensions; at most %d are possible: %s", MODEL_DIM_MAX,
                          text);
  return source_problem(look->source, 1, look->problem, "line 1 reads as a header of more rows than can be: %s", text);
}

/* Finds the header, if there is one; `layout` keeps a dim of 0 otherwise. */
static enum status find_header(const struct look *look, struct layout *layout) {
  struct word line;
  struct header header;
  size_t next;
  if (!line_at(look, 0, &line, &next) || !is_header(line, &header)) return STATUS_OK;
  if (is_row(look, &header, next)) return STATUS_OK;
  if (!is_possible(&header)) return impossible_header(look, line, &header);
  layout->dim = (uint32_t)header.dim;
  layout->declared_rows = header.rows;
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

/* Whether what follows the header is text: a line with numbers enough comes first, or most are such, or all is in sight
 * and no byte of it is one that text has not. (A file of text may fit to the byte as a binary one, by chance.) */
static bool is_text(const struct look *look, const struct layout *layout) {
  struct word line;
  size_t at = layout->header_length, next, first;
  if (line_at(look, at, &line, &next) && text_row_numbers(look->locale, line, layout->dim) >= layout->dim) return true;
  struct word lines[DETECT_DIM_LINES];
  struct dim_lines rows;
  collect_lines(look, at, lines, &rows);
  if (2 * detect_dim_above(&rows, layout->dim - 1, &first) > rows.count) return true;
  if (!look->whole || at == look->length) return false;
  while (at < look->length) {
    uint32_t code_point;
    if (is_control(look->data[at])) return false;
    at += utf8_next(look->data + at, look->length - at, &code_point);
    if (code_point == UTF8_ILL_FORMED) return false;
  }
  return true;
}

/* Settles on word2vec-binary, or leaves the format open. */
static enum status settle_binary(const struct look *look, struct layout *layout) {
  if (layout->dim == 0)
    return source_problem(look->source, 0, look->problem,
                          "a word2vec binary file begins with a line \"rows dimensions\"; this one does not");
  bool text = is_text(look, layout);
  if (text && look->forced == IMPORT_WORD2VEC_BINARY)
    return source_problem(look->source, 2, look->problem,
                          "this is text, not binary, from line 2 on; use --format word2vec-text");
  size_t stop;
  bool line_feeds = walk(look, layout, true, &stop) > 0;
  if (text || (look->forced == IMPORT_AUTO && !is_binary(look, layout, line_feeds))) return STATUS_OK;
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

static enum status not_a_matrix(const struct look *look, struct word line) {
  const char *what = detect_foreign((const unsigned char *)look->data, look->length, true);
  if (what) return is_foreign(look, what);
  size_t shown = line.length < 4096 ? line.length : 4096;
  char text[80];
  encoding_show(line.bytes, shown, text, sizeof text);
  const char *hint = "";
  if (memmem(line.bytes, shown, "  ", 2)) hint = "; fields must be separated by one space, here are several in a row";
  if (memchr(line.bytes, '\t', shown)) hint = "; fields must be separated by spaces, these look separated by tabs";
  if (memchr(line.bytes, ',', shown)) hint = "; fields must be separated by spaces, these look separated by commas";
  return source_problem(look->source, 1, look->problem,
                        "this is no word matrix: line 1 is no word with numbers after it%s: %s", hint, text);
}

/* The dimension of a file without a header. */
static enum status elect_dim(const struct look *look, const struct dim_lines *rows, uint32_t *dim) {
  struct dim_election elected;
  if (detect_dim_elect(rows, &elected) != STATUS_OK)
    return problem_set(look->problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(look->source));
  if (elected.dim > MODEL_DIM_MAX) {
    size_t first = 0;
    detect_dim_above(rows, MODEL_DIM_MAX, &first);
    unsigned long long line = line_number(look, rows->lines[first].bytes);
    return source_problem(look->source, line, look->problem, "line %llu has more than %d numbers", line, MODEL_DIM_MAX);
  }
  *dim = (uint32_t)elected.dim;
  /* When the first line is no row, the reader will say so, unless it is known what the file is instead. */
  if (elected.first_is_whole ||
      (elected.whole > 0 && !detect_foreign((const unsigned char *)look->data, look->length, true)))
    return STATUS_OK;
  return not_a_matrix(look, rows->count > 0 ? rows->lines[0] : (struct word){look->data, look->length});
}

/* A header whose rows are longer than it says. The reader would take some of them for rows with numbers in their
 * words; those that are shorter it refuses by itself. */
static enum status check_header(const struct look *look, const struct layout *layout, const struct dim_lines *rows) {
  size_t first = 0;
  if (2 * detect_dim_above(rows, layout->dim, &first) <= detect_dim_voters(rows)) return STATUS_OK;
  char word[80];
  const char *begin = rows->lines[first].bytes, *space = memchr(begin, ' ', rows->lines[first].length);
  encoding_show(begin, (size_t)(space - begin), word, sizeof word); /* it has numbers, so a space */
  unsigned long long line = line_number(look, begin);
  return source_problem(look->source, line, look->problem,
                        "line %llu (%s) has %zu numbers instead of %u, which the header in line 1 says, and most lines "
                        "have more than that",
                        line, word, rows->votes[first], (unsigned)layout->dim);
}

static bool named_vec(const char *label) {
  size_t length = strlen(label);
  while (length > 3 &&
         (memcmp(label + length - 3, ".gz", 3) == 0 || (length > 4 && memcmp(label + length - 4, ".zip", 4) == 0)))
    length -= label[length - 1] == 'z' ? 3 : 4;
  return length > 4 && memcmp(label + length - 4, ".vec", 4) == 0;
}

static enum status settle_text(struct look *look, struct layout *layout) {
  enum status status = look_at_lines(look);
  if (status != STATUS_OK) return status;
  struct word lines[DETECT_DIM_LINES];
  struct dim_lines rows;
  collect_lines(look, layout->header_length, lines, &rows);
  status = layout->dim == 0 ? elect_dim(look, &rows, &layout->dim) : check_header(look, layout, &rows);
  if (status != STATUS_OK) return status;
  if (look->forced != IMPORT_AUTO)
    layout->format = look->forced;
  else if (layout->header_length == 0)
    layout->format = IMPORT_GLOVE;
  else
    layout->format = named_vec(source_label(look->source)) ? IMPORT_FASTTEXT_VEC : IMPORT_WORD2VEC_TEXT;
  return STATUS_OK;
}

/* ---- npy ---- */

/* Says what is wrong of this source; the status stays. */
static enum status refuse_array(const struct look *look, enum status status, const struct problem *problem) {
  source_problem(look->source, problem->position, look->problem, "%s", problem->text);
  if (status == STATUS_FOREIGN) return STATUS_BAD_MATRIX;
  if (look->problem) look->problem->status = status;
  return status;
}

static enum status settle_npy(const struct look *look, struct layout *layout) {
  static const char wanted[] = "a matrix of two dimensions, rows and columns, is needed";
  struct problem problem;
  struct npy_header header;
  enum status status = npy_header_read(look->data, look->length, &problem, &header);
  if (status != STATUS_OK) return refuse_array(look, status, &problem);
  if (header.dimensions != 2)
    return source_problem(look->source, 0, look->problem, "the array has %zu dimensions; %s", header.dimensions,
                          wanted);
  if (header.kind != NPY_FLOAT)
    return source_problem(look->source, 0, look->problem, "the array has items of type '%s'; floats are needed",
                          header.descr);
  if (header.sizes[1] < 1 || header.sizes[1] > MODEL_DIM_MAX || header.sizes[0] > MODEL_ROWS_MAX)
    return source_problem(
        look->source, 0, look->problem, "the array has %llu rows of %llu numbers; a model has up to %u rows of 1 to %d",
        (unsigned long long)header.sizes[0], (unsigned long long)header.sizes[1], MODEL_ROWS_MAX, MODEL_DIM_MAX);
  *layout = (struct layout){.format = IMPORT_NPY,
                            .dim = (uint32_t)header.sizes[1],
                            .declared_rows = header.sizes[0],
                            .header_length = header.offset,
                            .npy = header};
  return STATUS_OK;
}

/* ---- fasttext-bin ---- */

static enum status settle_fasttext(const struct look *look, struct layout *layout) {
  struct fasttext_head head;
  const unsigned char *data = (const unsigned char *)look->data;
  if (!fasttext_head_matches(data, look->length))
    return source_problem(look->source, 0, look->problem,
                          "this is no binary model of fastText: it begins with neither its mark nor its arguments");
  enum status status = fasttext_head_read(look->source, data, look->length, look->problem, &head);
  if (status != STATUS_OK) return status;
  *layout = (struct layout){
      .format = IMPORT_FASTTEXT_BIN, .dim = head.dim, .declared_rows = head.words, .header_length = head.length};
  return STATUS_OK;
}

/* ---- */

static bool is_npy(const struct look *look) {
  enum { MAGIC_BYTES = 6 };
  return look->forced == IMPORT_NPY ||
         (look->forced == IMPORT_AUTO && look->length >= MAGIC_BYTES && npy_magic(look->data, MAGIC_BYTES));
}

static enum status detect_in(struct look *look, struct layout *layout) {
  enum status status = look_ahead(look, FIRST_LOOK);
  if (status != STATUS_OK) return status;
  if (look->length == 0) return source_problem(look->source, 0, look->problem, "it is empty: no rows");
  bool matches = fasttext_head_matches((const unsigned char *)look->data, look->length);
  if (look->forced == IMPORT_FASTTEXT_BIN || (look->forced == IMPORT_AUTO && matches))
    return settle_fasttext(look, layout);
  if (is_npy(look)) return settle_npy(look, layout);
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
