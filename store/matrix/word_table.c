/* The set of words of an import: open addressing over spill files, and a multikey quicksort at the end. */
#include "store/matrix/word_table.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "store/matrix/format.h"
#include "store/matrix/spill.h"

enum { FIRST_SLOTS = 1 << 12 };

struct word_table {
  char *folder;
  struct spill text;   /* the stream of word bytes */
  struct spill places; /* u64 by row */
  struct spill slots;  /* u64 by hash: upper half of the hash << 32 | row + 1; 0 is free */
  struct spill order;  /* struct entry by rank while sorting, then u32 */
  uint64_t text_length;
  uint64_t slot_count; /* a power of two */
  uint32_t count;
  uint64_t seed; /* of hashes and pivots: words chosen to collide under another seed do not under this one */
};

enum status word_table_new(const char *folder, struct problem *problem, struct word_table **out) {
  struct word_table *table = calloc(1, sizeof *table);
  if (!table) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  table->text = table->places = table->slots = table->order = SPILL_NONE;
  table->slot_count = FIRST_SLOTS;
  if (getrandom(&table->seed, sizeof table->seed, GRND_NONBLOCK) < 0) table->seed = (uintptr_t)table;
  size_t size = strlen(folder) + 1;
  table->folder = malloc(size);
  enum status status = table->folder ? STATUS_OK : problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  if (status == STATUS_OK) {
    memcpy(table->folder, folder, size);
    status = spill_grow(&table->slots, folder, FIRST_SLOTS * sizeof(uint64_t), problem);
  }
  if (status != STATUS_OK)
    word_table_free(table);
  else
    *out = table;
  return status;
}

void word_table_free(struct word_table *table) {
  if (!table) return;
  spill_release(&table->text);
  spill_release(&table->places);
  spill_release(&table->slots);
  spill_release(&table->order);
  free(table->folder);
  free(table);
}

uint32_t word_table_count(const struct word_table *table) {
  return table->count;
}

const uint64_t *word_table_places(const struct word_table *table) {
  return (const uint64_t *)(const void *)table->places.data;
}

const unsigned char *word_table_text(const struct word_table *table, uint64_t *length) {
  *length = table->text_length;
  return table->text.data;
}

struct word word_table_word(const struct word_table *table, uint32_t row) {
  uint64_t place = word_table_places(table)[row];
  size_t length = format_place_length(place);
  const char *bytes = length > 0 ? (const char *)table->text.data + format_place_offset(place) : "";
  return (struct word){.bytes = bytes, .length = length};
}

static uint64_t hash_of(const struct word_table *table, struct word word) {
  return XXH3_64bits_withSeed(word.bytes, word.length, table->seed);
}

/* The slot that holds the word, or the free one where it belongs. */
static uint64_t *find_slot(const struct word_table *table, struct word word, uint64_t hash) {
  uint64_t *slots = (uint64_t *)(void *)table->slots.data;
  uint64_t mask = table->slot_count - 1;
  for (uint64_t at = hash & mask;; at = (at + 1) & mask) {
    if (slots[at] == 0) return &slots[at];
    if (slots[at] >> 32 != hash >> 32) continue;
    struct word other = word_table_word(table, (uint32_t)slots[at] - 1);
    if (other.length == word.length && memcmp(other.bytes, word.bytes, word.length) == 0) return &slots[at];
  }
}

enum status word_table_find(const struct word_table *table, struct word word, uint32_t *row) {
  uint64_t slot = *find_slot(table, word, hash_of(table, word));
  if (slot == 0) return STATUS_NOT_FOUND;
  *row = (uint32_t)slot - 1;
  return STATUS_OK;
}

static uint64_t slot_value(uint64_t hash, uint32_t row) {
  return (hash >> 32) << 32 | (row + 1);
}

/* Doubles the slots and puts every row back in. */
static enum status grow_slots(struct word_table *table, struct problem *problem) {
  enum status status = spill_grow(&table->slots, table->folder, table->slot_count * 2 * sizeof(uint64_t), problem);
  if (status != STATUS_OK) return status;
  table->slot_count *= 2;
  uint64_t *slots = (uint64_t *)(void *)table->slots.data;
  uint64_t mask = table->slot_count - 1;
  memset(slots, 0, table->slot_count * sizeof *slots);
  for (uint32_t row = 0; row < table->count; row++) {
    struct word word = word_table_word(table, row);
    uint64_t hash = hash_of(table, word);
    uint64_t at = hash & mask;
    while (slots[at] != 0) at = (at + 1) & mask;
    slots[at] = slot_value(hash, row);
  }
  return STATUS_OK;
}

/* Where the word goes in the stream: never across the border of two chunks. */
static uint64_t next_offset(const struct word_table *table, size_t length) {
  uint64_t left = FORMAT_TEXT_CHUNK - table->text_length % FORMAT_TEXT_CHUNK;
  return length <= left ? table->text_length : table->text_length + left;
}

enum status word_table_add(struct word_table *table, struct word word, struct problem *problem, uint32_t *row) {
  uint64_t hash = hash_of(table, word);
  uint64_t *slot = find_slot(table, word, hash);
  if (*slot != 0) {
    *row = (uint32_t)*slot - 1;
    return STATUS_EXISTS;
  }
  if (table->count == MODEL_ROWS_MAX) return problem_set(problem, STATUS_LIMIT, 0, "more than %u rows", MODEL_ROWS_MAX);
  uint64_t offset = next_offset(table, word.length);
  enum status status = spill_grow(&table->text, table->folder, offset + word.length, problem);
  if (status == STATUS_OK)
    status = spill_grow(&table->places, table->folder, (table->count + 1ull) * sizeof(uint64_t), problem);
  if (status != STATUS_OK) return status;
  if ((table->count + 1ull) * 2 > table->slot_count) {
    status = grow_slots(table, problem);
    if (status != STATUS_OK) return status;
    slot = find_slot(table, word, hash);
  }
  if (word.length > 0) memcpy(table->text.data + offset, word.bytes, word.length);
  table->text_length = offset + word.length;
  ((uint64_t *)(void *)table->places.data)[table->count] = format_place(offset, word.length);
  *slot = slot_value(hash, table->count);
  *row = table->count++;
  return STATUS_OK;
}

