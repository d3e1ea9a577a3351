/* Every number of the head is looked at before it is used. */
#include "store/import/fasttext_head.h"

#include <string.h>

#include "store/matrix/model.h"
#include "store/matrix/subwords.h"

/* Offsets behind magic and version. */
enum {
  AT_DIM = 0,
  AT_MODEL = 28,
  AT_BUCKETS = 32,
  AT_MIN = 36,
  AT_MAX = 40,
  AT_ENTRIES = 56,
  AT_WORDS = 60,
  AT_LABELS = 64,
  AT_PRUNED = 76,
  OLD_LENGTH = 76,
  LENGTH = 84,
  ARGUMENTS = 44, /* bytes that the old layout is told by */
  SUPERVISED = 3  /* the model */
};

static int32_t int32_at(const unsigned char *data, size_t offset) {
  int32_t value;
  memcpy(&value, data + offset, sizeof value);
  return value;
}

static int64_t int64_at(const unsigned char *data, size_t offset) {
  int64_t value;
  memcpy(&value, data + offset, sizeof value);
  return value;
}

static bool within(int64_t value, int64_t low, int64_t high) {
  return value >= low && value <= high;
}

static bool are_arguments(const unsigned char *data) {
  static const struct {
    int32_t low, high;
  } limits[ARGUMENTS / 4] = {{1, MODEL_DIM_MAX}, {1, 1000}, {0, 1000000}, {0, INT32_MAX},
                             {0, 100000},        {0, 100},  {1, 4},       {1, 3},
                             {0, INT32_MAX},     {0, 1000}, {0, 1000}};
  for (size_t i = 0; i < ARGUMENTS / 4; i++)
    if (!within(int32_at(data, 4 * i), limits[i].low, limits[i].high)) return false;
  return true;
}

/* Whether the counts of the dictionary, as far as they are in sight, are those of one. */
static bool are_counts(const unsigned char *data, size_t length) {
  if (length < AT_LABELS + 4) return true;
  int64_t words = int32_at(data, AT_WORDS), labels = int32_at(data, AT_LABELS);
  return words >= 0 && labels >= 0 && words + labels == int32_at(data, AT_ENTRIES);
}

static bool has_magic(const unsigned char *data, size_t length) {
  return length >= 4 && int32_at(data, 0) == FASTTEXT_MAGIC;
}

bool fasttext_head_matches(const unsigned char *data, size_t length) {
  return has_magic(data, length) || (length >= ARGUMENTS && are_arguments(data) && are_counts(data, length));
}

/* What is being read: fields, and where they are in the file. */
struct fields {
  const struct source *source;
  const unsigned char *data;
  size_t before; /* bytes of magic and version */
  struct problem *problem;
};

static enum status impossible(const struct fields *fields, size_t offset, const char *what, int64_t value) {
  unsigned long long at = fields->before + offset;
  return source_problem(fields->source, at, fields->problem,
                        "this fastText model cannot be: byte %llu says %s %lld; the file is damaged or something else",
                        at, what, (long long)value);
}

static enum status read_count(const struct fields *fields, size_t offset, const char *what, uint32_t *out) {
  int32_t value = int32_at(fields->data, offset);
  if (value < 0) return impossible(fields, offset, what, value);
  *out = (uint32_t)value;
  return STATUS_OK;
}

static enum status read_arguments(const struct fields *fields, struct fasttext_head *head) {
  enum status status = read_count(fields, AT_DIM, "dimensions:", &head->dim);
  if (status == STATUS_OK && !within(head->dim, 1, MODEL_DIM_MAX))
    status = impossible(fields, AT_DIM, "dimensions:", head->dim);
  if (status == STATUS_OK) status = read_count(fields, AT_BUCKETS, "buckets of n-grams:", &head->buckets);
  if (status == STATUS_OK) status = read_count(fields, AT_MIN, "the least length of an n-gram:", &head->min);
  if (status == STATUS_OK) status = read_count(fields, AT_MAX, "the greatest length of an n-gram:", &head->max);
  if (status != STATUS_OK) return status;
  int32_t model = int32_at(fields->data, AT_MODEL);
  if (!within(model, 1, SUPERVISED)) return impossible(fields, AT_MODEL, "the kind of model", model);
  /* fastText itself does so when it reads version 11: supervised models had no n-grams of characters then. */
  if (model == SUPERVISED && head->version < 12) head->max = 0;
  if (head->min > head->max || head->buckets == 0) head->max = 0;
  if (head->max > SUBWORDS_LENGTH_MAX)
    return impossible(fields, AT_MAX, "the greatest length of an n-gram:", head->max);
  return STATUS_OK;
}

static enum status read_dictionary(const struct fields *fields, struct fasttext_head *head) {
  uint32_t entries = 0;
  enum status status = read_count(fields, AT_ENTRIES, "entries of the dictionary:", &entries);
  if (status == STATUS_OK) status = read_count(fields, AT_WORDS, "words:", &head->words);
  if (status == STATUS_OK) status = read_count(fields, AT_LABELS, "labels:", &head->labels);
  if (status != STATUS_OK) return status;
  if ((uint64_t)head->words + head->labels != entries)
    return impossible(fields, AT_ENTRIES, "words and labels are not the entries:", entries);
  if (head->words == 0) return impossible(fields, AT_WORDS, "words:", 0);
  int64_t kept = head->version == 0 ? -1 : int64_at(fields->data, AT_PRUNED);
  if (!within(kept, -1, head->buckets) || kept > SUBWORDS_PRUNED_MAX)
    return impossible(fields, AT_PRUNED, "n-grams kept by pruning:", kept);
  head->pruned = kept >= 0;
  head->kept = kept > 0 ? (uint32_t)kept : 0;
  return STATUS_OK;
}

enum status fasttext_head_read(const struct source *source, const unsigned char *data, size_t length,
                               struct problem *problem, struct fasttext_head *out) {
  struct fields fields = {.source = source, .problem = problem};
  struct fasttext_head head = {0};
  if (has_magic(data, length)) {
    fields.before = 8;
    int32_t version = length >= 8 ? int32_at(data, 4) : FASTTEXT_VERSION;
    if (version != 11 && version != 12) {
      source_problem(source, 4, problem,
                     "a fastText model of version %d; versions 11, 12 and the layout before them are read", version);
      if (problem) problem->status = STATUS_UNSUPPORTED;
      return STATUS_UNSUPPORTED;
    }
    head.version = (uint32_t)version;
  }
  head.length = fields.before + (head.version == 0 ? OLD_LENGTH : LENGTH);
  if (length < head.length)
    return source_problem(source, length, problem,
                          "this fastText model is cut off: it ends at byte %zu, inside the %zu bytes of its head",
                          length, head.length);
  fields.data = data + fields.before;
  enum status status = read_arguments(&fields, &head);
  if (status == STATUS_OK) status = read_dictionary(&fields, &head);
  if (status == STATUS_OK) *out = head;
  return status;
}
