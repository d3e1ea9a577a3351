/* Every word that is not there is named, up to as many as a refusal holds, so that a client hears of all at once. */
#include "server/term_finder.h"

#include "server/write_npy.h"

bool term_finder_begin(struct term_finder *finder, struct reading *reading, const struct api_choice *choice,
                       struct word_policy policy) {
  *finder = (struct term_finder){.dim = api_choice_dim(choice), .suggest = reading->call->suggest};
  return lookup_begin(&finder->lookup, reading, choice, policy);
}

uint64_t term_finder_work(const struct term_finder *finder, const struct term_list *list) {
  enum { FIND_WORK = 512 /* looking a word up takes as long as so many multiplications */ };
  uint64_t work = (uint64_t)list->count * (FIND_WORK + finder->dim);
  if (finder->lookup.policy.oov != OOV_SUBWORD) return work;
  for (size_t i = 0; i < list->count; i++)
    if (list->terms[i].kind == TERM_WORD) work += lookup_ngram_work(&finder->lookup, list->terms[i].word.length);
  return work;
}

/* Where a term stands: found out only when something is wrong with it. */
struct place {
  const char *base;
  const struct search_term *term;
};

static const char *pointer_of(const struct place *place, char out[POINTER_MAX]) {
  return request_term_pointer(place->base, place->term, out);
}

/* Notes an unknown word: the first makes the refusal, and others join it. */
static void refuse_word(struct reading *reading, const struct place *place, const struct refusal *refusal) {
  char pointer[POINTER_MAX];
  if (reading->state == READING_INVALID) return; /* which comes first */
  if (reading->state == READING_GOOD) *reading->refusal = *refusal;
  if (reading->state == READING_GOOD || reading->refusal->kind == REFUSAL_NO_WORD)
    refusal_add_error(reading->refusal, pointer_of(place, pointer), "not in the vocabulary");
  reading->state = READING_REFUSED;
}

static void find_word(struct term_finder *finder, const struct place *place, struct named *out) {
  struct reading *reading = finder->lookup.reading;
  struct refusal refusal;
  bool first = reading->state == READING_GOOD;
  out->word = place->term->word;
  if (lookup_word(&finder->lookup, out->word, finder->suggest && first, &out->found, &refusal)) return;
  if (refusal.kind == REFUSAL_NO_WORD) {
    refuse_word(reading, place, &refusal);
    return;
  }
  *reading->refusal = refusal;
  reading->state = READING_REFUSED;
}

static void find_row(const struct term_finder *finder, const struct place *place, struct named *out) {
  const struct api_choice *choice = finder->lookup.choice;
  struct reading *reading = finder->lookup.reading;
  const struct vocabulary *vocabulary = model_vocabulary(choice->model);
  uint64_t index = place->term->index;
  char pointer[POINTER_MAX];
  if (choice->count > 1) {
    reading_invalid(reading, pointer_of(place, pointer),
                    "each of several models numbers its rows on its own: give a word");
  } else if (index >= vocabulary_count(vocabulary)) {
    reading_invalid(reading, pointer_of(place, pointer), "%llu is not below %u, the number of rows of %s",
                    (unsigned long long)index, vocabulary_count(vocabulary), choice->name);
  } else {
    out->word = vocabulary_word(vocabulary, (uint32_t)index);
    out->found = lookup_row(choice, (uint32_t)index);
  }
}

static void take_vector(const struct term_finder *finder, const struct place *place, struct named *out) {
  char pointer[POINTER_MAX];
  out->found.vector = place->term->vector;
  if (place->term->dim != finder->dim)
    reading_invalid(finder->lookup.reading, pointer_of(place, pointer), "%zu numbers where %s has %u", place->term->dim,
                    finder->lookup.choice->name, finder->dim);
}

struct said term_finder_said(const struct term_finder *finder) {
  const struct api_choice *choice = finder->lookup.choice;
  struct word_policy policy = finder->lookup.policy;
  if (!policy.said) return (struct said){0};
  return (struct said){
      .sources = true,
      .matched = policy.letter_case == CASE_EXACT || choice->count > 1 ? NULL : model_vocabulary(choice->model)};
}

void term_finder_count(const struct term_finder *finder, struct reply *reply) {
  if (finder->lookup.policy.said) write_npy_sources(finder->found_by, reply->sources);
}

void term_finder_find(struct term_finder *finder, const struct term_list *list, struct named_list *out) {
  struct named *items = reading_alloc(finder->lookup.reading, list->count, sizeof *items);
  *out = (struct named_list){.single = list->single, .items = items};
  if (!items) return;
  out->count = list->count;
  for (size_t i = 0; i < list->count; i++) {
    const struct place place = {list->base, &list->terms[i]};
    items[i] = (struct named){.found = {NULL, FOUND_NO_ROW, FOUND_GIVEN}};
    switch (list->terms[i].kind) {
      case TERM_WORD: find_word(finder, &place, &items[i]); break;
      case TERM_INDEX: find_row(finder, &place, &items[i]); break;
      default: take_vector(finder, &place, &items[i]); break;
    }
    finder->found_by[items[i].found.by]++;
  }
}
