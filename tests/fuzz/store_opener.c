/* Store files for libFuzzer. The first byte says what the others are:
 *
 *   bit 0    patches of a small whole file, or the file itself
 *   bit 1    patches of its records' data, by kind, or of its pages
 *   bit 2    the sums of blocks are left as they are, or made anew
 *   the rest which small file
 *
 * A patch is a byte for the page or the kind of record, two for the offset and, in the upper four bits, the length less
 * one, then the bytes. Files whose sums are made anew have no sum of the metadata. What must hold: no sanitizer speaks,
 * a refusal has one line of text that names the file, and whatever is opened can be read, searched and verified. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/matrix/checksum.h"
#include "store/matrix/format.h"
#include "store/matrix/lmdb.h"
#include "store/matrix/pages.h"
#include "store/matrix/verify.h"
#include "store/search/exact.h"
#include "store/search/graph_search.h"
#include "store/search/kernel.h"
#include "tests/support/metadata_sum.h"
#include "tests/support/scratch.h"
#include "tests/support/store_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAGE = 4096, TRAILER = 40, AS_IT_IS = 1, RECORDS = 2, KEEPS_SUMS = 4, CHOICE_SHIFT = 3 };

static const struct store_fixture shapes[] = {
    {.rows = 20, .dim = 3, .seed = 1},
    {.rows = 24, .dim = 50, .codes = true, .graph = true, .subwords = true, .seed = 2},
    {.rows = 20, .dim = 6, .subwords = true, .pruned = true, .seed = 3},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static const char kinds[] = "hrnotmijacfglsbp";
enum { KINDS = sizeof kinds - 1 };

/* A file, without its trailer, and where its records lie. */
static struct base {
  unsigned char *bytes;
  size_t length;
  size_t places[KINDS]; /* 0: it has none */
} bases[SHAPES];

static char path[64];
static int file = -1;

static void demand(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "broken: %s\n", what);
  abort();
}

static void find_records(struct base *base) {
  struct pages pages;
  demand(pages_open(base->bytes, base->length, "", NULL, &pages) == STATUS_OK, "a whole file opens");
  for (size_t i = 0; i < KINDS; i++) {
    const unsigned char key[5] = {(unsigned char)kinds[i]};
    struct lmdb_span value;
    if (pages_get(&pages, (struct lmdb_span){key, kinds[i] == 'h' ? 1 : 5}, &value) != STATUS_OK) continue;
    base->places[i] = (size_t)((const unsigned char *)value.data - base->bytes) + (kinds[i] == 'h' ? 0 : FORMAT_LEAD);
  }
}

static void make_bases(void) {
  char store[SCRATCH_PATH_MAX], name[SCRATCH_PATH_MAX];
  scratch_open();
  scratch_folder(store, "store");
  scratch_path(name, "store/m.mdb");
  for (size_t i = 0; i < SHAPES; i++) {
    size_t length;
    store_fixture_write(store, "m", &shapes[i]);
    char *read = scratch_read(name, &length);
    bases[i].length = length - TRAILER;
    bases[i].bytes = aligned_alloc(PAGE, bases[i].length);
    memcpy(bases[i].bytes, read, bases[i].length);
    free(read);
    find_records(&bases[i]);
  }
  scratch_close();
  file = memfd_create("store", MFD_CLOEXEC);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
}

static void patch(const struct base *base, bool by_record, const uint8_t *data, size_t size, unsigned char *bytes) {
  while (size >= 4) {
    size_t where = data[2] | (size_t)(data[1] & 0x0F) << 8, length = (data[1] >> 4) + 1u;
    size_t start = by_record ? base->places[data[0] % KINDS] : data[0] % (base->length / PAGE) * PAGE;
    data += 3;
    size -= 3;
    if (length > size) length = size;
    if (start + where + length <= base->length) memcpy(bytes + start + where, data, length);
    data += length;
    size -= length;
  }
}

static void write_all(const unsigned char *bytes, size_t length) {
  demand(ftruncate(file, 0) == 0 && pwrite(file, bytes, length, 0) == (ssize_t)length, "memory");
}

