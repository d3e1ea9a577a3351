/* Callers queue; threads make passes of what is queued. All threads work on one pass, each taking part of the rows
 * after part, until none is left; then one of them prepares the next pass while the others finish the last parts. */
#include "store/search/scanner.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "store/workers.h"

enum {
  PART_ROWS_MIN = 2 * EXACT_UNIT, /* some 10 microseconds of a query: far more than a part costs by itself */
  PASS_HITS = 1 << 16             /* the sum of k over a pass, for each thread has room for that many hits: 1 MiB */
};

/* A caller, on its own stack for as long as it waits. */
struct ask {
  const struct rows *rows;
  const struct exact_query *queries;
  struct hit *const *hits;
  size_t *found;
  size_t count;
  size_t taken;    /* of its queries, into a pass */
  size_t answered; /* or failed */
  bool chosen;     /* for the pass that is being put together */
  enum status status;
  pthread_cond_t done;
  struct ask *next;
};

/* Asks that wait, in the order of their turns. */
struct line {
  struct ask *first, **end;
};

/* Where an answer goes. */
struct place {
  struct ask *ask;
  size_t index;
};

struct pass {
  const struct rows *rows;
  size_t count; /* of queries */
  struct exact_query *queries;
  struct place *places;
  size_t k_sum;
  size_t weight; /* the sum of exact_query_weight() */
  struct exact_plan *plan;
  struct topk *tops; /* [threads][count] */
  struct hit *hits;  /* [threads][k_sum] */
  uint32_t next;     /* the first row that no thread has taken, */
  uint32_t end;      /* and where they end */
  unsigned joined;   /* threads that have begun to work on it, */
  unsigned within;   /* and those that still do */
  enum status status;
};

struct scanner {
  const struct kernel *kernel;
  unsigned threads;
  size_t most;
  struct workers workers;
  pthread_mutex_t lock; /* of all that follows, of asks and of passes but for what one thread owns */
  pthread_cond_t work;
  struct line line;
  struct pass *pass; /* that has rows left to take; NULL: none */
  bool preparing;    /* a thread makes the next one */
  struct scanner_tally tally;
  bool stopping;
};

/* ---- the line */

static void line_clear(struct line *line) {
  line->first = NULL;
  line->end = &line->first;
}

static void line_append(struct line *line, struct ask *ask) {
  ask->next = NULL;
  *line->end = ask;
  line->end = &ask->next;
}

/* So many of its queries have an answer, or this failure. */
static void settle(struct ask *ask, size_t count, enum status status) {
  if (status != STATUS_OK) ask->status = status;
  ask->answered += count;
  if (ask->answered == ask->count) pthread_cond_signal(&ask->done);
}

/* Removes from the line those that have nothing left to take; of the others, those whose turn this was go to the end.
 */
static void line_turn(struct line *line) {
  struct line others, chosen;
  line_clear(&others);
  line_clear(&chosen);
  for (struct ask *ask = line->first, *next; ask; ask = next) {
    next = ask->next;
    if (ask->taken < ask->count) line_append(ask->chosen ? &chosen : &others, ask);
    ask->chosen = false;
  }
  line_clear(line);
  for (struct ask *ask = others.first, *next; ask; ask = next) {
    next = ask->next;
    line_append(line, ask);
  }
  for (struct ask *ask = chosen.first, *next; ask; ask = next) {
    next = ask->next;
    line_append(line, ask);
  }
}

/* ---- passes */

static void pass_free(struct pass *pass) {
  if (!pass) return;
  exact_plan_free(pass->plan);
  free(pass->queries);
  free(pass->places);
  free(pass->tops);
  free(pass->hits);
  free(pass);
}

static struct pass *pass_new(const struct rows *rows, size_t most) {
  struct pass *pass = calloc(1, sizeof *pass);
  if (!pass) return NULL;
  pass->rows = rows;
  pass->queries = calloc(most, sizeof *pass->queries);
  pass->places = calloc(most, sizeof *pass->places);
  if (pass->queries && pass->places) return pass;
  pass_free(pass);
  return NULL;
}

/* There are never more hits than rows. */
static size_t k_of(const struct rows *rows, const struct exact_query *query) {
  if (query->k < rows->count) return query->k;
  return rows->count > 0 ? rows->count : 1;
}

/* Takes up to `share` queries of the ask as long as the pass has room. */
static void pass_take(struct pass *pass, struct ask *ask, size_t share, size_t most) {
  for (; share > 0 && ask->taken < ask->count && pass->count < most; share--) {
    struct exact_query query = ask->queries[ask->taken];
    query.k = k_of(pass->rows, &query);
    size_t weight = exact_query_weight(&query);
    if (pass->count > 0 && (pass->k_sum + query.k > PASS_HITS || pass->weight + weight > most)) return;
    pass->queries[pass->count] = query;
    pass->places[pass->count++] = (struct place){ask, ask->taken++};
    pass->k_sum += query.k;
    pass->weight += weight;
    ask->chosen = true;
  }
}

