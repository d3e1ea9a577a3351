/* LMDB's B-tree, for reading. Page 0 and page 1 are meta pages, of which the one with the later transaction counts; a
 * branch page has pages under it, a leaf page the records, each page with an array of where its nodes begin; a value
 * that is too long for its leaf begins on a page of its own. */
#include "store/matrix/pages.h"

#include <string.h>

enum {
  PAGE_HEAD = 16,
  PAGE_FLAGS = 10,
  PAGE_LOWER = 12, /* where the array of nodes ends; of an overflow page, how many pages it is */
  PAGE_BRANCH = 0x01,
  PAGE_LEAF = 0x02,
  PAGE_OVERFLOW = 0x04,
  PAGE_META = 0x08,
  PAGE_KINDS = 0x6F, /* with two more that no file of ours has */
  PAGE_SIZE_MIN = 512,
  PAGE_SIZE_MAX = 32768,
  NODE_HEAD = 8,
  NODE_ELSEWHERE = 0x01, /* its value is on pages of its own */
  META_MAGIC = PAGE_HEAD,
  META_VERSION = META_MAGIC + 4,
  META_PAGE_SIZE = META_MAGIC + 24,
  META_ROOT = META_MAGIC + 112,
  META_LAST = META_MAGIC + 120,
  META_TRANSACTION = META_MAGIC + 128,
  META_END = META_MAGIC + 136,
  DATA_VERSION = 1
};
static const uint32_t magic = 0xBEEFC0DE;

/* Numbers as they lie, each read once and for good: what was compared is what is used. Aligned as LMDB has them. */
static uint16_t load16(const unsigned char *at) {
  return *(const volatile uint16_t *)(const void *)at;
}

static uint32_t load32(const unsigned char *at) {
  return *(const volatile uint32_t *)(const void *)at;
}

static uint64_t load64(const unsigned char *at) {
  return *(const volatile uint64_t *)(const void *)at;
}

/* ---- head */

static enum status read_meta(const unsigned char *page, const char *file, struct problem *problem) {
  if (load32(page + META_MAGIC) != magic) return problem_set(problem, STATUS_FOREIGN, 0, "%s: not an LMDB file", file);
  if (load32(page + META_VERSION) != DATA_VERSION)
    return problem_set(problem, STATUS_UNSUPPORTED, 0,
                       "%s: written by another version of LMDB, whose layout this build does not read; import it again",
                       file);
  if ((load16(page + PAGE_FLAGS) & PAGE_KINDS) != PAGE_META)
    return problem_set(problem, STATUS_DAMAGED, 0, "%s: its first pages are inconsistent; import it again", file);
  return STATUS_OK;
}

enum status pages_open(const unsigned char *data, uint64_t covered, const char *file, struct problem *problem,
                       struct pages *out) {
  if (covered < META_END) return problem_set(problem, STATUS_FOREIGN, 0, "%s: not an LMDB file", file);
  enum status status = read_meta(data, file, problem);
  if (status != STATUS_OK) return status;
  uint32_t size = load32(data + META_PAGE_SIZE);
  if (size < PAGE_SIZE_MIN || size > PAGE_SIZE_MAX || (size & (size - 1)) != 0 || covered % size != 0 ||
      covered / size < 2)
    return problem_set(problem, STATUS_DAMAGED, 0, "%s: its size does not fit its pages; import it again", file);
  status = read_meta(data + size, file, problem);
  if (status != STATUS_OK) return status;
  bool second = load64(data + size + META_TRANSACTION) > load64(data + META_TRANSACTION);
  const unsigned char *meta = second ? data + size : data;
  struct pages pages = {.data = data, .count = covered / size, .size = size, .root = load64(meta + META_ROOT)};
  if (load64(meta + META_LAST) != pages.count - 1)
    return problem_set(problem, STATUS_DAMAGED, 0, "%s: it has fewer or more pages than it says; import it again",
                       file);
  *out = pages;
  return STATUS_OK;
}

