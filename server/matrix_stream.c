/* From a position in the answer to a row and a byte of it, and from there on row after row. */
#include "server/matrix_stream.h"

#include <stdlib.h>
#include <string.h>

enum {
  VECTORS = 3,         /* that a stream keeps: zeros, the stand-in, what was made of n-grams */
  PIECE_LETTERS = 4096 /* whose n-grams make up a piece at most, unless one word is longer: a few milliseconds, as other
                          connections' answers go over the same thread */
};

/* In place of a kept word's length: its vector follows instead. */
#define MADE_ALREADY SIZE_MAX

static size_t row_bytes(const struct matrix_stream *stream) {
  return stream->dim * sizeof(float);
}

static size_t numbers_of(const struct matrix_stream *stream) {
  return stream->numbers ? (size_t)(stream->count - stream->leading) * stream->choice.count : 0;
}

struct matrix_stream *matrix_stream_new(struct api_choice *choice, uint64_t count, bool whole, uint32_t leading) {
  struct matrix_stream *stream = calloc(1, sizeof *stream);
  if (!stream) return NULL;
  bytes_init(&stream->words, SIZE_MAX / 2); /* they are never more than the body that they come from */
  stream->dim = api_choice_dim(choice);
  stream->leading = leading;
  stream->count = leading + (whole ? model_rows(choice->model)->count : count);
  stream->made_row = UINT64_MAX;
  stream->zeros = calloc(VECTORS * (size_t)stream->dim, sizeof *stream->zeros);
  /* One more, for there may be none, which some allocators have no memory for. */
  if (!whole) stream->numbers = calloc((size_t)count * choice->count + 1, sizeof *stream->numbers);
  if (!stream->zeros || (!whole && !stream->numbers)) {
    matrix_stream_free(stream);
    return NULL;
  }
  stream->stand_in = stream->zeros + stream->dim;
  stream->made = stream->stand_in + stream->dim;
  stream->choice = *choice;
  *choice = (struct api_choice){0};
  return stream;
}

void matrix_stream_free(void *freed) {
  struct matrix_stream *stream = freed;
  if (!stream) return;
  api_choice_release(&stream->choice);
  bytes_release(&stream->words);
  free(stream->zeros); /* and what is behind them */
  free(stream->numbers);
  free(stream);
}

/* Puts together what n-grams give for a word, in the parts of stream->made that numbers[choice.count] name. */
static void compose(struct matrix_stream *stream, struct word word, const uint32_t *numbers) {
  float *part = stream->made;
  for (size_t i = 0; i < stream->choice.count; i++) {
    uint32_t dim = model_rows(stream->choice.models[i])->dim;
    /* A word without n-grams has zeros, as in fastText. */
    if (numbers[i] == MATRIX_NGRAMS &&
        subwords_vector(model_subwords(stream->choice.models[i]), word, part) != STATUS_OK)
      memset(part, 0, dim * sizeof *part);
    part += dim;
  }
}

enum status matrix_stream_keep(struct matrix_stream *stream, struct word word, const uint32_t *numbers) {
  size_t parts = 0;
  for (size_t i = 0; i < stream->choice.count; i++) parts += numbers[i] == MATRIX_NGRAMS;
  bool is_long = word.length * parts >= row_bytes(stream);
  const size_t length = is_long ? MADE_ALREADY : word.length;
  struct word kept = word;
  if (is_long) {
    compose(stream, word, numbers);
    kept = (struct word){(const char *)stream->made, row_bytes(stream)};
  }
  enum status status = bytes_reserve(&stream->words, sizeof length + kept.length);
  if (status == STATUS_OK) status = bytes_append(&stream->words, &length, sizeof length);
  return status == STATUS_OK ? bytes_append(&stream->words, kept.bytes, kept.length) : status;
}

