/* How many dimensions the first lines of a text matrix speak for. */
#ifndef WORDVEC_STORE_IMPORT_DETECT_DIM_H
#define WORDVEC_STORE_IMPORT_DETECT_DIM_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>

#include "store/matrix/vocabulary.h"
#include "store/status.h"

enum { DETECT_DIM_LINES = 256 };

/* Trimmed or not, without their line feeds. */
struct dim_lines {
  locale_t locale;
  const struct word *lines;
  size_t count;                   /* at most DETECT_DIM_LINES */
  size_t votes[DETECT_DIM_LINES]; /* set by detect_dim_vote() */
};

/* Has each line vote for as many dimensions as it ends in numbers (at most MODEL_DIM_MAX + 1), 0 for none. A row with
 * NaN or Infinity, which will be left out, has no vote while another has; and "000", as no program writes a number,
 * ends the numbers where it stands. */
void detect_dim_vote(struct dim_lines *lines);

/* How many lines vote, and how many of them for more than `dim`; *first is then the first of these. */
size_t detect_dim_voters(const struct dim_lines *lines);
size_t detect_dim_above(const struct dim_lines *lines, size_t dim, size_t *first);

struct dim_election {
  size_t dim;          /* 0: nobody voted; MODEL_DIM_MAX + 1: too many */
  size_t whole;        /* lines that are whole rows of that dimension */
  bool first_is_whole; /* the first line is one of them */
};

/* The dimension most lines vote for. Votes and not whole rows come first, because a longer row may pass for a shorter
 * one with numbers in its word. In a tie those rows that do not are counted: their number is as voted, or the word ends
 * in whole numbers where the row's are none ("route 66"); then those are that do; then the first line has the say.
 * STATUS_NO_MEMORY. */
enum status detect_dim_elect(const struct dim_lines *lines, struct dim_election *out) MUST_USE;

#endif
