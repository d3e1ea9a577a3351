/* A hash table of row numbers, open addressing, made in a spill file and read in the map. Seeds are random: words that
 * are chosen to collide under one do not under another. */
#include "store/matrix/folds.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "store/case_fold.h"
#include "store/matrix/format.h"
#include "store/matrix/lmdb.h"

enum { FIRST_SLOTS = 4096 }; /* fills what a value takes in the file anyway */

/* ---- making ---- */

/* The words, and room for the folded forms of two of them. */
struct maker {
  const struct word_table *words;
  const char *folder;
  struct folds_build *build;
  char *folded, *other;
};

static struct word fold_row(const struct maker *maker, uint32_t row, char *room) {
  struct word word = word_table_word(maker->words, row);
  return (struct word){room, case_fold(word.bytes, word.length, room)};
}

/* The slot that holds the folded form, or the free one where it belongs. */
static uint32_t *find_slot(const struct maker *maker, struct word folded) {
  const struct folds_header *header = &maker->build->header;
  uint32_t *slots = (uint32_t *)(void *)maker->build->slots.data;
  uint64_t mask = header->slots - 1;
  uint64_t at = XXH3_64bits_withSeed(folded.bytes, folded.length, header->seed) & mask;
  for (;; at = (at + 1) & mask) {
    if (slots[at] == 0) return &slots[at];
    struct word word = word_table_word(maker->words, slots[at] - 1);
    if (case_fold_equals(word.bytes, word.length, folded.bytes, folded.length)) return &slots[at];
  }
}

/* Makes twice the slots, or the first ones, and puts every form back in. */
static enum status grow(const struct maker *maker, struct problem *problem) {
  struct folds_build *build = maker->build;
  struct spill old = build->slots;
  uint64_t old_slots = build->header.slots;
  uint64_t slots = old_slots > 0 ? 2 * old_slots : FIRST_SLOTS;
  struct spill grown = SPILL_NONE;
  enum status status = spill_grow(&grown, maker->folder, slots * sizeof(uint32_t), problem);
  if (status != STATUS_OK) {
    spill_release(&grown);
    return status;
  }
  build->slots = grown;
  build->header.slots = slots;
  const uint32_t *rows = (const uint32_t *)(const void *)old.data;
  for (uint64_t i = 0; i < old_slots; i++)
    if (rows[i] != 0) *find_slot(maker, fold_row(maker, rows[i] - 1, maker->other)) = rows[i];
  spill_release(&old);
  return STATUS_OK;
}

/* Adds the form of one row, if it is the first that has it and is written otherwise. Rows come in order. */
static enum status add_row(const struct maker *maker, uint32_t row, struct problem *problem) {
  struct folds_header *header = &maker->build->header;
  struct word word = word_table_word(maker->words, row), folded = fold_row(maker, row, maker->folded);
  uint32_t own;
  if (word_compare(word, folded) == 0) return STATUS_OK;
  if (word_table_find(maker->words, folded, &own) == STATUS_OK && own < row) return STATUS_OK;
  if (header->slots > 0 && *find_slot(maker, folded) != 0) return STATUS_OK;
  if (2 * ((uint64_t)header->forms + 1) > header->slots) {
    enum status status = grow(maker, problem);
    if (status != STATUS_OK) return status;
  }
  *find_slot(maker, folded) = row + 1;
  header->forms++;
  return STATUS_OK;
}

enum status folds_build(const struct word_table *words, const char *folder, struct problem *problem,
                        struct folds_build *out) {
  *out =
      (struct folds_build){.header = {.version = FOLDS_VERSION, .unicode = case_fold_version()}, .slots = SPILL_NONE};
  if (getrandom(&out->header.seed, sizeof out->header.seed, GRND_NONBLOCK) < 0) out->header.seed = (uintptr_t)out;
  struct maker maker = {.words = words,
                        .folder = folder,
                        .build = out,
                        .folded = malloc(CASE_FOLD_GROWTH * WORD_LENGTH_MAX),
                        .other = malloc(CASE_FOLD_GROWTH * WORD_LENGTH_MAX)};
  enum status status =
      maker.folded && maker.other ? STATUS_OK : problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  uint32_t count = word_table_count(words);
  for (uint32_t row = 0; status == STATUS_OK && row < count; row++) status = add_row(&maker, row, problem);
  free(maker.folded);
  free(maker.other);
  return status;
}

void folds_build_release(struct folds_build *build) {
  spill_release(&build->slots);
}

/* ---- reading ---- */

struct folds {
  struct folds_header header;
  const uint32_t **chunks; /* of FORMAT_FOLD_SLOTS slots each */
};

static uint32_t slot_at(const struct folds *folds, uint64_t slot) {
  return folds->chunks[slot / FORMAT_FOLD_SLOTS][slot % FORMAT_FOLD_SLOTS];
}

static enum status inconsistent(const char *file, struct problem *problem) {
  return problem_set(problem, STATUS_DAMAGED, 0, "%s: the table of its folded forms is inconsistent; import it again",
                     file);
}

