/* The scan of rows that have codes: block after block of coarse codes, while it is in the cache compared with many
 * queries at once; what they leave goes to the fine codes; what those leave is compared, or deferred.
 *
 * A row's bound says whether it can be in the answer; its estimate, the bound less what guards it, whether it is likely
 * to be. Likely rows are compared at once: they raise the floor. The others are written down and compared behind the
 * last row, when the floor has risen past most of them. Over 422,295 rows of 300 dimensions that leaves 460 rows to
 * compare for k = 10, 1,900 for 100 and 9,300 for 1,000; comparing all at once in file order it was 1,050, 4,700 and
 * 20,700. */
#include <math.h>

#include "store/search/exact_plan.h"

enum {
  STRETCH_GROUPS = 2 * KERNEL_GROUPS, /* scanned in file order */
  BLOCK_ROWS = KERNEL_GROUPS * CODES_GROUP,
  WORD_GROUPS = 4, /* groups whose survivors fill a 64-bit word */
  AHEAD = 8,       /* rows whose floats are under way while one is compared */
  CACHE_LINE = 64
};

/* Groups of codes that are sieved at a time, all of one slab. */
struct block {
  uint32_t slab_start;  /* first row of the slab */
  uint32_t first_group; /* in the slab */
  uint32_t group_count;
  uint32_t first, end; /* rows asked for: the groups may begin before and end behind */
};

/* The rows of a block that are left to one query. */
struct survivors {
  size_t count;
  struct candidate rows[BLOCK_ROWS];
  float estimates[BLOCK_ROWS]; /* behind the fine codes */
};

/* What a row's similarity must reach. */
static float threshold_of(const struct scan *scan, const struct topk *top) {
  float floor = atomic_load_explicit(&scan->floor, memory_order_relaxed);
  float own = top->count < top->k || scan->counts ? -INFINITY : (float)top->heap[0].similarity;
  return own > floor ? own : floor;
}

static void raise_floor(struct scan *scan, float threshold) {
  float floor = atomic_load_explicit(&scan->floor, memory_order_relaxed);
  while (floor < threshold && !atomic_compare_exchange_weak_explicit(&scan->floor, &floor, threshold,
                                                                     memory_order_relaxed, memory_order_relaxed)) {
  }
}

static const struct codes_fine *record_of(const struct rows *rows, uint32_t row) {
  size_t within = row & ((1u << rows->slab_shift) - 1);
  const unsigned char *slab = rows->codes->fine[row >> rows->slab_shift];
  return (const struct codes_fine *)(const void *)(slab + within * rows->codes->fine_bytes);
}

static void ask_for(const void *start, size_t bytes) {
  for (size_t i = 0; i < bytes; i += CACHE_LINE) __builtin_prefetch((const char *)start + i);
}

static void ask_for_row(const struct rows *rows, uint32_t row) {
  ask_for(rows_at(rows, row), rows->stride * sizeof(float));
  __builtin_prefetch(rows_norm_at(rows, row));
}

/* ---- from coarse to fine codes */

/* The bits of WORD_GROUPS masks, in the order of their rows. */
static uint64_t word_of(const uint16_t *masks) {
  uint64_t word = 0;
  for (unsigned i = 0; i < WORD_GROUPS; i++) word |= (uint64_t)masks[i] << (i * CODES_GROUP);
  return word;
}

/* Scans whose queries go through the coarse codes together. While the rows of one are compared, the records of the next
 * are under way. */
struct tile {
  size_t count;
  size_t places[KERNEL_QUERIES]; /* in the plan */
};

/* What the coarse codes leave to query q of a tile. Their fine records are asked for. */
static void gather(const struct exact_plan *plan, const struct tile *tile, size_t q, const struct block *block,
                   const struct kernel_bounds *coarse, struct survivors *out) {
  const struct rows *rows = plan->rows;
  const struct scan *scan = &plan->scans[tile->places[q]];
  uint32_t first = block->first > scan->first ? block->first : scan->first;
  uint32_t end = block->end < scan->end ? block->end : scan->end;
  out->count = 0;
  uint32_t first_row = block->slab_start + block->first_group * CODES_GROUP;
  for (uint32_t g = 0; g < block->group_count; g += WORD_GROUPS)
    for (uint64_t word = word_of(coarse->survivors[q] + g); word != 0; word &= word - 1) {
      unsigned place = (unsigned)__builtin_ctzll(word);
      size_t group = g + place / CODES_GROUP;
      uint32_t row = first_row + g * CODES_GROUP + place;
      if (row < first || row >= end) continue;
      ask_for(record_of(rows, row), rows->codes->fine_bytes);
      out->rows[out->count++] = (struct candidate){row, coarse->bounds[group * tile->count + q][place % CODES_GROUP]};
    }
}

