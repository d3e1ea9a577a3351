/* Rows of GloVe, word2vec and fastText text, from blocks that are parsed already. What a wrong line means depends on
 * what follows it, so that is looked at before judging: the last line may be cut short, any other may not. */
#include <stdlib.h>
#include <string.h>

#include "store/import/encoding.h"
#include "store/import/reader.h"
#include "store/import/text_pipeline.h"

enum { SHOWN = 100 };

struct reader_text {
  struct reader reader;
  struct source *source;
  struct text_pipeline *pipeline;
  const struct text_block *block; /* NULL before the first */
  size_t at;                      /* row of the block that comes next */
  uint64_t first_line;            /* of the block */
  uint32_t dim;
  bool ended;                     /* nothing but blank lines is left */
  char cut_word[WORD_LENGTH_MAX]; /* outlives its block while the reader looks for what follows */
};

/* The number of the line that comes next, which in a block is the row or the odd line at `at`. */
static uint64_t line_number(const struct reader_text *text) {
  return text->first_line + text->at;
}

/* The next block, of which there must be one; all lines of the current one were rows. */
static enum status next_block(struct reader_text *text, struct problem *problem) {
  text->first_line = line_number(text);
  text->at = 0;
  enum status status = text_pipeline_next(text->pipeline, problem, &text->block);
  if (status == STATUS_LIMIT)
    return source_problem(text->source, text->first_line, problem,
                          "line %llu is longer than %d MiB: this is no text matrix, or its line feeds are lost",
                          (unsigned long long)text->first_line, LINES_LENGTH_MAX >> 20);
  if (status != STATUS_OK) return status;
  text->reader.text_bytes = text->block->lines.text_bytes;
  text->reader.stored_bytes = text->block->lines.stored_bytes;
  return STATUS_OK;
}

/* Whether only blank lines follow the odd line of the block; takes them. */
static enum status is_last(struct reader_text *text, struct problem *problem, bool *last) {
  bool followed = text->block->odd.followed;
  while (!followed && !text->block->lines.last) {
    enum status status = next_block(text, problem);
    if (status != STATUS_OK) return status;
    const struct text_block *block = text->block;
    followed = block->rows > 0 || (block->has_odd && (block->odd.kind != TEXT_ROW_BLANK || block->odd.followed));
  }
  *last = !followed;
  return STATUS_OK;
}

/* Whether a last line that is no row stopped in the middle of one: too few fields, or (when nothing, not even a line
 * feed, follows) a last field that is only the beginning of a number. */
static bool is_cut(const struct reader_text *text, const struct text_block_odd *odd) {
  if (odd->kind == TEXT_ROW_FEW) return true;
  if (odd->kind != TEXT_ROW_BAD_NUMBER || odd->closed || !text_row_ends_in_number(odd->line)) return false;
  const char *space = memrchr(odd->line.bytes, ' ', odd->line.length);
  struct word before = {odd->line.bytes, (size_t)(space - odd->line.bytes)};
  return text_row_numbers(text_pipeline_locale(text->pipeline), before, text->dim) + 1 >= text->dim;
}

static enum status wrong_line(const struct reader_text *text, const struct text_block_odd *odd,
                              struct problem *problem) {
  const struct text_row *row = &odd->parsed;
  char word[SHOWN], bad[SHOWN];
  unsigned long long line = (unsigned long long)line_number(text);
  encoding_show(row->word.bytes, row->word.length, word, sizeof word);
  switch (odd->kind) {
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
static enum status judge(struct reader_text *text, struct problem *problem, struct reader_row *row) {
  const struct text_block_odd *odd = &text->block->odd;
  uint64_t position = line_number(text);
  bool cut = is_cut(text, odd), last = false;
  struct problem wrong;
  enum status verdict = wrong_line(text, odd, &wrong);
  struct word word = odd->parsed.word;
  if (word.length > WORD_LENGTH_MAX) word.length = WORD_LENGTH_MAX;
  memcpy(text->cut_word, word.bytes, word.length);
  if (cut || odd->kind == TEXT_ROW_BLANK) {
    enum status status = is_last(text, problem, &last);
    if (status != STATUS_OK) return status;
  }
  if (!last) {
    if (problem) *problem = wrong;
    return verdict;
  }
  *row = (struct reader_row){
      .kind = cut ? ROW_CUT_SHORT : ROW_END, .word = {text->cut_word, word.length}, .position = position};
  text->ended = true;
  return STATUS_OK;
}

static enum status text_next(struct reader *reader, struct problem *problem, struct reader_row *row) {
  struct reader_text *text = (struct reader_text *)reader;
  while (!text->ended && (!text->block || text->at == text->block->rows)) {
    if (text->block && text->block->has_odd) return judge(text, problem, row);
    if (text->block && text->block->lines.last) {
      text->ended = true;
      break;
    }
    enum status status = next_block(text, problem);
    if (status != STATUS_OK) return status;
  }
  if (text->ended) {
    *row = (struct reader_row){.kind = ROW_END};
    return STATUS_OK;
  }
  const struct text_block_row *parsed = &text->block->row[text->at];
  *row = (struct reader_row){.kind = parsed->finite ? ROW_WHOLE : ROW_NOT_FINITE,
                             .word = parsed->word,
                             .vector = text->block->vectors + text->at * text->dim,
                             .position = line_number(text)};
  text->at++;
  return STATUS_OK;
}

static void text_close(struct reader *reader) {
  struct reader_text *text = (struct reader_text *)reader;
  text_pipeline_close(text->pipeline);
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

enum status reader_text_open(struct source *source, const struct layout *layout, unsigned threads,
                             struct problem *problem, struct reader **out) {
  struct reader_text *text = calloc(1, sizeof *text);
  if (!text) return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
  text->reader = (struct reader){.next = text_next, .close = text_close, .unit = "line"};
  text->source = source;
  text->dim = layout->dim;
  text->first_line = layout->header_length > 0 ? 2 : 1;
  enum status status = skip_header(source, layout->header_length, problem);
  if (status == STATUS_OK) status = text_pipeline_open(source, layout->dim, threads, problem, &text->pipeline);
  if (status != STATUS_OK) {
    text_close(&text->reader);
    return status;
  }
  *out = &text->reader;
  return STATUS_OK;
}
