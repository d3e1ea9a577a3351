/* A search instead of arithmetic: the vector is a rounded mean of rounded sums, and only the right bits give it back.
 * But no number of it falls as that of the own row rises: so the right one lies between any two that give too little
 * and too much. All numbers of a row are searched at once, as one look at the n-grams tells the vectors of all. */
#include "store/export/own_row.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Floats in their order as whole numbers without gaps: …, -1 is -0.0, 0 is +0.0, 1 the smallest number, … */
static int64_t order_of(float number) {
  int32_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits >= 0 ? bits : -(int64_t)(bits & INT32_MAX) - 1;
}

static float number_of(int64_t order) {
  uint32_t bits = order >= 0 ? (uint32_t)order : (uint32_t)(-(order + 1)) | 0x80000000u;
  float number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

/* A number that was tried, and what it gave. */
struct trial {
  bool made;
  int64_t order;
  float vector;
};

/* The search for one number. */
struct search {
  bool over;
  struct trial low, high; /* the nearest that gave too little, and too much */
  int64_t step;           /* to the next trial while there is no such pair */
};

/* Neither of two neighbours gives the vector: the one that comes nearer. */
static float nearer(const struct search *search, float wanted) {
  double under = search->low.made ? (double)wanted - (double)search->low.vector : INFINITY;
  double over = search->high.made ? (double)search->high.vector - (double)wanted : INFINITY;
  return number_of(under < over ? search->low.order : search->high.order);
}

/* Takes in that `tried` gives `got`. Returns what to try next; when the search is over, what was found. */
static float look_on(struct search *search, float tried, float got, float wanted) {
  int64_t at = order_of(tried), difference = order_of(got) - order_of(wanted), next;
  if (difference == 0) {
    search->over = true;
    return tried;
  }
  *(difference < 0 ? &search->low : &search->high) = (struct trial){true, at, got};
  if (search->low.made && search->high.made) {
    next = search->low.order + (search->high.order - search->low.order) / 2;
    search->over = next == search->low.order;
  } else {
    int64_t most = order_of(FLT_MAX), least = order_of(-FLT_MAX);
    next = difference < 0 ? at + search->step : at - search->step;
    next = next > most ? most : next < least ? least : next;
    search->over = next == at;
    search->step *= 4;
  }
  return search->over ? nearer(search, wanted) : number_of(next);
}

/* Mostly within some units in the last place: what the n-grams alone give is taken off. */
static void guess(const struct subwords *subwords, struct word word, const float *vector, float *own, float *scratch) {
  double rows = 1 + (double)subwords_ngrams(subwords, word);
  memset(own, 0, subwords->dim * sizeof *own);
  subwords_known_vector(subwords, word, own, subwords->dim, scratch);
  for (uint32_t i = 0; i < subwords->dim; i++) {
    double number = ((double)vector[i] - (double)scratch[i]) * rows;
    own[i] = (float)fmax(fmin(number, (double)FLT_MAX), -(double)FLT_MAX);
  }
}

enum status own_row_find(const struct subwords *subwords, struct word word, const float *vector, float *own) {
  uint32_t dim = subwords->dim, open = dim;
  struct search *searches = calloc(dim, sizeof *searches);
  float *got = malloc(dim * sizeof *got);
  if (!searches || !got) {
    free(searches);
    free(got);
    return STATUS_NO_MEMORY;
  }
  for (uint32_t i = 0; i < dim; i++) searches[i].step = 1;
  guess(subwords, word, vector, own, got);
  while (open > 0) {
    subwords_known_vector(subwords, word, own, dim, got);
    for (uint32_t i = 0; i < dim; i++) {
      if (searches[i].over) continue;
      own[i] = look_on(&searches[i], own[i], got[i], vector[i]);
      open -= searches[i].over;
    }
  }
  free(searches);
  free(got);
  return STATUS_OK;
}
