/* Rows of word2vec's binary layout: a word, 0x20, the floats as little-endian bytes, and in files of the C program a
 * line feed. Which kind of file it is was found out beforehand: a word may begin with a line feed itself, so at most
 * the one that separates is taken. */
#include <stdlib.h>
#include <string.h>

#include "store/import/encoding.h"
#include "store/import/reader.h"

enum { BUFFER_SIZE = 4 << 20, SHOWN = 100 };

_Static_assert(BUFFER_SIZE > WORD_LENGTH_MAX + 2 + 4 * (size_t)MODEL_DIM_MAX, "the buffer holds a row of any size");

struct reader_word2vec {
  struct reader reader;
  struct source *source;
  uint32_t dim;
  bool line_feeds;
  bool ended;        /* the source is at its end: what is in the buffer is all there is */
  size_t at, length; /* in the buffer */
  uint64_t base;     /* position of the buffer's first byte in the source */
  uint64_t rows;
  uint64_t declared_rows;
  float *vector;
  unsigned char buffer[BUFFER_SIZE];
};

/* Has at least `wanted` bytes ready at `at` unless fewer are left. */
static enum status refill(struct reader_word2vec *w2v, size_t wanted, struct problem *problem) {
  if (w2v->ended || w2v->length - w2v->at >= wanted) return STATUS_OK;
  memmove(w2v->buffer, w2v->buffer + w2v->at, w2v->length - w2v->at);
  w2v->base += w2v->at;
  w2v->length -= w2v->at;
  w2v->at = 0;
  size_t got;
  enum status status = source_read(w2v->source, w2v->buffer + w2v->length, BUFFER_SIZE - w2v->length, problem, &got);
  if (status != STATUS_OK) return status;
  w2v->length += got;
  w2v->ended = w2v->length < BUFFER_SIZE;
  w2v->reader.text_bytes = source_position(w2v->source);
  w2v->reader.stored_bytes = source_stored(w2v->source);
  return STATUS_OK;
}

/* Copies the floats bit for bit; returns whether all are finite (an exponent of all ones is not). */
static bool copy_floats(float *vector, const unsigned char *bytes, size_t dim) {
  memcpy(vector, bytes, 4 * dim);
  uint32_t special = 0;
  for (size_t i = 0; i < dim; i++) {
    uint32_t bits;
    memcpy(&bits, &vector[i], 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bits = __builtin_bswap32(bits);
    memcpy(&vector[i], &bits, 4);
#endif
    special |= (uint32_t)((bits & 0x7F800000u) == 0x7F800000u);
  }
  return special == 0;
}

/* Whether what is left is the end of the file: nothing, or a line feed that closes it. */
static bool is_end(const struct reader_word2vec *w2v) {
  size_t left = w2v->length - w2v->at;
  return w2v->ended && (left == 0 || (left == 1 && w2v->buffer[w2v->at] == '\n'));
}

static enum status cut_inside(const struct reader_word2vec *w2v, size_t word_length, bool has_word,
                              struct problem *problem) {
  char word[SHOWN];
  uint64_t position = w2v->base + w2v->at;
  const char *header =
      w2v->rows >= w2v->declared_rows ? " (the header's rows are all read: what follows them is no row)" : "";
  size_t left = w2v->length - w2v->at;
  if (!has_word)
    return source_problem(w2v->source, position, problem,
                          "row %llu, at byte %llu, is cut off: the file ends inside its word%s",
                          (unsigned long long)w2v->rows, (unsigned long long)position, header);
  encoding_show((const char *)w2v->buffer + w2v->at, word_length, word, sizeof word);
  return source_problem(w2v->source, position, problem,
                        "row %llu (%s), at byte %llu, is cut off: it has %zu of the %zu bytes of its vector%s",
                        (unsigned long long)w2v->rows, word, (unsigned long long)position, left - word_length - 1,
                        4 * (size_t)w2v->dim, header);
}

static enum status word2vec_next(struct reader *reader, struct problem *problem, struct reader_row *row) {
  struct reader_word2vec *w2v = (struct reader_word2vec *)reader;
  size_t floats = 4 * (size_t)w2v->dim;
  enum status status = refill(w2v, WORD_LENGTH_MAX + 2 + floats, problem);
  if (status != STATUS_OK) return status;
  if (is_end(w2v)) {
    *row = (struct reader_row){.kind = ROW_END};
    return STATUS_OK;
  }
  const unsigned char *begin = w2v->buffer + w2v->at;
  size_t left = w2v->length - w2v->at;
  size_t searched = left < WORD_LENGTH_MAX + 1 ? left : WORD_LENGTH_MAX + 1;
  const unsigned char *space = memchr(begin, ' ', searched);
  uint64_t position = w2v->base + w2v->at;
  if (!space && searched > WORD_LENGTH_MAX)
    return source_problem(w2v->source, position, problem,
                          "row %llu, at byte %llu: no space ends its word within %d bytes; this is no word2vec binary "
                          "file, or it is damaged before that place",
                          (unsigned long long)w2v->rows, (unsigned long long)position, WORD_LENGTH_MAX);
  size_t word_length = space ? (size_t)(space - begin) : 0;
  if (!space || left - word_length - 1 < floats) return cut_inside(w2v, word_length, space != NULL, problem);
  bool finite = copy_floats(w2v->vector, space + 1, w2v->dim);
  *row = (struct reader_row){.kind = finite ? ROW_WHOLE : ROW_NOT_FINITE,
                             .word = {(const char *)begin, word_length},
                             .vector = w2v->vector,
                             .position = position};
  w2v->at += word_length + 1 + floats;
  if (w2v->line_feeds && w2v->at < w2v->length && w2v->buffer[w2v->at] == '\n') w2v->at++;
  w2v->rows++;
  return STATUS_OK;
}

static void word2vec_close(struct reader *reader) {
  struct reader_word2vec *w2v = (struct reader_word2vec *)reader;
  free(w2v->vector);
  free(w2v);
}

enum status reader_word2vec_open(struct source *source, const struct layout *layout, struct problem *problem,
                                 struct reader **out) {
  struct reader_word2vec *w2v = malloc(sizeof *w2v);
  float *vector = malloc(sizeof(float) * layout->dim);
  if (!w2v || !vector) {
    free(w2v);
    free(vector);
    return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source_label(source));
  }
  memset(w2v, 0, offsetof(struct reader_word2vec, buffer));
  w2v->reader = (struct reader){.next = word2vec_next, .close = word2vec_close, .unit = "byte"};
  w2v->source = source;
  w2v->dim = layout->dim;
  w2v->line_feeds = layout->line_feeds;
  w2v->declared_rows = layout->declared_rows;
  w2v->vector = vector;
  enum status status = refill(w2v, BUFFER_SIZE, problem);
  if (status != STATUS_OK) {
    word2vec_close(&w2v->reader);
    return status;
  }
  w2v->at = layout->header_length;
  *out = &w2v->reader;
  return STATUS_OK;
}
