/* Takes a line apart: forwards when the word has no space, which nearly always fits, otherwise from the end. */
#include "store/import/text_row.h"

#include <assert.h>
#include <string.h>

#include "store/import/float_parse.h"

size_t text_row_trimmed(struct word line) {
  size_t length = line.length;
  if (length > 0 && line.bytes[length - 1] == '\r') length--;
  while (length > 0 && line.bytes[length - 1] == ' ') length--;
  return length;
}

/* Where the last field of bytes[0, end) begins, or NULL when that is the first field of the line. */
static const char *last_field(const char *bytes, size_t end) {
  const char *space = memrchr(bytes, ' ', end);
  return space ? space + 1 : NULL;
}

static bool is_number(locale_t locale, const char *field, const char *end) {
  float value;
  return float_parse(locale, &field, end, &value) != FLOAT_NONE && field == end;
}

/* As text_row_numbers(), of a line that is trimmed: doing that again could take a second carriage return. */
static size_t trailing_numbers(locale_t locale, struct word line, size_t most) {
  size_t count = 0, end = line.length;
  while (count < most) {
    const char *field = last_field(line.bytes, end);
    if (!field || !is_number(locale, field, line.bytes + end)) break;
    count++;
    end = (size_t)(field - line.bytes) - 1;
  }
  return count;
}

size_t text_row_numbers(locale_t locale, struct word line, size_t most) {
  line.length = text_row_trimmed(line);
  return trailing_numbers(locale, line, most);
}

bool text_row_ends_in_number(struct word line) {
  size_t end = text_row_trimmed(line);
  if (end < line.length) return false; /* something came after it */
  const char *p = last_field(line.bytes, end), *stop = line.bytes + end;
  if (!p) return false;
  if (p < stop && (*p == '-' || *p == '+')) p++;
  const char *digits = p;
  while (p < stop && *p >= '0' && *p <= '9') p++;
  if (p < stop && *p == '.') p++;
  while (p < stop && *p >= '0' && *p <= '9') p++;
  if (p > digits && p < stop && (*p == 'e' || *p == 'E')) {
    p++;
    if (p < stop && (*p == '-' || *p == '+')) p++;
  }
  return p == stop;
}

/* How a number is written: decimals behind the point (-1: there is no point) and whether it has an exponent. */
struct spelling {
  long decimals;
  bool exponent;
};

static struct spelling spelling_of(const char *field, const char *end) {
  struct spelling spelling = {.decimals = -1};
  for (; field < end; field++) {
    if (*field == 'e' || *field == 'E') {
      spelling.exponent = true;
      break;
    }
    if (spelling.decimals >= 0 || *field == '.') spelling.decimals++;
  }
  return spelling;
}

/* The row's numbers as a whole: the fewest decimals that one has (0 also for a whole number among others with a point;
 * -1 when none has a point), and whether any has an exponent. */
static struct spelling spelling_of_numbers(const char *field, const char *end) {
  struct spelling all = {.decimals = -1};
  bool whole = false;
  while (field < end) {
    const char *space = memchr(field, ' ', (size_t)(end - field));
    const char *stop = space ? space : end;
    struct spelling one = spelling_of(field, stop);
    if (one.decimals >= 0 && (all.decimals < 0 || one.decimals < all.decimals)) all.decimals = one.decimals;
    all.exponent |= one.exponent;
    whole |= one.decimals < 0 && !one.exponent;
    field = stop + (space ? 1 : 0);
  }
  if (whole && all.decimals > 0) all.decimals = 0;
  return all;
}

/* Whether a part of the word, after its first, is written like the numbers (see the header). */
static bool word_holds_numbers(locale_t locale, struct word word, const char *numbers, const char *end) {
  const char *word_end = word.bytes + word.length;
  const char *space = memchr(word.bytes, ' ', word.length);
  if (!space) return false;
  struct spelling row = spelling_of_numbers(numbers, end);
  while (space) {
    const char *part = space + 1;
    space = memchr(part, ' ', (size_t)(word_end - part));
    const char *stop = space ? space : word_end;
    float value;
    const char *cursor = part;
    if (float_parse(locale, &cursor, stop, &value) != FLOAT_FINITE || cursor != stop) continue;
    if (space && (space + 1 == word_end || space[1] == ' ')) return true; /* an empty field follows */
    struct spelling one = spelling_of(part, stop);
    if (one.exponent) return true;
    if (one.decimals < 0 ? row.decimals < 0 && !row.exponent : row.decimals >= 0 && one.decimals >= row.decimals)
      return true;
  }
  return false;
}

/* A line that is not a word without spaces and dim numbers. `line` is trimmed. */
static enum text_row_kind parse_backwards(locale_t locale, struct word line, uint32_t dim, float *vector,
                                          struct text_row *row) {
  const char *end = line.bytes + line.length;
  size_t at = line.length;
  const char *first_space = memchr(line.bytes, ' ', line.length);
  row->word = (struct word){line.bytes, first_space ? (size_t)(first_space - line.bytes) : line.length};
  row->numbers = trailing_numbers(locale, line, SIZE_MAX);
  row->bad = (struct word){line.bytes, 0};
  const char *numbers = NULL;
  for (uint32_t i = 0; i < dim; i++) {
    numbers = last_field(line.bytes, at);
    if (!numbers) return TEXT_ROW_FEW;
    if (i == row->numbers) row->bad = (struct word){numbers, (size_t)(line.bytes + at - numbers)};
    at = (size_t)(numbers - line.bytes) - 1;
  }
  if (row->numbers < dim) return TEXT_ROW_BAD_NUMBER;
  struct word word = {line.bytes, at};
  if (word_holds_numbers(locale, word, numbers, end)) return TEXT_ROW_MANY;
  size_t read = float_parse_run(locale, &numbers, end, vector, dim, &row->finite);
  assert(read == dim && numbers == end); /* each was read on its own before */
  (void)read;
  row->word = word;
  return word.length > WORD_LENGTH_MAX ? TEXT_ROW_WORD_TOO_LONG : TEXT_ROW_WHOLE;
}

enum text_row_kind text_row_parse(locale_t locale, struct word line, uint32_t dim, float *vector,
                                  struct text_row *row) {
  line.length = text_row_trimmed(line);
  const char *end = line.bytes + line.length;
  const char *space = memchr(line.bytes, ' ', line.length);
  if (space) {
    const char *cursor = space + 1;
    if (float_parse_run(locale, &cursor, end, vector, dim, &row->finite) == dim && cursor == end) {
      row->word = (struct word){line.bytes, (size_t)(space - line.bytes)};
      return row->word.length > WORD_LENGTH_MAX ? TEXT_ROW_WORD_TOO_LONG : TEXT_ROW_WHOLE;
    }
  }
  if (line.length == 0) return TEXT_ROW_BLANK;
  return parse_backwards(locale, line, dim, vector, row);
}