/* Sorting: multikey quicksort (Bentley and Sedgewick, SODA 1997) over eight bytes of the word at a time, which each
 * entry carries so that a comparison seldom touches the words themselves. */
struct entry {
  uint64_t prefix; /* bytes [depth, depth + 8) of the word, first byte highest, zeros behind its end */
  uint32_t row;
};

static uint64_t prefix_at(struct word word, size_t depth) {
  unsigned char bytes[8] = {0};
  size_t left = word.length > depth ? word.length - depth : 0;
  if (left > 0) memcpy(bytes, word.bytes + depth, left < sizeof bytes ? left : sizeof bytes);
  uint64_t big_endian;
  memcpy(&big_endian, bytes, sizeof big_endian);
  return be64toh(big_endian);
}

static void swap_entries(struct entry *a, struct entry *b) {
  struct entry kept = *a;
  *a = *b;
  *b = kept;
}

static uint64_t median_of_three(uint64_t a, uint64_t b, uint64_t c) {
  if (a > b) {
    uint64_t kept = a;
    a = b;
    b = kept;
  }
  return c < a ? a : c > b ? b : c;
}

/* The median of three entries at places that depend on the seed: no order of the words is a bad one for long. */
static uint64_t choose_pivot(const struct word_table *table, const struct entry *entries, size_t count) {
  uint64_t random = (count ^ table->seed) * 0x9E3779B97F4A7C15u;
  return median_of_three(entries[random % count].prefix, entries[(random >> 21) % count].prefix,
                         entries[(random >> 42) % count].prefix);
}

/* Three parts by `pivot`: [0, *less) below, [*less, *more) equal, [*more, count) above. */
static void partition(struct entry *entries, size_t count, uint64_t pivot, size_t *less, size_t *more) {
  size_t below = 0, at = 0, above = count;
  while (at < above)
    if (entries[at].prefix < pivot)
      swap_entries(&entries[below++], &entries[at++]);
    else if (entries[at].prefix > pivot)
      swap_entries(&entries[at], &entries[--above]);
    else
      at++;
  *less = below;
  *more = above;
}

/* Entries whose words are equal in their first depth + 8 bytes: those that end there come first, shorter first (zeros
 * behind the end and zeros in the word look alike; at most nine entries can end, their words are a prefix of each
 * other). The others go on with their next eight bytes. Returns how many have ended. */
static size_t settle_ended(const struct word_table *table, struct entry *entries, size_t count, size_t depth) {
  size_t ended = 0;
  for (size_t i = 0; i < count; i++) {
    struct word word = word_table_word(table, entries[i].row);
    if (word.length > depth + 8) {
      entries[i].prefix = prefix_at(word, depth + 8);
      continue;
    }
    swap_entries(&entries[i], &entries[ended]);
    for (size_t j = ended++; j > 0; j--) {
      if (word_table_word(table, entries[j - 1].row).length <= word.length) break;
      swap_entries(&entries[j - 1], &entries[j]);
    }
  }
  return ended;
}

static void sort_entries(const struct word_table *table, struct entry *entries, size_t count, size_t depth) {
  while (count > 1) {
    uint64_t pivot = choose_pivot(table, entries, count);
    size_t less, more;
    partition(entries, count, pivot, &less, &more);
    size_t ended = settle_ended(table, entries + less, more - less, depth);
    /* Recursion goes into the two smaller parts and the loop into the largest, so the stack stays logarithmic. */
    struct {
      struct entry *entries;
      size_t count, depth;
    } parts[3] = {{entries, less, depth},
                  {entries + less + ended, more - less - ended, depth + 8},
                  {entries + more, count - more, depth}};
    size_t largest = 0;
    for (size_t i = 1; i < 3; i++)
      if (parts[i].count > parts[largest].count) largest = i;
    for (size_t i = 0; i < 3; i++)
      if (i != largest) sort_entries(table, parts[i].entries, parts[i].count, parts[i].depth);
    entries = parts[largest].entries;
    count = parts[largest].count;
    depth = parts[largest].depth;
  }
}

enum status word_table_sorted(struct word_table *table, struct problem *problem, const uint32_t **rows) {
  enum status status = spill_grow(&table->order, table->folder, (table->count + 1ull) * sizeof(struct entry), problem);
  if (status != STATUS_OK) return status;
  struct entry *entries = (struct entry *)(void *)table->order.data;
  for (uint32_t row = 0; row < table->count; row++)
    entries[row] = (struct entry){.prefix = prefix_at(word_table_word(table, row), 0), .row = row};
  sort_entries(table, entries, table->count, 0);
  /* Then the rows alone, moved to the front: a row number is never written before its entry was read. */
  uint32_t *sorted = (uint32_t *)(void *)table->order.data;
  for (uint32_t rank = 0; rank < table->count; rank++) {
    uint32_t row = entries[rank].row;
    sorted[rank] = row;
  }
  *rows = sorted;
  return STATUS_OK;
}