/* Makes the next row that has n-grams. Rows are asked for in their order, each perhaps in several pieces. */
static void make_row(struct matrix_stream *stream, uint64_t row, const uint32_t *numbers) {
  size_t length;
  if (stream->made_row == row) return;
  stream->made_row = row;
  memcpy(&length, stream->words.data + stream->next_word, sizeof length);
  const unsigned char *kept = stream->words.data + stream->next_word + sizeof length;
  if (length == MADE_ALREADY) {
    memcpy(stream->made, kept, length = row_bytes(stream));
  } else {
    compose(stream, (struct word){(const char *)kept, length}, numbers);
    stream->letters += length * stream->choice.count;
  }
  stream->next_word += sizeof length + length;
}

/* Copies `length` bytes of a row, from its byte `skip` on: those of the first model, of the second and so on. */
static void copy_row(struct matrix_stream *stream, uint64_t row, size_t skip, size_t length, unsigned char *out) {
  static const uint32_t stand_ins[API_MODELS_MAX] = {MATRIX_STAND_IN, MATRIX_STAND_IN, MATRIX_STAND_IN,
                                                     MATRIX_STAND_IN, MATRIX_STAND_IN, MATRIX_STAND_IN,
                                                     MATRIX_STAND_IN, MATRIX_STAND_IN};
  uint32_t own = (uint32_t)(row - stream->leading);
  const uint32_t *numbers = row < stream->leading ? stand_ins
                            : stream->numbers     ? stream->numbers + (size_t)own * stream->choice.count
                                                  : &own;
  size_t before = 0;
  for (size_t i = 0; i < stream->choice.count && length > 0; i++) {
    const struct rows *rows = model_rows(stream->choice.models[i]);
    size_t bytes = rows->dim * sizeof(float);
    if (skip < bytes) {
      const float *vector;
      if (numbers[i] == MATRIX_NGRAMS) make_row(stream, row, numbers);
      if (numbers[i] == MATRIX_NGRAMS)
        vector = stream->made + before;
      else if (numbers[i] == MATRIX_STAND_IN)
        vector = (row == 0 && stream->leading > 0 ? stream->zeros : stream->stand_in) + before;
      else
        vector = rows_at(rows, numbers[i]);
      size_t copied = bytes - skip < length ? bytes - skip : length;
      memcpy(out, (const unsigned char *)vector + skip, copied);
      out += copied;
      length -= copied;
      skip = bytes;
    }
    skip -= bytes;
    before += rows->dim;
  }
}

/* stream_source.read */
static size_t read_rows(void *context, uint64_t position, unsigned char *out, size_t room) {
  struct matrix_stream *stream = context;
  size_t used = 0, bytes = row_bytes(stream);
  if (position < stream->head_length) {
    used = stream->head_length - (size_t)position;
    if (used > room) used = room;
    memcpy(out, stream->head + position, used);
    position += used;
  }
  if (used == room) return used;
  uint64_t row = (position - stream->head_length) / bytes;
  size_t skip = (size_t)((position - stream->head_length) % bytes);
  stream->letters = 0;
  for (; used < room && row < stream->count && stream->letters < PIECE_LETTERS; row++) {
    size_t copied = bytes - skip < room - used ? bytes - skip : room - used;
    copy_row(stream, row, skip, copied, out + used);
    used += copied;
    skip = 0;
  }
  return api_choice_lost(&stream->choice) ? 0 : used; /* which cuts the answer off */
}

enum status matrix_stream_begin(struct matrix_stream *stream, enum representation representation,
                                struct budget *answers, struct reply *reply) {
  stream->head_length = write_npy_head(stream->head, representation, stream->count, stream->dim, reply->shape);
  bytes_trim(&stream->words);
  const struct stream_source source = {.length = stream->head_length + stream->count * row_bytes(stream),
                                       .read = read_rows,
                                       .end = matrix_stream_free,
                                       .context = stream,
                                       .memory = sizeof *stream + VECTORS * row_bytes(stream) +
                                                 numbers_of(stream) * sizeof *stream->numbers + stream->words.capacity};
  enum status status = stream_new(&source, answers, &reply->stream);
  if (status != STATUS_OK) return status;
  /* From here on the reply may be gone before the stream is. */
  reply->lost = api_choice_lost(&stream->choice);
  stream->choice.reply = NULL;
  return STATUS_OK;
}
