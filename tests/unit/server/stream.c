/* Streams: what they count, who ends the source, and what is asked of it. */
#include "server/stream.h"

#include <check.h>
#include <string.h>

#include "tests/support/suite.h"

/* A source of `length` bytes 0, 1, 2 and so on, of which it gives `piece` at most at a time. */
struct counter {
  uint64_t length;
  size_t piece;
  int ends;
};

static size_t count_on(void *context, uint64_t position, unsigned char *out, size_t room) {
  const struct counter *counter = context;
  size_t got = counter->length - position < room ? (size_t)(counter->length - position) : room;
  if (got > counter->piece) got = counter->piece;
  for (size_t i = 0; i < got; i++) out[i] = (unsigned char)(position + i);
  return got;
}

static void end_counter(void *context) {
  struct counter *counter = context;
  counter->ends++;
}

static struct stream_source source_of(struct counter *counter, uint64_t length, size_t memory) {
  return (struct stream_source){
      .length = length, .read = count_on, .end = end_counter, .context = counter, .memory = memory};
}

START_TEST(a_stream_is_read_to_its_end) {
  struct counter counter = {.length = 1000, .piece = 77};
  struct budget budget = {.limit = 1 << 20};
  struct stream *stream;
  unsigned char out[100];
  size_t got;
  const struct stream_source source = source_of(&counter, 1000, 5000);
  ck_assert_int_eq(stream_new(&source, &budget, &stream), STATUS_OK);
  ck_assert_uint_ge(atomic_load(&budget.used), 5000 + STREAM_BLOCK_BYTES);
  for (uint64_t at = 0; at < 1000; at += got) {
    ck_assert(stream_read(stream, at, out, sizeof out, &got));
    ck_assert_uint_gt(got, 0);
    for (size_t i = 0; i < got; i++) ck_assert_uint_eq(out[i], (unsigned char)(at + i));
    ck_assert_uint_eq(stream->made, at + got);
  }
  ck_assert_int_eq(counter.ends, 0);
  stream_free(stream);
  ck_assert_int_eq(counter.ends, 1);
  ck_assert_uint_eq(atomic_load(&budget.used), 0);
  stream_free(NULL);
}
END_TEST

/* A source that gives less than it promised is told from one that promised nothing. */
START_TEST(an_early_end) {
  struct counter counter = {.length = 0, .piece = 1};
  struct budget budget = {.limit = 1 << 20};
  struct stream *stream;
  unsigned char out[1];
  size_t got;
  struct stream_source source = source_of(&counter, 10, 0);
  ck_assert_int_eq(stream_new(&source, &budget, &stream), STATUS_OK);
  ck_assert(!stream_read(stream, 0, out, 1, &got));
  stream_free(stream);
  source.length = STREAM_LENGTH_UNKNOWN;
  ck_assert_int_eq(stream_new(&source, &budget, &stream), STATUS_OK);
  ck_assert(stream_read(stream, 0, out, 1, &got));
  ck_assert_uint_eq(got, 0);
  stream_free(stream);
}
END_TEST

START_TEST(a_stream_at_once) {
  enum { LENGTH = 3 * STREAM_BLOCK_BYTES + 5 };
  struct counter counter = {.length = LENGTH, .piece = STREAM_BLOCK_BYTES - 1};
  struct budget budget = {.limit = 1 << 20};
  for (int known = 0; known < 2; known++) {
    struct stream *stream;
    struct bytes out;
    const struct stream_source source = source_of(&counter, known ? LENGTH : STREAM_LENGTH_UNKNOWN, 0);
    bytes_init(&out, 1 << 20);
    ck_assert_int_eq(stream_new(&source, &budget, &stream), STATUS_OK);
    ck_assert_int_eq(stream_append(stream, &out), STATUS_OK);
    ck_assert_uint_eq(out.length, LENGTH);
    for (size_t i = 0; i < LENGTH; i++)
      if (out.data[i] != (unsigned char)i) ck_abort_msg("byte %zu", i);
    stream_free(stream);
    bytes_release(&out);
    bytes_init(&out, LENGTH / 2);
    ck_assert_int_eq(stream_new(&source, &budget, &stream), STATUS_OK);
    ck_assert_int_eq(stream_append(stream, &out), STATUS_LIMIT);
    stream_free(stream);
    bytes_release(&out);
  }
}
END_TEST

START_TEST(without_room_the_source_is_ended) {
  struct counter counter = {.length = 1};
  struct budget budget = {.limit = 2 * STREAM_BLOCK_BYTES};
  struct stream *stream, *more = NULL;
  struct stream_source source = source_of(&counter, 1, 0);
  ck_assert_int_eq(stream_new(&source, &budget, &stream), STATUS_OK);
  ck_assert_int_eq(stream_new(&source, &budget, &more), STATUS_BUSY);
  ck_assert_int_eq(counter.ends, 1);
  stream_free(stream);
  source.memory = 2 * STREAM_BLOCK_BYTES;
  ck_assert_int_eq(stream_new(&source, &budget, &more), STATUS_LIMIT);
  source.memory = SIZE_MAX;
  ck_assert_int_eq(stream_new(&source, &budget, &more), STATUS_LIMIT);
  ck_assert_int_eq(counter.ends, 4);
  ck_assert_ptr_null(more);
  ck_assert_uint_eq(atomic_load(&budget.used), 0);
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/stream", &tcase);
  tcase_add_test(tcase, a_stream_is_read_to_its_end);
  tcase_add_test(tcase, an_early_end);
  tcase_add_test(tcase, a_stream_at_once);
  tcase_add_test(tcase, without_room_the_source_is_ended);
  return suite_run(suite);
}