/* ---- pages and nodes */

struct page {
  const unsigned char *at;
  bool leaf;
  uint32_t count; /* of nodes */
};

static bool load_page(const struct pages *pages, uint64_t number, struct page *out) {
  if (number >= pages->count) return false;
  const unsigned char *at = pages->data + number * pages->size;
  uint32_t kind = load16(at + PAGE_FLAGS) & PAGE_KINDS, lower = load16(at + PAGE_LOWER);
  if (load64(at) != number || (kind != PAGE_BRANCH && kind != PAGE_LEAF)) return false;
  if (lower <= PAGE_HEAD || lower > pages->size) return false;
  *out = (struct page){at, kind == PAGE_LEAF, (lower - PAGE_HEAD) / 2};
  return true;
}

struct node {
  uint64_t number; /* of a branch: the page under it; of a leaf: bytes of the value */
  bool elsewhere;  /* the value begins on a page of its own */
  struct lmdb_span key;
  size_t room; /* bytes behind the key, in the page */
};

/* The node `index` < count of a page. */
static bool load_node(const struct pages *pages, const struct page *page, uint32_t index, struct node *out) {
  uint32_t offset = load16(page->at + PAGE_HEAD + 2 * (size_t)index);
  if (offset % 2 != 0 || offset + NODE_HEAD > pages->size) return false;
  const unsigned char *at = page->at + offset;
  uint64_t number = load16(at) | (uint64_t)load16(at + 2) << 16;
  uint32_t flags = load16(at + 4), length = load16(at + 6);
  if (offset + NODE_HEAD + length > pages->size) return false;
  /* Of databases in the database, and of keys with several values, there are none. */
  if (page->leaf && (flags & ~(uint32_t)NODE_ELSEWHERE) != 0) return false;
  *out = (struct node){.number = page->leaf ? number : number | (uint64_t)flags << 32,
                       .elsewhere = page->leaf && flags != 0,
                       .key = {at + NODE_HEAD, length},
                       .room = pages->size - offset - NODE_HEAD - length};
  return true;
}

static bool load_value(const struct pages *pages, const struct node *node, struct lmdb_span *value) {
  const unsigned char *at = (const unsigned char *)node->key.data + node->key.length;
  uint64_t number;
  if (!node->elsewhere) {
    *value = (struct lmdb_span){at, node->number};
    return node->number <= node->room;
  }
  if (node->room < sizeof number) return false;
  memcpy(&number, at, sizeof number);  /* behind a key of any length: not aligned */
  __asm__ volatile("" : "+r"(number)); /* not read again */
  if (number >= pages->count) return false;
  at = pages->data + number * pages->size;
  uint64_t own = load32(at + PAGE_LOWER);
  if (load64(at) != number || (load16(at + PAGE_FLAGS) & PAGE_KINDS) != PAGE_OVERFLOW) return false;
  if (own > pages->count - number || own * pages->size < PAGE_HEAD + node->number) return false;
  *value = (struct lmdb_span){at + PAGE_HEAD, node->number};
  return true;
}

/* ---- walks */

/* As memcmp, a shorter key before its extensions. */
static int compare(struct lmdb_span a, struct lmdb_span b) {
  size_t shared = a.length < b.length ? a.length : b.length;
  int difference = memcmp(a.data, b.data, shared);
  return difference ? difference : (a.length > b.length) - (a.length < b.length);
}

/* The first node whose key is not below `key`, or count. The first node of a branch comes before all keys. */
static bool search(const struct pages *pages, const struct page *page, struct lmdb_span key, uint32_t *index,
                   bool *exact) {
  uint32_t low = page->leaf ? 0 : 1, high = page->count;
  *exact = false;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    struct node node;
    if (!load_node(pages, page, middle, &node)) return false;
    int order = compare(node.key, key);
    if (order == 0) *exact = true;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  *index = low;
  return true;
}

