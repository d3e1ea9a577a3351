/* Rows of a NumPy array of two dimensions, with words from a list. In C order a row is read as it lies; in Fortran
 * order the first number of a row is far from its second, so the whole array goes to a scratch file and rows are
 * gathered there: rows that follow each other lie in the same pages of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/import/reader.h"
#include "store/matrix/spill.h"
#include "store/npy_items.h"

enum { BLOCK_SIZE = 1 << 20 };

_Static_assert(BLOCK_SIZE >= 8 * MODEL_DIM_MAX && (int)BLOCK_SIZE > (int)NPY_HEADER_BYTES_MAX,
               "a block holds any row or head");

struct reader_npy {
  struct reader reader;
  struct source *source; /* borrowed, and so are the words and the folder */
  struct word_list *words;
  const char *folder;
  struct npy_header header;
  uint64_t rows, dim;
  uint64_t row;         /* the next */
  unsigned char *block; /* [BLOCK_SIZE]: rows in C order */
  size_t at, length;    /* in the block */
  struct spill items;   /* of an array in Fortran order */
  float *vector;        /* [dim] */
};

static void note_progress(struct reader_npy *npy) {
  npy->reader.text_bytes = source_position(npy->source);
  npy->reader.stored_bytes = source_stored(npy->source);
}

static enum status cut_off(const struct reader_npy *npy, struct problem *problem) {
  uint64_t position = source_position(npy->source);
  return source_problem(npy->source, position, problem,
                        "the array is cut off at byte %llu: %llu rows of %llu numbers (%s) end at byte %llu",
                        (unsigned long long)position, (unsigned long long)npy->rows, (unsigned long long)npy->dim,
                        npy->header.descr, (unsigned long long)npy->header.total_bytes);
}

/* As many whole rows as fit a block. */
static enum status read_block(struct reader_npy *npy, struct problem *problem) {
  size_t row_bytes = npy->dim * npy->header.item_bytes;
  uint64_t rows = BLOCK_SIZE / row_bytes, left = npy->rows - npy->row;
  size_t wanted = (size_t)(rows < left ? rows : left) * row_bytes, got;
  enum status status = source_read(npy->source, npy->block, wanted, problem, &got);
  if (status != STATUS_OK) return status;
  if (got < wanted) return cut_off(npy, problem);
  npy->at = 0;
  npy->length = wanted;
  note_progress(npy);
  return STATUS_OK;
}

/* The scratch file grows with what is read, and not to what a head may promise. */
static enum status read_all(struct reader_npy *npy, struct problem *problem) {
  size_t total = (size_t)(npy->header.total_bytes - npy->header.offset), have = 0;
  while (have < total) {
    size_t wanted = total - have < BLOCK_SIZE ? total - have : BLOCK_SIZE, got;
    enum status status = spill_grow(&npy->items, npy->folder, have + wanted, problem);
    if (status == STATUS_OK) status = source_read(npy->source, npy->items.data + have, wanted, problem, &got);
    if (status != STATUS_OK) return status;
    if (got < wanted) return cut_off(npy, problem);
    have += wanted;
  }
  note_progress(npy);
  return STATUS_OK;
}

static enum status read_row(struct reader_npy *npy, struct problem *problem) {
  const struct npy_header *header = &npy->header;
  enum status status = STATUS_OK;
  if (!header->fortran_order) {
    if (npy->at == npy->length) status = read_block(npy, problem);
    if (status != STATUS_OK) return status;
    npy_floats(header, npy->block + npy->at, npy->dim, npy->vector);
    npy->at += npy->dim * header->item_bytes;
    return STATUS_OK;
  }
  if (npy->row == 0) status = read_all(npy, problem);
  for (uint64_t i = 0; status == STATUS_OK && i < npy->dim; i++)
    npy_floats(header, npy->items.data + npy_item_at(header, npy->row, i) * header->item_bytes, 1, &npy->vector[i]);
  return status;
}

static enum status check_end(const struct reader_npy *npy, struct problem *problem) {
  unsigned char byte;
  size_t got;
  enum status status = source_read(npy->source, &byte, 1, problem, &got);
  if (status != STATUS_OK || got == 0) return status;
  return source_problem(npy->source, npy->header.total_bytes, problem,
                        "the array ends at byte %llu, and more follows: a file of one array is needed",
                        (unsigned long long)npy->header.total_bytes);
}

static enum status npy_next(struct reader *reader, struct problem *problem, struct reader_row *row) {
  struct reader_npy *npy = (struct reader_npy *)reader;
  if (npy->row == npy->rows) {
    enum status status = check_end(npy, problem);
    if (status == STATUS_OK) *row = (struct reader_row){.kind = ROW_END};
    return status;
  }
  struct word word;
  bool more = false;
  enum status status = word_list_next(npy->words, problem, &more, &word);
  if (status == STATUS_OK && !more)
    status = problem_set(problem, STATUS_BAD_MATRIX, 0, "%.200s: the list of words has become shorter",
                         word_list_label(npy->words));
  if (status == STATUS_OK) status = read_row(npy, problem);
  if (status != STATUS_OK) return status;
  bool finite = true;
  for (uint64_t i = 0; i < npy->dim; i++) finite &= isfinite(npy->vector[i]) != 0;
  *row = (struct reader_row){
      .kind = finite ? ROW_WHOLE : ROW_NOT_FINITE, .word = word, .vector = npy->vector, .position = npy->row++};
  return STATUS_OK;
}

static void npy_close(struct reader *reader) {
  struct reader_npy *npy = (struct reader_npy *)reader;
  spill_release(&npy->items);
  free(npy->block);
  free(npy->vector);
  free(npy);
}

enum status reader_npy_open(struct source *source, const struct layout *layout, const struct reader_needs *needs,
                            struct problem *problem, struct reader **out) {
  struct reader_npy *npy = calloc(1, sizeof *npy);
  if (!npy) return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
  npy->reader = (struct reader){.next = npy_next, .close = npy_close, .unit = "row"};
  npy->source = source;
  npy->words = needs->words;
  npy->folder = needs->folder;
  npy->header = layout->npy;
  npy->rows = layout->npy.sizes[0];
  npy->dim = layout->dim;
  npy->items = SPILL_NONE;
  npy->block = malloc(BLOCK_SIZE);
  npy->vector = malloc(sizeof(float) * layout->dim);
  size_t got;
  enum status status = npy->block && npy->vector
                           ? source_read(source, npy->block, layout->npy.offset, problem, &got)
                           : problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
  note_progress(npy);
  if (status != STATUS_OK)
    npy_close(&npy->reader);
  else
    *out = &npy->reader;
  return status;
}
