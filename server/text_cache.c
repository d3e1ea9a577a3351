/* Shards, each with a lock of its own, that keep texts of any length, packed where they can be, in a ring: new ones are
 * written at its head, and what stands in their way at the tail goes, but for those that were asked for since they were
 * written, which are moved to the head once more (the CLOCK algorithm; in a ring it leaves no holes). A table of what
 * was offered once decides who comes in. With 422,295 rows drawn by Zipf's law and room for 20,000 of them it finds 75
 * % of what is asked; the best that any choice of rows could find is 77 %, and least-recently-used finds 70 %. */
#include "server/text_cache.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "server/packed_text.h"

enum {
  SHARDS_MOST = 16,            /* a power of two: several threads seldom meet at one */
  SHARD_BYTES_LEAST = 1 << 16, /* fewer shards rather than smaller ones */
  BYTES_A_BUCKET = 1024,       /* of the cache, for each bucket of the tables */
  REPRIEVES_MOST = 32          /* texts that one insertion may move to the head: it holds the lock */
};

/* Lies in the ring before its text: packed_text_size() bytes, or the text as it is. Positions count in entries' sizes:
 * the ring is an array of them. */
struct entry {
  uint64_t digest[2];
  uint32_t row;
  uint32_t length; /* of the text, in bytes */
  uint32_t next;   /* position of the next entry of its bucket, or NOWHERE */
  bool packed;
  bool asked_for;
};

#define NOWHERE UINT32_MAX

/* Entries lie one behind the other from 0 to `head`; or, once `wrapped`, from `tail` to `end` and from 0 to `head`. */
struct shard {
  _Alignas(64) pthread_mutex_t lock;
  struct entry *ring;
  uint32_t size, head, tail, end;
  bool wrapped;
  uint32_t *buckets; /* position of the first entry of each, or NOWHERE */
  uint32_t *offered; /* a mark of the last row of each bucket that was offered and not kept */
  struct text_cache_counts counts;
};

struct text_cache {
  size_t shard_count, bucket_count; /* powers of two; buckets of one shard */
  struct shard shards[];
};

/* Where a row belongs. */
struct place {
  struct shard *shard;
  uint32_t bucket;
  uint32_t mark;
};

static struct place place_of(struct text_cache *cache, const uint64_t digest[2], uint32_t row) {
  uint64_t hash = (digest[0] ^ row) * UINT64_C(0x9e3779b97f4a7c15);
  hash = (hash ^ hash >> 32) * UINT64_C(0xd6e8feb86659fd93);
  return (struct place){.shard = &cache->shards[(hash >> 56) & (cache->shard_count - 1)],
                        .bucket = (uint32_t)(hash & (cache->bucket_count - 1)),
                        .mark = (uint32_t)(hash >> 24)};
}

static size_t largest_power(size_t most) {
  size_t power = 1;
  while (power <= most / 2) power *= 2;
  return power;
}

static bool shard_init(struct shard *shard, size_t bytes, size_t buckets) {
  size_t tables = buckets * (sizeof *shard->buckets + sizeof *shard->offered);
  pthread_mutex_init(&shard->lock, NULL);
  size_t size = bytes > tables ? (bytes - tables) / sizeof *shard->ring : 0;
  shard->size = size < NOWHERE ? (uint32_t)size : NOWHERE;
  shard->ring = malloc((size_t)shard->size * sizeof *shard->ring + 1); /* never 0, which may give NULL */
  shard->buckets = malloc(buckets * sizeof *shard->buckets);
  shard->offered = calloc(buckets, sizeof *shard->offered);
  if (shard->buckets) memset(shard->buckets, 0xff, buckets * sizeof *shard->buckets);
  return shard->ring && shard->buckets && shard->offered;
}

enum status text_cache_new(size_t bytes, struct text_cache **out) {
  if (bytes == 0) {
    *out = NULL;
    return STATUS_OK;
  }
  size_t shards = largest_power(bytes / SHARD_BYTES_LEAST);
  if (shards > SHARDS_MOST) shards = SHARDS_MOST;
  size_t own = sizeof(struct text_cache) + shards * sizeof(struct shard);
  struct text_cache *cache = aligned_alloc(_Alignof(struct shard), own);
  if (!cache) return STATUS_NO_MEMORY;
  memset(cache, 0, own);
  cache->shard_count = shards;
  cache->bucket_count = largest_power(bytes / shards / BYTES_A_BUCKET);
  bool made = true;
  for (size_t i = 0; i < shards; i++)
    made &= shard_init(&cache->shards[i], (bytes > own ? bytes - own : 0) / shards, cache->bucket_count);
  if (!made) {
    text_cache_free(cache);
    return STATUS_NO_MEMORY;
  }
  *out = cache;
  return STATUS_OK;
}

void text_cache_free(struct text_cache *cache) {
  if (!cache) return;
  for (size_t i = 0; i < cache->shard_count; i++) {
    struct shard *shard = &cache->shards[i];
    pthread_mutex_destroy(&shard->lock);
    free(shard->ring);
    free(shard->buckets);
    free(shard->offered);
  }
  free(cache);
}

