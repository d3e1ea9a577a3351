/* Terms without a vector are left out of means: they weigh nothing. */
#include "server/means.h"

#include "store/matrix/rows.h"
#include "store/search/mean.h"

static double norm_of(const struct found *found, const struct means_options *options) {
  bool unit = found->by == FOUND_GIVEN ? options->unit_vectors : options->unit_words;
  return unit ? rows_norm_of(found->vector, options->dim) : 1;
}

/* The terms that have vectors: how many is returned, and whether any weighs something. */
static size_t gather(const struct named_list *list, const struct search_term *terms,
                     const struct means_options *options, struct mean_term *out, bool *weighs) {
  size_t count = 0;
  *weighs = false;
  for (size_t i = 0; i < list->count; i++) {
    const struct found *found = &list->items[i].found;
    if (!found->vector) continue;
    double weight = terms ? terms[i].weight : 1;
    out[count++] = (struct mean_term){.vector = found->vector, .norm = norm_of(found, options), .weight = weight};
    *weighs = *weighs || weight != 0;
  }
  return count;
}

bool means_of(struct reading *reading, const struct named_list *list, const struct search_term *terms,
              const struct means_options *options, struct found *out) {
  struct mean_term *gathered = reading_alloc(reading, list->count, sizeof *gathered);
  double *sum = reading_alloc(reading, options->dim, sizeof *sum);
  float *mean = reading_alloc(reading, options->dim, sizeof *mean);
  bool weighs;
  if (!gathered || !sum || !mean) return false;
  size_t count = gather(list, terms, options, gathered, &weighs);
  if (weighs) mean_of(gathered, count, options->dim, options->unit_mean ? MEAN_UNIT : MEAN_AS_IS, sum, mean);
  *out = (struct found){weighs ? mean : NULL, FOUND_NO_ROW, FOUND_GIVEN};
  return true;
}
