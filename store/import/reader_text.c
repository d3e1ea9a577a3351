/* Rows of GloVe, word2vec and fastText text: lines from blocks, parsed in order. What a wrong line means depends on
 * what follows it, so that is looked at before judging: the last line may be cut short, any other may not. */
#include <stdlib.h>
#include <string.h>

#include "store/import/encoding.h"
#include "store/import/float_parse.h"
#include "store/import/lines.h"
#include "store/import/reader.h"
#include "store/import/text_row.h"

enum { SHOWN = 100 };

struct reader_text {
  struct reader reader;
  struct source *source;
  struct lines lines;
  struct line_block block;
  size_t at; /* in the block */
  uint64_t line;
  locale_t locale;
  uint32_t dim;
  float *vector;
  char cut_word[WORD_LENGTH_MAX]; /* outlives its block while the reader looks for what follows */
};

/* The next line without its line feed; *found is false at the end. *closed: it had a line feed. */
static enum status next_line(struct reader_text *text, struct problem *problem, struct word *line, bool *closed,
                             bool *found) {
  while (text->at == text->block.length) {
    *found = false;
    if (text->block.last) return STATUS_OK;
    enum status status = lines_next(&text->lines, problem, &text->block);
    if (status != STATUS_OK) return status;
    text->at = 0;
    text->line = text->block.first_line - 1;
  }
  const char *begin = text->block.bytes + text->at;
  const char *feed = memchr(begin, '\n', text->block.length - text->at);
  *line = (struct word){begin, feed ? (size_t)(feed - begin) : text->block.length - text->at};
  *closed = feed != NULL;
  *found = true;
  text->at += line->length + (feed ? 1 : 0);
  text->line++;
  return STATUS_OK;
}

/* Whether only blank lines follow; takes them. Invalidates the current line. */
static enum status is_last(struct reader_text *text, struct problem *problem, bool *last) {
  struct word line;
  bool closed, found;
  do {
    enum status status = next_line(text, problem, &line, &closed, &found);
    if (status != STATUS_OK) return status;
  } while (found && text_row_trimmed(line) == 0);
  *last = !found;
  return STATUS_OK;
}

/* Whether a last line that is no row stopped in the middle of one: too few fields, or (when nothing, not even a line
 * feed, follows) a last field that is only the beginning of a number. */
static bool is_cut(const struct reader_text *text, struct word line, enum text_row_kind kind, bool closed) {
  if (kind == TEXT_ROW_FEW) return true;
  if (kind != TEXT_ROW_BAD_NUMBER || closed || !text_row_ends_in_number(line)) return false;
  const char *space = memrchr(line.bytes, ' ', line.length);
  struct word before = {line.bytes, (size_t)(space - line.bytes)};
  return text_row_numbers(text->locale, before, text->dim) + 1 >= text->dim;
}

static enum status wrong_line(const struct reader_text *text, const struct text_row *row, enum text_row_kind kind,
                              struct problem *problem) {
  char word[SHOWN], bad[SHOWN];
  unsigned long long line = (unsigned long long)text->line;
  encoding_show(row->word.bytes, row->word.length, word, sizeof word);
  switch (kind) {
    case TEXT_ROW_BLANK:
      return source_problem(text->source, line, problem, "line %llu is blank, and rows follow it", line);
    case TEXT_ROW_WORD_TOO_LONG:
      return source_problem(text->source, line, problem, "line %llu: the word has %zu bytes, over the limit of %d: %s",
                            line, row->word.length, WORD_LENGTH_MAX, word);
    case TEXT_ROW_BAD_NUMBER:
      encoding_show(row->bad.bytes, row->bad.length, bad, sizeof bad);
      return source_problem(text->source, line, problem,
                            "line %llu (%s) ends in %zu numbers instead of %u: %s is no number", line, word,
                            row->numbers, (unsigned)text->dim, bad);
    default:
      return source_problem(text->source, line, problem, "line %llu (%s) has %zu numbers instead of %u", line, word,
                            row->numbers, (unsigned)text->dim);
  }
}

/* A line that is no row: cut short if it is the last, otherwise an error, whose text is made before looking further. */
static enum status judge(struct reader_text *text, const struct text_row *parsed, enum text_row_kind kind, bool cut,
                         struct problem *problem, struct reader_row *row) {
  uint64_t position = text->line;
  bool last = false;
  struct problem wrong;
  enum status verdict = wrong_line(text, parsed, kind, &wrong);
  size_t length = parsed->word.length < WORD_LENGTH_MAX ? parsed->word.length : WORD_LENGTH_MAX;
  memcpy(text->cut_word, parsed->word.bytes, length);
  if (cut || kind == TEXT_ROW_BLANK) {
    enum status status = is_last(text, problem, &last);
    if (status != STATUS_OK) return status;
  }
  if (!last) {
    if (problem) *problem = wrong;
    return verdict;
  }
  *row = (struct reader_row){
      .kind = cut ? ROW_CUT_SHORT : ROW_END, .word = {text->cut_word, length}, .position = position};
  return STATUS_OK;
}

static enum status text_next(struct reader *reader, struct problem *problem, struct reader_row *row) {
  struct reader_text *text = (struct reader_text *)reader;
  struct word line;
  bool closed, found;
  enum status status = next_line(text, problem, &line, &closed, &found);
  if (status != STATUS_OK) return status;
  if (!found) {
    *row = (struct reader_row){.kind = ROW_END};
    return STATUS_OK;
  }
  struct text_row parsed = {.word = line};
  enum text_row_kind kind = text_row_parse(text->locale, line, text->dim, text->vector, &parsed);
  if (kind != TEXT_ROW_WHOLE) return judge(text, &parsed, kind, is_cut(text, line, kind, closed), problem, row);
  *row = (struct reader_row){.kind = parsed.finite ? ROW_WHOLE : ROW_NOT_FINITE,
                             .word = parsed.word,
                             .vector = text->vector,
                             .position = text->line};
  return STATUS_OK;
}

static void text_close(struct reader *reader) {
  struct reader_text *text = (struct reader_text *)reader;
  lines_release(&text->lines);
  if (text->locale) freelocale(text->locale);
  free(text->vector);
  free(text);
}

/* Takes the header, which detection has measured. */
static enum status skip_header(struct source *source, size_t length, struct problem *problem) {
  char buffer[256];
  size_t got = 1;
  while (length > 0 && got > 0) {
    size_t wanted = length < sizeof buffer ? length : sizeof buffer;
    enum status status = source_read(source, buffer, wanted, problem, &got);
    if (status != STATUS_OK) return status;
    length -= got;
  }
  return STATUS_OK;
}

enum status reader_text_open(struct source *source, const struct layout *layout, struct problem *problem,
                             struct reader **out) {
  struct reader_text *text = calloc(1, sizeof *text);
  if (!text) return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
  text->reader = (struct reader){.next = text_next, .close = text_close, .unit = "line"};
  text->source = source;
  text->dim = layout->dim;
  text->locale = float_parse_locale();
  text->vector = malloc(sizeof(float) * layout->dim);
  enum status status = lines_init(&text->lines, source, layout->header_length > 0 ? 2 : 1, problem);
  if (status == STATUS_OK && (!text->locale || !text->vector))
    status = problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
  if (status == STATUS_OK) status = skip_header(source, layout->header_length, problem);
  if (status != STATUS_OK) {
    text_close(&text->reader);
    return status;
  }
  *out = &text->reader;
  return STATUS_OK;
}