/* Makes a pass of what waits for the same rows as the first in the line: an equal share of each, then as much as there
 * is room for. NULL: nothing, as the first could not be served and has been told so. */
static struct pass *gather(struct scanner *scanner) {
  const struct rows *rows = scanner->line.first->rows;
  size_t most = exact_plan_most(rows), asks = 0;
  if (most > scanner->most) most = scanner->most;
  struct pass *pass = pass_new(rows, most);
  if (pass) {
    for (struct ask *ask = scanner->line.first; ask; ask = ask->next) asks += ask->rows == rows;
    size_t share = asks < most ? most / asks : 1;
    for (struct ask *ask = scanner->line.first; ask; ask = ask->next)
      if (ask->rows == rows) pass_take(pass, ask, share, most);
    for (struct ask *ask = scanner->line.first; ask; ask = ask->next)
      if (ask->rows == rows) pass_take(pass, ask, most, most);
  } else {
    struct ask *first = scanner->line.first;
    size_t left = first->count - first->taken;
    first->taken = first->count;
    settle(first, left, STATUS_NO_MEMORY);
  }
  line_turn(&scanner->line);
  return pass;
}

/* What takes time or memory in proportion to the queries; without the lock. */
static enum status pass_prepare(const struct scanner *scanner, struct pass *pass) {
  pass->tops = calloc(scanner->threads * pass->count, sizeof *pass->tops);
  pass->hits = malloc(scanner->threads * pass->k_sum * sizeof *pass->hits);
  if (!pass->tops || !pass->hits) return STATUS_NO_MEMORY;
  enum status status = exact_plan_new(scanner->kernel, pass->rows, pass->queries, pass->count, &pass->plan);
  if (status != STATUS_OK) return status;
  struct exact_extent extent = exact_plan_extent(pass->plan);
  pass->next = extent.first;
  pass->end = extent.end;
  return STATUS_OK;
}

/* The next rows to scan: large parts first, for each begins with blocks that rule out little, and small ones last, so
 * that no thread waits long for another. False: there are none. */
static bool take_part(struct scanner *scanner, struct pass *pass, uint32_t *first, uint32_t *end) {
  uint32_t left = pass->end - pass->next;
  uint32_t length = left / (2 * scanner->threads) / EXACT_UNIT * EXACT_UNIT;
  if (length < PART_ROWS_MIN) length = PART_ROWS_MIN;
  if (length > left) length = left;
  *first = pass->next;
  *end = pass->next += length;
  if (length == left && scanner->pass == pass) scanner->pass = NULL;
  return length > 0;
}

/* The tops of the thread that joins as the `joined`-th. */
static struct topk *tops_of(struct pass *pass, unsigned joined) {
  struct topk *tops = pass->tops + joined * pass->count;
  struct hit *hits = pass->hits + joined * pass->k_sum;
  for (size_t i = 0; i < pass->count; i++) {
    topk_init(&tops[i], hits, pass->queries[i].k);
    hits += pass->queries[i].k;
  }
  return tops;
}

static void merge(const struct pass *pass) {
  for (size_t i = 0; i < pass->count; i++) {
    const struct place *place = &pass->places[i];
    struct topk top;
    topk_init(&top, place->ask->hits[place->index], pass->queries[i].k);
    for (unsigned t = 0; t < pass->joined; t++) exact_merge(&top, &pass->tops[t * pass->count + i]);
    topk_sort(&top);
    place->ask->found[place->index] = top.count;
  }
  exact_plan_tell(pass->plan, pass->queries);
}

/* Gives every ask its answers, or the failure of the pass, and frees. Entered and left with the lock, not held while
 * answers are written: their callers wait until they are settled. */
static void pass_end(struct scanner *scanner, struct pass *pass) {
  pthread_mutex_unlock(&scanner->lock);
  if (pass->status == STATUS_OK) merge(pass);
  pthread_mutex_lock(&scanner->lock);
  for (size_t i = 0; i < pass->count; i++) settle(pass->places[i].ask, 1, pass->status);
  pass_free(pass);
}

/* Works on a pass until no rows are left to take; the last thread out ends it. Entered and left with the lock. */
static void pass_work(struct scanner *scanner, struct pass *pass) {
  uint32_t first, end;
  unsigned place = pass->joined++;
  pass->within++;
  struct topk *tops = tops_of(pass, place);
  while (take_part(scanner, pass, &first, &end)) {
    pthread_mutex_unlock(&scanner->lock);
    exact_plan_scan(pass->plan, first, end, tops);
    pthread_mutex_lock(&scanner->lock);
  }
  if (--pass->within == 0) pass_end(scanner, pass);
}