/* How many places of the ring an entry takes, itself and its text. */
static uint32_t places_of(const struct entry *entry) {
  size_t bytes = entry->packed ? packed_text_size(entry->length) : entry->length;
  return (uint32_t)(1 + (bytes + sizeof *entry - 1) / sizeof *entry);
}

/* The entry of a row in its bucket; NULL when there is none. */
static struct entry *find(const struct place *place, const uint64_t digest[2], uint32_t row) {
  const struct shard *shard = place->shard;
  for (uint32_t at = shard->buckets[place->bucket]; at != NOWHERE; at = shard->ring[at].next) {
    struct entry *entry = &shard->ring[at];
    if (entry->row == row && entry->digest[0] == digest[0] && entry->digest[1] == digest[1]) return entry;
  }
  return NULL;
}

size_t text_cache_get(const struct cached_rows *rows, uint32_t row, char *out, size_t room) {
  struct place place = place_of(rows->cache, rows->digest, row);
  size_t length = 0;
  pthread_mutex_lock(&place.shard->lock);
  struct entry *entry = find(&place, rows->digest, row);
  if (entry && entry->length <= room) {
    length = entry->length;
    if (entry->packed)
      packed_text_unpack((const uint8_t *)(entry + 1), length, out);
    else
      memcpy(out, entry + 1, length);
    entry->asked_for = true;
    place.shard->counts.hits++;
  } else {
    place.shard->counts.misses++;
  }
  pthread_mutex_unlock(&place.shard->lock);
  return length;
}

/* Takes the oldest entry away from its bucket and from the tail; one that was asked for goes on at the head, into the
 * free places between the two and its own, as long as `reprieves` last. The ring is wrapped. */
static void retire_oldest(struct text_cache *cache, struct shard *shard, unsigned *reprieves) {
  struct entry *oldest = &shard->ring[shard->tail];
  uint32_t places = places_of(oldest);
  struct place place = place_of(cache, oldest->digest, oldest->row);
  uint32_t *link = &shard->buckets[place.bucket];
  while (*link != shard->tail) link = &shard->ring[*link].next;
  if (oldest->asked_for && *reprieves > 0) {
    --*reprieves;
    oldest->asked_for = false;
    *link = shard->head;
    memmove(&shard->ring[shard->head], oldest, places * sizeof *oldest);
    shard->head += places;
  } else {
    *link = oldest->next;
  }
  shard->tail += places;
  if (shard->tail < shard->end) return;
  shard->tail = 0;
  shard->wrapped = false;
}

/* Frees `places` at the head, of no more than the ring has. */
static void make_room(struct text_cache *cache, struct shard *shard, uint32_t places) {
  unsigned reprieves = REPRIEVES_MOST;
  for (;;) {
    if (!shard->wrapped) {
      if (shard->size - shard->head >= places) return;
      shard->end = shard->head; /* what is left there is too short, and stays free for this round */
      shard->head = 0;
      shard->wrapped = true;
    }
    if (shard->tail - shard->head >= places) return;
    retire_oldest(cache, shard, &reprieves);
  }
}

static void insert(struct text_cache *cache, const struct place *place, const struct entry *entry, const char *text) {
  struct shard *shard = place->shard;
  uint32_t places = places_of(entry);
  make_room(cache, shard, places);
  struct entry *to = &shard->ring[shard->head];
  *to = *entry;
  to->next = shard->buckets[place->bucket]; /* now: making room may have changed it */
  if (entry->packed)
    packed_text_pack(text, entry->length, (uint8_t *)(to + 1));
  else
    memcpy(to + 1, text, entry->length);
  shard->buckets[place->bucket] = shard->head;
  shard->head += places;
}

void text_cache_offer(const struct cached_rows *rows, uint32_t row, const char *text, size_t length) {
  struct place place = place_of(rows->cache, rows->digest, row);
  struct shard *shard = place.shard;
  if (length == 0 || length > UINT32_MAX / 2) return;
  struct entry entry = {.digest = {rows->digest[0], rows->digest[1]}, .row = row, .length = (uint32_t)length};
  entry.packed = packed_text_can(text, length);
  if (places_of(&entry) > shard->size) return;
  pthread_mutex_lock(&shard->lock);
  if (shard->offered[place.bucket] != place.mark)
    shard->offered[place.bucket] = place.mark;
  else if (!find(&place, rows->digest, row)) /* another thread may have come first */
    insert(rows->cache, &place, &entry, text);
  pthread_mutex_unlock(&shard->lock);
}

struct text_cache_counts text_cache_counts(struct text_cache *cache) {
  struct text_cache_counts sum = {0};
  for (size_t i = 0; i < cache->shard_count; i++) {
    struct shard *shard = &cache->shards[i];
    pthread_mutex_lock(&shard->lock);
    sum.hits += shard->counts.hits;
    sum.misses += shard->counts.misses;
    pthread_mutex_unlock(&shard->lock);
  }
  return sum;
}