/* Goes down from the page to a leaf: to where `key` is or would be, or with NULL to the first record under it. */
static enum status descend(const struct pages *pages, uint64_t number, const struct lmdb_span *key,
                           struct pages_walk *walk, bool *exact) {
  while (walk->depth < PAGES_DEPTH_MAX && walk->left > 0) {
    struct page page;
    uint32_t index = 0;
    *exact = false;
    walk->left--;
    if (!load_page(pages, number, &page)) return STATUS_DAMAGED;
    if (key && !search(pages, &page, *key, &index, exact)) return STATUS_DAMAGED;
    if (!page.leaf && key && !*exact) index--;
    walk->levels[walk->depth].number = number;
    walk->levels[walk->depth++].index = index;
    if (page.leaf) return STATUS_OK;
    struct node node;
    if (!load_node(pages, &page, index, &node)) return STATUS_DAMAGED;
    number = node.number;
  }
  return STATUS_DAMAGED;
}

static enum status load_record(const struct pages *pages, const struct page *page, uint32_t index,
                               struct lmdb_record *record) {
  struct node node;
  struct lmdb_span value;
  if (!load_node(pages, page, index, &node) || !load_value(pages, &node, &value)) return STATUS_DAMAGED;
  *record = (struct lmdb_record){node.key, value};
  return STATUS_OK;
}

/* The record that the walk has come to; where its leaf has no more, that of the next leaf. */
static enum status settle(const struct pages *pages, struct pages_walk *walk, struct lmdb_record *record) {
  struct page page;
  uint32_t leaf = walk->depth - 1;
  if (!load_page(pages, walk->levels[leaf].number, &page) || !page.leaf) return STATUS_DAMAGED;
  if (walk->levels[leaf].index < page.count) return load_record(pages, &page, walk->levels[leaf].index, record);
  while (--walk->depth > 0) {
    uint32_t level = walk->depth - 1, index = ++walk->levels[level].index;
    bool exact;
    struct node node;
    if (!load_page(pages, walk->levels[level].number, &page) || page.leaf) return STATUS_DAMAGED;
    if (index >= page.count) continue;
    if (!load_node(pages, &page, index, &node)) return STATUS_DAMAGED;
    enum status status = descend(pages, node.number, NULL, walk, &exact);
    if (status != STATUS_OK) return status;
    leaf = walk->depth - 1;
    return load_page(pages, walk->levels[leaf].number, &page) ? load_record(pages, &page, 0, record) : STATUS_DAMAGED;
  }
  return STATUS_NOT_FOUND;
}

static enum status find(const struct pages *pages, struct lmdb_span key, struct pages_walk *walk, bool *exact) {
  walk->depth = 0;
  walk->left = pages->count;
  return pages->root == UINT64_MAX ? STATUS_NOT_FOUND : descend(pages, pages->root, &key, walk, exact);
}

enum status pages_get(const struct pages *pages, struct lmdb_span key, struct lmdb_span *value) {
  struct pages_walk walk;
  struct page page;
  struct lmdb_record record;
  bool exact;
  enum status status = find(pages, key, &walk, &exact);
  if (status != STATUS_OK) return status;
  if (!exact) return STATUS_NOT_FOUND;
  uint32_t leaf = walk.depth - 1;
  if (!load_page(pages, walk.levels[leaf].number, &page) || walk.levels[leaf].index >= page.count)
    return STATUS_DAMAGED;
  status = load_record(pages, &page, walk.levels[leaf].index, &record);
  if (status == STATUS_OK) *value = record.value;
  return status;
}

enum status pages_seek(const struct pages *pages, struct lmdb_span key, struct pages_walk *walk,
                       struct lmdb_record *record) {
  bool exact;
  enum status status = find(pages, key, walk, &exact);
  return status == STATUS_OK ? settle(pages, walk, record) : status;
}

enum status pages_next(const struct pages *pages, struct pages_walk *walk, struct lmdb_record *record) {
  if (walk->depth == 0) return STATUS_NOT_FOUND;
  walk->levels[walk->depth - 1].index++;
  return settle(pages, walk, record);
}