static void count_pass(struct scanner_tally *tally, size_t queries) {
  size_t i = 0;
  while (i < SCANNER_SIZES - 1 && queries > (size_t)1 << i) i++;
  tally->sizes[i]++;
  tally->queries += queries;
}

/* Makes the next pass and works on it. Entered and left with the lock. */
static void pass_begin(struct scanner *scanner) {
  struct pass *pass = gather(scanner);
  if (!pass) return;
  count_pass(&scanner->tally, pass->count);
  scanner->preparing = true;
  pthread_mutex_unlock(&scanner->lock);
  enum status status = pass_prepare(scanner, pass);
  pthread_mutex_lock(&scanner->lock);
  scanner->preparing = false;
  pass->status = status == STATUS_OK && scanner->stopping ? STATUS_BUSY : status;
  if (pass->status != STATUS_OK) {
    pass_end(scanner, pass);
    return;
  }
  scanner->pass = pass;
  if (pass->end - pass->next > PART_ROWS_MIN)
    pthread_cond_broadcast(&scanner->work);
  else if (scanner->line.first)
    pthread_cond_signal(&scanner->work); /* this thread is enough for that pass, and another can prepare the next */
  pass_work(scanner, pass);
}

static void work(void *context) {
  struct scanner *scanner = context;
  pthread_mutex_lock(&scanner->lock);
  while (!scanner->stopping) {
    if (scanner->pass)
      pass_work(scanner, scanner->pass);
    else if (scanner->line.first && !scanner->preparing)
      pass_begin(scanner);
    else
      pthread_cond_wait(&scanner->work, &scanner->lock);
  }
  pthread_mutex_unlock(&scanner->lock);
}

/* ---- the whole */

enum status scanner_new(const struct kernel *kernel, unsigned threads, size_t most, struct scanner **out) {
  struct scanner *scanner = calloc(1, sizeof *scanner);
  if (!scanner) return STATUS_NO_MEMORY;
  scanner->kernel = kernel;
  scanner->threads = threads;
  scanner->most = most;
  pthread_mutex_init(&scanner->lock, NULL);
  pthread_cond_init(&scanner->work, NULL);
  line_clear(&scanner->line);
  enum status status = workers_start(&scanner->workers, threads, work, scanner);
  if (status == STATUS_OK)
    *out = scanner;
  else
    scanner_free(scanner);
  return status;
}

enum status scanner_search(struct scanner *scanner, const struct rows *rows, const struct exact_query *queries,
                           size_t count, struct hit *const *hits, size_t *found) {
  if (count == 0) return STATUS_OK;
  struct ask ask = {.rows = rows, .queries = queries, .hits = hits, .found = found, .count = count};
  pthread_cond_init(&ask.done, NULL);
  pthread_mutex_lock(&scanner->lock);
  if (scanner->stopping) {
    settle(&ask, count, STATUS_BUSY);
  } else {
    line_append(&scanner->line, &ask);
    pthread_cond_signal(&scanner->work);
  }
  while (ask.answered < count) pthread_cond_wait(&ask.done, &scanner->lock);
  pthread_mutex_unlock(&scanner->lock);
  pthread_cond_destroy(&ask.done);
  return ask.status;
}

size_t scanner_waiting(struct scanner *scanner) {
  size_t count = 0;
  pthread_mutex_lock(&scanner->lock);
  for (const struct ask *ask = scanner->line.first; ask; ask = ask->next) count++;
  pthread_mutex_unlock(&scanner->lock);
  return count;
}

void scanner_tally(struct scanner *scanner, struct scanner_tally *out) {
  pthread_mutex_lock(&scanner->lock);
  *out = scanner->tally;
  pthread_mutex_unlock(&scanner->lock);
}

void scanner_stop(struct scanner *scanner) {
  pthread_mutex_lock(&scanner->lock);
  scanner->stopping = true;
  for (struct ask *ask = scanner->line.first, *next; ask; ask = next) {
    next = ask->next;
    settle(ask, ask->count - ask->taken, STATUS_BUSY);
  }
  line_clear(&scanner->line);
  if (scanner->pass) {
    scanner->pass->status = STATUS_BUSY;
    scanner->pass->next = scanner->pass->end;
    scanner->pass = NULL;
  }
  pthread_cond_broadcast(&scanner->work);
  pthread_mutex_unlock(&scanner->lock);
}

void scanner_free(struct scanner *scanner) {
  if (!scanner) return;
  scanner_stop(scanner);
  workers_join(&scanner->workers);
  pthread_cond_destroy(&scanner->work);
  pthread_mutex_destroy(&scanner->lock);
  free(scanner);
}
