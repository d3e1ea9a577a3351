/* The vote of the first lines on the dimension. The rules are in the header. */
#include "store/import/detect_dim.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/import/float_parse.h"
#include "store/import/text_row.h"
#include "store/matrix/model.h"

/* What speaks for one dimension. */
struct standing {
  size_t fitting; /* lines that are whole rows and, if they voted for more, may well be by a word like "route 66" */
  size_t misread; /* lines that would pass for whole rows but are written like longer ones */
  bool first_is_whole;
};

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* A whole number with zeros before it: part of a word like "1 000". */
static bool has_leading_zero(const char *field, const char *end) {
  if (field < end && *field == '-') field++;
  if (end - field < 2 || *field != '0') return false;
  while (field < end && is_digit(*field)) field++;
  return field == end;
}

static size_t vote_of(locale_t locale, struct word line, bool not_finite_too) {
  size_t count = 0, end = text_row_trimmed(line);
  while (count <= MODEL_DIM_MAX) {
    const char *space = memrchr(line.bytes, ' ', end), *stop = line.bytes + end;
    if (!space) break;
    const char *cursor = space + 1;
    float value;
    enum float_kind kind = float_parse(locale, &cursor, stop, &value);
    if (kind == FLOAT_NONE || cursor != stop || has_leading_zero(space + 1, stop)) break;
    if (kind == FLOAT_NOT_FINITE && !not_finite_too) return 0;
    count++;
    end = (size_t)(space - line.bytes);
  }
  return count;
}

void detect_dim_vote(struct dim_lines *lines) {
  for (size_t i = 0; i < lines->count; i++) lines->votes[i] = vote_of(lines->locale, lines->lines[i], false);
  if (detect_dim_voters(lines) > 0) return;
  for (size_t i = 0; i < lines->count; i++) lines->votes[i] = vote_of(lines->locale, lines->lines[i], true);
}

size_t detect_dim_above(const struct dim_lines *lines, size_t dim, size_t *first) {
  size_t above = 0;
  for (size_t i = 0; i < lines->count; i++)
    if (lines->votes[i] > dim && above++ == 0) *first = i;
  return above;
}

size_t detect_dim_voters(const struct dim_lines *lines) {
  size_t first;
  return detect_dim_above(lines, 0, &first);
}

static size_t votes_for(const struct dim_lines *lines, size_t dim) {
  size_t votes = 0;
  for (size_t i = 0; i < lines->count; i++) votes += lines->votes[i] == dim;
  return votes;
}

static bool is_whole_number(const char *field, const char *end) {
  while (field < end && *field != '.' && *field != 'e' && *field != 'E') field++;
  return field == end;
}

/* Whether the numbers with which the row's word ends are written like none of the row's own: they whole, those not. */
static bool ends_in_wordlike_numbers(struct word line, size_t word_numbers, size_t dim) {
  size_t end = text_row_trimmed(line);
  for (size_t i = 0; i < dim + word_numbers; i++) {
    const char *space = memrchr(line.bytes, ' ', end);
    if (!space || is_whole_number(space + 1, line.bytes + end) != (i >= dim)) return false;
    end = (size_t)(space - line.bytes);
  }
  return true;
}

static struct standing standing_of(const struct dim_lines *lines, size_t dim, float *vector) {
  struct standing standing = {0};
  for (size_t i = 0; i < lines->count; i++) {
    struct text_row row;
    if (text_row_parse(lines->locale, lines->lines[i], (uint32_t)dim, vector, &row) != TEXT_ROW_WHOLE) continue;
    bool fits = lines->votes[i] <= dim || ends_in_wordlike_numbers(lines->lines[i], lines->votes[i] - dim, dim);
    standing.fitting += fits;
    standing.misread += !fits;
    standing.first_is_whole |= i == 0;
  }
  return standing;
}

/* Among those with as many votes. */
static bool is_better(const struct standing *a, const struct standing *b) {
  if (a->fitting != b->fitting) return a->fitting > b->fitting;
  return a->misread < b->misread;
}

/* Whether line i is the first to vote as it does, and that for a dimension. */
static bool is_new_candidate(const struct dim_lines *lines, size_t i) {
  size_t j = 0;
  while (lines->votes[j] != lines->votes[i]) j++;
  return j == i && lines->votes[i] > 0;
}

enum status detect_dim_elect(const struct dim_lines *lines, struct dim_election *out) {
  size_t most = 0, elected = 0;
  for (size_t i = 0; i < lines->count; i++) {
    size_t votes = is_new_candidate(lines, i) ? votes_for(lines, lines->votes[i]) : 0;
    if (votes > most) most = votes;
  }
  float *vector = malloc(sizeof(float) * MODEL_DIM_MAX);
  if (!vector) return STATUS_NO_MEMORY;
  struct standing best = {0};
  for (size_t i = 0; i < lines->count; i++) {
    size_t candidate = lines->votes[i];
    if (!is_new_candidate(lines, i) || votes_for(lines, candidate) < most) continue;
    struct standing standing = {0};
    if (candidate <= MODEL_DIM_MAX) standing = standing_of(lines, candidate, vector);
    if (elected > 0 && !is_better(&standing, &best)) continue;
    best = standing;
    elected = candidate;
  }
  free(vector);
  *out = (struct dim_election){elected, best.fitting + best.misread, best.first_is_whole};
  return STATUS_OK;
}