/* Whether a row need not be compared now: it is ruled out, or written down for later. */
static bool put_off(struct scan *scan, struct candidate candidate, float estimate, float threshold) {
  if (estimate >= threshold) return false;
  if (candidate.bound < threshold) return true;
  unsigned place = atomic_fetch_add_explicit(&scan->deferred_count, 1, memory_order_relaxed);
  if (place >= EXACT_DEFERRED) return false;
  scan->deferred[place] = candidate;
  return true;
}

static float coarse_scale(const struct rows *rows, uint32_t row) {
  size_t within = row & ((1u << rows->slab_shift) - 1);
  return rows->codes->coarse[row >> rows->slab_shift][within / CODES_GROUP].scale[within % CODES_GROUP];
}

/* Those of the rows that the fine codes cannot rule out either and that are to be compared now. */
static void sieve_fine(const struct exact_plan *plan, struct scan *scan, float threshold, struct survivors *left) {
  size_t kept = 0;
  const struct rows *rows = plan->rows;
  for (size_t i = 0; i < left->count; i++) {
    struct candidate candidate = left->rows[i];
    const struct codes_fine *record = record_of(rows, candidate.row);
    candidate.bound = sieve_most(&scan->sieve, plan->kernel, rows->codes->fine_bytes, record, candidate.bound);
    if (candidate.bound < threshold) continue;
    float estimate = candidate.bound - sieve_guard(&scan->sieve, coarse_scale(rows, candidate.row), record);
    if (put_off(scan, candidate, estimate, threshold)) continue;
    ask_for_row(rows, candidate.row);
    left->estimates[kept] = estimate;
    left->rows[kept++] = candidate;
  }
  left->count = kept;
}

/* Row after row, for each may raise what the next has to reach. */
static void compare_survivors(struct exact_plan *plan, struct scan *scan, const struct survivors *left,
                              struct topk *top) {
  unsigned compared = 0;
  for (size_t i = 0; i < left->count; i++) {
    if (put_off(scan, left->rows[i], left->estimates[i], threshold_of(scan, top))) continue;
    exact_compare(plan, scan, left->rows[i].row, 1, top);
    compared++;
  }
  if (compared == 0) return;
  raise_floor(scan, threshold_of(scan, top));
  atomic_fetch_add_explicit(&plan->compared, compared, memory_order_relaxed);
}

/* ---- blocks */

static void sieve_block(struct exact_plan *plan, const struct tile *tile, const struct block *block,
                        struct topk *tops) {
  struct kernel_coarse queries[KERNEL_QUERIES];
  struct kernel_bounds coarse;
  struct survivors left[2];
  const struct rows *rows = plan->rows;
  for (size_t q = 0; q < tile->count; q++) {
    const struct scan *scan = &plan->scans[tile->places[q]];
    queries[q] = scan->sieve.coarse;
    queries[q].threshold = threshold_of(scan, &tops[tile->places[q]]);
    for (size_t g = block->group_count; g % WORD_GROUPS != 0; g++) coarse.survivors[q][g] = 0;
  }
  const struct codes_coarse *groups = rows->codes->coarse[block->slab_start >> rows->slab_shift];
  plan->kernel->coarse(queries, tile->count, groups + block->first_group, block->group_count, &coarse);
  gather(plan, tile, 0, block, &coarse, &left[0]);
  for (size_t q = 0; q < tile->count; q++) {
    struct survivors *own = &left[q % 2];
    struct scan *scan = &plan->scans[tile->places[q]];
    struct topk *top = &tops[tile->places[q]];
    if (q + 1 < tile->count) gather(plan, tile, q + 1, block, &coarse, &left[(q + 1) % 2]);
    sieve_fine(plan, scan, threshold_of(scan, top), own);
    compare_survivors(plan, scan, own, top);
  }
}

/* Fills a tile with scans, from the one at `place` on, that have rows in the block; returns the place behind the last
 * it looked at. */