/* As many forms as it says, each of a row that there is; the others are free, so every search for a slot ends. */
static enum status check_slots(const struct folds *folds, const struct head *head, const char *file,
                               struct problem *problem) {
  uint64_t forms = 0;
  for (uint64_t slot = 0; slot < folds->header.slots; slot++) {
    if (slot_at(folds, slot) > head->rows) return inconsistent(file, problem);
    forms += slot_at(folds, slot) != 0;
  }
  return forms == folds->header.forms ? STATUS_OK : inconsistent(file, problem);
}

static enum status map_all(struct folds *folds, const struct lmdb *lmdb, const struct head *head, const char *file,
                           struct problem *problem) {
  struct folds_header *header = &folds->header;
  const void *data;
  enum status status = format_find(lmdb, (struct format_part){FORMAT_FOLDS, 0, sizeof *header}, file, problem, &data);
  if (status != STATUS_OK) return status;
  memcpy(header, data, sizeof *header);
  if (header->version != FOLDS_VERSION) return STATUS_UNSUPPORTED;
  for (size_t i = 0; i < sizeof header->zero / sizeof header->zero[0]; i++)
    if (header->zero[i] != 0) return inconsistent(file, problem);
  if (header->slots > 0 && header->slots < FIRST_SLOTS) return inconsistent(file, problem);
  if (header->forms > head->rows || header->slots > (1ull << 34) || (header->slots & (header->slots - 1)) != 0 ||
      header->slots < 2 * (uint64_t)header->forms)
    return inconsistent(file, problem);
  uint64_t chunks = (header->slots + FORMAT_FOLD_SLOTS - 1) / FORMAT_FOLD_SLOTS;
  folds->chunks = calloc(chunks + 1, sizeof *folds->chunks);
  if (!folds->chunks) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  for (uint32_t chunk = 0; chunk < chunks; chunk++) {
    uint64_t left = header->slots - (uint64_t)chunk * FORMAT_FOLD_SLOTS;
    size_t slots = left < FORMAT_FOLD_SLOTS ? (size_t)left : FORMAT_FOLD_SLOTS;
    struct format_part part = {FORMAT_FOLD_CHUNK, chunk, slots * sizeof(uint32_t)};
    status = format_find(lmdb, part, file, problem, &data);
    if (status != STATUS_OK) return status;
    folds->chunks[chunk] = data;
  }
  return check_slots(folds, head, file, problem);
}

enum status folds_map(const struct lmdb *lmdb, const struct head *head, const char *file, struct problem *problem,
                      struct folds **out) {
  *out = NULL;
  if (!format_has(lmdb, FORMAT_FOLDS)) return STATUS_OK;
  struct folds *folds = calloc(1, sizeof *folds);
  if (!folds) return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", file);
  enum status status = map_all(folds, lmdb, head, file, problem);
  if (status == STATUS_OK)
    *out = folds;
  else
    folds_unmap(folds);
  return status == STATUS_UNSUPPORTED ? STATUS_OK : status;
}

void folds_unmap(struct folds *folds) {
  if (!folds) return;
  free(folds->chunks);
  free(folds);
}

const struct folds_header *folds_header(const struct folds *folds) {
  return &folds->header;
}

enum status folds_find(const struct folds *folds, const struct vocabulary *vocabulary, struct word folded,
                       uint32_t *row) {
  if (folds->header.slots == 0) return STATUS_NOT_FOUND;
  uint64_t mask = folds->header.slots - 1;
  uint64_t at = XXH3_64bits_withSeed(folded.bytes, folded.length, folds->header.seed) & mask;
  for (uint32_t slot; (slot = slot_at(folds, at)) != 0; at = (at + 1) & mask) {
    struct word word = vocabulary_word(vocabulary, slot - 1);
    if (!case_fold_equals(word.bytes, word.length, folded.bytes, folded.length)) continue;
    *row = slot - 1;
    return STATUS_OK;
  }
  return STATUS_NOT_FOUND;
}

enum status folds_check(const struct folds *folds, const struct vocabulary *vocabulary, const char *file,
                        struct problem *problem) {
  enum { CHECKED_LENGTH = 256 };
  char room[CASE_FOLD_GROWTH * CHECKED_LENGTH];
  uint64_t slot = 0;
  uint32_t row;
  if (folds->header.unicode != case_fold_version()) return STATUS_OK;
  while (slot < folds->header.slots && slot_at(folds, slot) == 0) slot++;
  if (slot == folds->header.slots) return STATUS_OK;
  struct word word = vocabulary_word(vocabulary, slot_at(folds, slot) - 1);
  if (word.length > CHECKED_LENGTH) return STATUS_OK;
  struct word folded = {room, case_fold(word.bytes, word.length, room)};
  return folds_find(folds, vocabulary, folded, &row) == STATUS_OK ? STATUS_OK : inconsistent(file, problem);
}