static void write_input(const uint8_t *data, size_t size) {
  uint8_t how = size > 0 ? data[0] : 0;
  const struct base *base = &bases[(how >> CHOICE_SHIFT) % SHAPES];
  uint64_t length;
  if (how & AS_IT_IS) {
    write_all(data + 1, size - 1);
    return;
  }
  unsigned char *bytes = malloc(base->length);
  memcpy(bytes, base->bytes, base->length);
  metadata_sum_remove(bytes, base->length);
  if (how & KEEPS_SUMS) { /* of the file before it was patched */
    write_all(bytes, base->length);
    demand(checksum_append(file, base->length, 1, path, NULL, &length) == STATUS_OK, "sums are made");
  }
  if (size > 1) patch(base, how & RECORDS, data + 1, size - 1, bytes);
  if (how & KEEPS_SUMS) {
    demand(pwrite(file, bytes, base->length, 0) == (ssize_t)base->length, "memory");
  } else {
    write_all(bytes, base->length);
    demand(checksum_append(file, base->length, 1, path, NULL, &length) == STATUS_OK, "sums are made");
  }
  free(bytes);
}

/* ---- what a daemon does with a model */

static void read_words(const struct vocabulary *vocabulary) {
  uint32_t page[8], row;
  size_t count;
  bool more;
  uint32_t rows = vocabulary_count(vocabulary) < 64 ? vocabulary_count(vocabulary) : 64;
  for (uint32_t i = 0; i < rows; i++) {
    struct word word = vocabulary_word(vocabulary, i);
    if (vocabulary_find(vocabulary, word, &row) == STATUS_OK) demand(row < vocabulary_count(vocabulary), "a row");
    if (vocabulary_find_folded(vocabulary, word, &row) == STATUS_OK)
      demand(row < vocabulary_count(vocabulary), "a row");
    const struct vocabulary_range range = {.prefix = {"", 0}, .after = &word};
    if (vocabulary_page(vocabulary, &range, 8, page, &count, &more) == STATUS_OK) demand(count <= 8, "a page");
  }
  if (vocabulary_suggest(vocabulary, (struct word){"w99", 3}, 8, page, &count) == STATUS_OK)
    demand(count <= 8, "a list");
}

static void search(const struct model *model) {
  const struct rows *rows = model_rows(model);
  struct hit hits[10], *of_query = hits;
  size_t found;
  float *vector = calloc(rows->stride, sizeof *vector);
  /* Of a query each number is finite; those of forged rows are what verify looks for. */
  for (uint32_t i = 0; i < rows->dim; i++) vector[i] = isfinite(rows_at(rows, 0)[i]) ? rows_at(rows, 0)[i] : 1;
  const struct exact_query query = {.vector = vector, .k = 10};
  if (exact_search(kernel_best(), rows, &query, 1, &of_query, &found) == STATUS_OK) demand(found <= 10, "ten hits");
  if (model_graph(model)) {
    const struct graph_index index = {.graph = *model_graph(model), .rows = rows, .kernel = kernel_best()};
    const struct graph_query near = {.vector = vector, .k = 10, .width = 30};
    struct graph_scratch *scratch;
    demand(graph_scratch_new(&index, &scratch) == STATUS_OK, "memory");
    if (graph_search(&index, &near, scratch, hits, &found) == STATUS_OK) demand(found <= 10, "ten hits");
    graph_scratch_free(scratch);
  }
  if (model_subwords(model) && subwords_vector(model_subwords(model), (struct word){"naïve", 6}, vector) == STATUS_OK)
    demand(subwords_ngrams(model_subwords(model), (struct word){"naïve", 6}) > 0, "a vector is of n-grams");
  free(vector);
}

static void use(const struct model *model) {
  struct problem problem = {0};
  const struct verify_options options = {.threads = 1, .dots = kernel_best()->dots};
  read_words(model_vocabulary(model));
  search(model);
  if (verify_model(model, &options, &problem) != STATUS_OK) demand(problem.text[0] != 0, "verify says what is wrong");
  demand(!model_lost(model), "the file is there");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct problem problem = {0};
  struct model *model = NULL;
  if (file < 0) make_bases();
  write_input(data, size);
  if (model_open(path, 1, &problem, &model) == STATUS_OK) {
    use(model);
    model_drop(model);
  } else {
    demand(strncmp(problem.text, path, strlen(path)) == 0 && !strchr(problem.text, '\n'), "a refusal names the file");
  }
  return 0;
}