static size_t fill_tile(const struct exact_plan *plan, const struct block *block, size_t place, struct tile *tile) {
  uint32_t first = block->slab_start + block->first_group * CODES_GROUP;
  uint32_t end = first + block->group_count * CODES_GROUP;
  tile->count = 0;
  for (; place < plan->count && tile->count < KERNEL_QUERIES; place++) {
    const struct scan *scan = &plan->scans[place];
    if (scan->sieved && scan->first < end && scan->end > first) tile->places[tile->count++] = place;
  }
  return place;
}

/* Groups of one slab. Blocks grow: before the first has been compared, nothing can be ruled out. */
static void scan_groups(struct exact_plan *plan, struct block block, struct topk *tops, uint32_t *length) {
  for (uint32_t last = block.first_group + block.group_count; block.first_group < last;
       block.first_group += block.group_count) {
    block.group_count = last - block.first_group < *length ? last - block.first_group : *length;
    bool used = false;
    for (size_t place = 0; place < plan->count;) {
      struct tile tile;
      place = fill_tile(plan, &block, place, &tile);
      if (tile.count == 0) continue;
      sieve_block(plan, &tile, &block, tops);
      used = true;
    }
    if (used && *length < KERNEL_GROUPS) *length *= 2;
  }
}

static uint32_t common_divisor(uint32_t a, uint32_t b) {
  while (b != 0) {
    uint32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* How far to go each time so that `count` places are all visited, and any few in a row are far from each other. */
static uint32_t stride_over(uint32_t count) {
  uint32_t stride = (uint32_t)((double)count * 0.618);
  if (stride == 0) return 1;
  while (common_divisor(stride, count) != 1) stride++;
  return stride;
}

/* Stretch after stretch, not in file order: words are filed by frequency, and a query's neighbours are where words of
 * its own frequency are. So the floor would rise late for rare words. */
void exact_codes_scan(struct exact_plan *plan, uint32_t first, uint32_t end, struct topk *tops) {
  const struct rows *rows = plan->rows;
  uint32_t slab_rows = 1u << rows->slab_shift, stretch_rows = STRETCH_GROUPS * CODES_GROUP;
  if (stretch_rows > slab_rows) stretch_rows = slab_rows;
  uint32_t base = first / stretch_rows, count = (end - 1) / stretch_rows - base + 1, stride = stride_over(count);
  uint32_t length = 1;
  for (uint32_t i = 0, place = 0; i < count; i++, place = (place + stride) % count) {
    uint32_t start = (base + place) * stretch_rows, stop = end - start < stretch_rows ? end : start + stretch_rows;
    uint32_t from = start > first ? start : first, within = from & (slab_rows - 1);
    struct block block = {.slab_start = from - within, .first = from, .end = stop};
    block.first_group = within / CODES_GROUP;
    block.group_count = codes_groups(stop - block.slab_start) - block.first_group;
    scan_groups(plan, block, tops, &length);
  }
}

/* ---- behind the last row */

static void settle_query(struct exact_plan *plan, struct scan *scan, struct topk *top) {
  unsigned came = atomic_load_explicit(&scan->deferred_count, memory_order_relaxed), kept = 0, compared = 0;
  unsigned count = came < EXACT_DEFERRED ? came : EXACT_DEFERRED;
  float threshold = threshold_of(scan, top);
  for (unsigned i = 0; i < count; i++)
    if (scan->deferred[i].bound >= threshold) scan->deferred[kept++] = scan->deferred[i];
  for (unsigned i = 0; i < kept && i < AHEAD; i++) ask_for_row(plan->rows, scan->deferred[i].row);
  for (unsigned i = 0; i < kept; i++) {
    if (i + AHEAD < kept) ask_for_row(plan->rows, scan->deferred[i + AHEAD].row);
    if (scan->deferred[i].bound < threshold_of(scan, top)) continue;
    exact_compare(plan, scan, scan->deferred[i].row, 1, top);
    compared++;
  }
  atomic_fetch_add_explicit(&plan->compared, compared, memory_order_relaxed);
}

void exact_codes_settle(struct exact_plan *plan, struct topk *tops) {
  for (size_t i = 0; i < plan->count; i++)
    if (plan->scans[i].sieved) settle_query(plan, &plan->scans[i], &tops[i]);
}
