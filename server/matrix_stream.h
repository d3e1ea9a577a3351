/* The rows of a matrix as the bytes of an answer, one behind the other, out of the models that hold them: nothing is
 * kept but which row comes when. */
#ifndef WORDVEC_SERVER_MATRIX_STREAM_H
#define WORDVEC_SERVER_MATRIX_STREAM_H

#include "server/api.h"
#include "server/stream.h"
#include "server/write_npy.h"

/* In place of a row number, which both are above: what the policy gives for any unknown word; what the word's n-grams
 * give in that model. */
#define MATRIX_STAND_IN FOUND_NO_ROW
#define MATRIX_NGRAMS MODEL_ROWS_MAX

enum { MATRIX_LEADING = 2 /* rows that Keras has before words: of padding and of unknown ones */ };

struct matrix_stream {
  struct api_choice choice;
  uint32_t dim;
  uint64_t count;     /* rows, leading ones included */
  uint32_t leading;   /* 0 or MATRIX_LEADING: zeros, the stand-in */
  uint32_t *numbers;  /* [(count - leading) * choice.count]: of each row its number in each model; NULL: the rows of the
                         only model in their order */
  float *zeros;       /* [dim] */
  float *stand_in;    /* [dim], zeros unless somebody fills it */
  float *made;        /* [dim]: the n-grams' vector of the row made_row */
  uint64_t made_row;  /* UINT64_MAX: none yet */
  size_t letters;     /* whose n-grams were put together for the piece that is being read */
  struct bytes words; /* of the rows that are made of n-grams, in their order, each behind its length */
  size_t next_word;   /* where in them the next one is */
  char head[WRITE_NPY_HEAD];
  size_t head_length;
};

/* Room for `count` rows by number, or with `whole` for all rows of the only model. On success it takes the models of
 * *choice over, which is empty afterwards. NULL: without memory. */
struct matrix_stream *matrix_stream_new(struct api_choice *choice, uint64_t count, bool whole, uint32_t leading);
void matrix_stream_free(void *stream);

/* Keeps the word of the next row that has MATRIX_NGRAMS among its numbers[choice.count], or where that is shorter than
 * the word once for each of them its vector: which also keeps the making of long ones from those who wait for the
 * stream's next piece. Fails as
 * bytes_append() does. */
enum status matrix_stream_keep(struct matrix_stream *stream, struct word word, const uint32_t *numbers) MUST_USE;

/* Makes it the reply. STATUS_LIMIT, STATUS_BUSY and STATUS_NO_MEMORY as stream_new(); it is freed in any case, at the
 * latest with the reply's stream. */
enum status matrix_stream_begin(struct matrix_stream *stream, enum representation representation,
                                struct budget *answers, struct reply *reply) MUST_USE;

#endif
