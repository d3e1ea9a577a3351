/* The growing buffer: its limit, how it grows, sizes that would overflow, and random use beside a plain array. */
#include "store/bytes.h"

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/effort.h"

/* AddressSanitizer, where it is linked, ends the program at an allocation that cannot be had unless told otherwise. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "allocator_may_return_null=1";
}

static void assert_invariants(const struct bytes *bytes) {
  ck_assert_uint_le(bytes->length, bytes->capacity);
  ck_assert_uint_le(bytes->capacity, bytes->limit);
  ck_assert((bytes->data != NULL) == (bytes->capacity > 0));
}

static struct bytes filled_with(const char *text, size_t limit) {
  struct bytes bytes;
  bytes_init(&bytes, limit);
  ck_assert_int_eq(bytes_append_text(&bytes, text), STATUS_OK);
  return bytes;
}

static void assert_holds(const struct bytes *bytes, const char *text) {
  ck_assert_uint_eq(bytes->length, strlen(text));
  if (*text) ck_assert_mem_eq(bytes->data, text, bytes->length);
  assert_invariants(bytes);
}

START_TEST(a_new_buffer_is_empty_and_owns_nothing) {
  struct bytes bytes;
  memset(&bytes, 'X', sizeof bytes);
  bytes_init(&bytes, 10);
  ck_assert_ptr_null(bytes.data);
  ck_assert_uint_eq(bytes.length, 0);
  ck_assert_uint_eq(bytes.capacity, 0);
  ck_assert_uint_eq(bytes.limit, 10);
  bytes_release(&bytes);
}
END_TEST

START_TEST(appending_keeps_the_order_and_every_byte) {
  struct bytes bytes = filled_with("one", 100);
  ck_assert_int_eq(bytes_append(&bytes, "\0two\0", 5), STATUS_OK);
  ck_assert_int_eq(bytes_append_text(&bytes, "three"), STATUS_OK);
  ck_assert_uint_eq(bytes.length, 13);
  ck_assert_mem_eq(bytes.data, "one\0two\0three", 13);
  assert_invariants(&bytes);
  bytes_release(&bytes);
}
END_TEST

START_TEST(appending_nothing_needs_no_memory) {
  struct bytes bytes;
  bytes_init(&bytes, 0);
  ck_assert_int_eq(bytes_append(&bytes, NULL, 0), STATUS_OK);
  ck_assert_int_eq(bytes_append_text(&bytes, ""), STATUS_OK);
  ck_assert_int_eq(bytes_reserve(&bytes, 0), STATUS_OK);
  assert_holds(&bytes, "");
  bytes_release(&bytes);
}
END_TEST

/* Limits below, at and above the size that a first growth would like to take. */
START_TEST(the_limit_can_be_reached_and_not_passed) {
  static const size_t limits[] = {0, 1, 2, 255, 256, 257, 511, 512, 513, 1000, 4096, 4097};
  size_t limit = limits[_i];
  struct bytes bytes;
  bytes_init(&bytes, limit);
  for (size_t i = 0; i < limit; i++) {
    ck_assert_int_eq(bytes_append(&bytes, &(unsigned char){(unsigned char)i}, 1), STATUS_OK);
    assert_invariants(&bytes);
  }
  ck_assert_int_eq(bytes_append(&bytes, "x", 1), STATUS_LIMIT);
  ck_assert_int_eq(bytes_reserve(&bytes, 1), STATUS_LIMIT);
  ck_assert_uint_eq(bytes.length, limit);
  for (size_t i = 0; i < limit; i++) ck_assert_uint_eq(bytes.data[i], (unsigned char)i);
  bytes_release(&bytes);
}
END_TEST

START_TEST(one_append_may_fill_it_to_the_brim) {
  struct bytes bytes = filled_with("12345", 5);
  assert_holds(&bytes, "12345");
  bytes_release(&bytes);
  bytes_init(&bytes, 4);
  ck_assert_int_eq(bytes_append_text(&bytes, "12345"), STATUS_LIMIT);
  assert_holds(&bytes, "");
  bytes_release(&bytes);
}
END_TEST

START_TEST(a_refused_append_changes_nothing) {
  struct bytes bytes = filled_with("kept", 6);
  unsigned char *data = bytes.data;
  ck_assert_int_eq(bytes_append_text(&bytes, "abc"), STATUS_LIMIT);
  assert_holds(&bytes, "kept");
  ck_assert_ptr_eq(bytes.data, data);
  ck_assert_int_eq(bytes_append_text(&bytes, "ab"), STATUS_OK);
  assert_holds(&bytes, "keptab");
  bytes_release(&bytes);
}
END_TEST

/* length + more would wrap around: that is past any limit, and never a small number. */
START_TEST(sizes_that_would_overflow_are_past_the_limit) {
  static const size_t limits[] = {16, 1 << 20, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    struct bytes bytes = filled_with("kept", limits[i]);
    for (size_t less = 0; less < 4; less++) ck_assert_int_eq(bytes_reserve(&bytes, SIZE_MAX - less), STATUS_LIMIT);
    ck_assert_int_eq(bytes_append(&bytes, "x", SIZE_MAX), STATUS_LIMIT);
    ck_assert_int_eq(bytes_reserve(&bytes, limits[i] - 3), STATUS_LIMIT);
    assert_holds(&bytes, "kept");
    bytes_release(&bytes);
  }
}
END_TEST

START_TEST(memory_that_is_not_there_leaves_the_contents) {
  struct bytes bytes = filled_with("kept", SIZE_MAX);
  ck_assert_int_eq(bytes_reserve(&bytes, PTRDIFF_MAX / 2), STATUS_NO_MEMORY);
  assert_holds(&bytes, "kept");
  ck_assert_int_eq(bytes_append_text(&bytes, " and goes on"), STATUS_OK);
  assert_holds(&bytes, "kept and goes on");
  bytes_release(&bytes);
}
END_TEST

START_TEST(reserved_room_is_the_callers_to_fill) {
  struct bytes bytes = filled_with("head", 5000);
  ck_assert_int_eq(bytes_reserve(&bytes, 4996), STATUS_OK);
  ck_assert_uint_eq(bytes.length, 4);
  ck_assert_uint_eq(bytes.capacity, 5000);
  memset(bytes.data + bytes.length, 'z', 4996);
  bytes.length += 4996;
  ck_assert_mem_eq(bytes.data, "headz", 5);
  ck_assert_int_eq(bytes_reserve(&bytes, 1), STATUS_LIMIT);
  bytes_release(&bytes);
}
END_TEST

START_TEST(room_that_is_there_moves_nothing) {
  struct bytes bytes;
  bytes_init(&bytes, 1 << 20);
  ck_assert_int_eq(bytes_reserve(&bytes, 1000), STATUS_OK);
  const unsigned char *data = bytes.data;
  for (int i = 0; i < 1000; i++) ck_assert_int_eq(bytes_append(&bytes, "x", 1), STATUS_OK);
  ck_assert_ptr_eq(bytes.data, data);
  bytes_release(&bytes);
}
END_TEST

/* Doubling: a megabyte byte by byte takes a dozen growths, not thousands. */
START_TEST(growth_is_geometric) {
  struct bytes bytes;
  bytes_init(&bytes, 1 << 20);
  size_t growths = 0, capacity = 0, refused = 0;
  for (size_t i = 0; i < 1 << 20; i++) {
    refused += bytes_append(&bytes, "x", 1) != STATUS_OK;
    if (bytes.capacity == capacity) continue;
    ck_assert(bytes.capacity >= 2 * capacity || bytes.capacity == bytes.limit);
    capacity = bytes.capacity;
    growths++;
  }
  ck_assert_uint_eq(refused, 0);
  ck_assert_uint_le(growths, 20);
  bytes_release(&bytes);
}
END_TEST

START_TEST(taking_hands_over_and_starts_anew) {
  struct bytes bytes = filled_with("mine", 8);
  unsigned char *taken = bytes_take(&bytes);
  ck_assert_mem_eq(taken, "mine", 4);
  ck_assert_ptr_null(bytes.data);
  assert_holds(&bytes, "");
  ck_assert_int_eq(bytes_append_text(&bytes, "12345678"), STATUS_OK);
  ck_assert_int_eq(bytes_append_text(&bytes, "9"), STATUS_LIMIT);
  ck_assert_mem_eq(taken, "mine", 4);
  free(taken);
  bytes_release(&bytes);
}
END_TEST

START_TEST(a_budget_holds_what_buffers_hold) {
  struct budget budget = {.limit = 1000};
  struct bytes one, other;
  bytes_init_within(&one, 900, &budget);
  bytes_init_within(&other, 900, &budget);
  ck_assert_int_eq(bytes_reserve(&one, 600), STATUS_OK);
  ck_assert_uint_eq(atomic_load(&budget.used), one.capacity);
  ck_assert_int_eq(bytes_reserve(&other, 300), STATUS_OK);
  ck_assert_int_eq(bytes_append_text(&other, "kept"), STATUS_OK);
  ck_assert_int_eq(bytes_reserve(&other, 800), STATUS_BUSY);
  assert_holds(&other, "kept");
  ck_assert_int_eq(bytes_reserve(&other, 897), STATUS_LIMIT);
  ck_assert_int_eq(bytes_reserve(&other, 390), STATUS_OK); /* not doubled, for that is not left */
  ck_assert_uint_eq(atomic_load(&budget.used), one.capacity + other.capacity);
  free(bytes_take(&one));
  ck_assert_uint_eq(atomic_load(&budget.used), other.capacity);
  ck_assert_int_eq(bytes_reserve(&other, 800), STATUS_OK);
  bytes_release(&other);
  ck_assert_uint_eq(atomic_load(&budget.used), 0);
}
END_TEST

START_TEST(what_is_spared_is_counted_and_never_refused) {
  struct budget budget = {.limit = 1000, .used = 1000};
  struct bytes bytes;
  bytes_init_within(&bytes, 5000, &budget);
  bytes.spared = 600;
  ck_assert_int_eq(bytes_append_text(&bytes, "kept"), STATUS_OK);
  ck_assert_int_eq(bytes_reserve(&bytes, 596), STATUS_OK);
  ck_assert_uint_eq(bytes.capacity, 600);
  ck_assert_uint_eq(atomic_load(&budget.used), 1600);
  ck_assert_int_eq(bytes_reserve(&bytes, 597), STATUS_BUSY);
  assert_holds(&bytes, "kept");
  bytes_release(&bytes);
  ck_assert_uint_eq(atomic_load(&budget.used), 1000);
}
END_TEST

START_TEST(trimming_leaves_the_contents_and_nothing_else) {
  struct budget budget = {.limit = 1000};
  struct bytes bytes;
  bytes_init_within(&bytes, 900, &budget);
  bytes_trim(&bytes);
  assert_holds(&bytes, "");
  ck_assert_int_eq(bytes_append_text(&bytes, "kept"), STATUS_OK);
  bytes_trim(&bytes);
  ck_assert_uint_eq(bytes.capacity, 4);
  ck_assert_uint_eq(atomic_load(&budget.used), 4);
  ck_assert_int_eq(bytes_append_text(&bytes, " and goes on"), STATUS_OK);
  assert_holds(&bytes, "kept and goes on");
  bytes_release(&bytes);
  ck_assert_uint_eq(atomic_load(&budget.used), 0);
}
END_TEST

START_TEST(taking_from_an_empty_buffer_gives_what_free_accepts) {
  struct bytes bytes;
  bytes_init(&bytes, 8);
  free(bytes_take(&bytes));
  assert_holds(&bytes, "");
  bytes_release(&bytes);
}
END_TEST

START_TEST(releasing_twice_is_harmless_and_the_buffer_serves_again) {
  struct bytes bytes = filled_with("gone", 8);
  bytes_release(&bytes);
  bytes_release(&bytes);
  assert_holds(&bytes, "");
  ck_assert_int_eq(bytes_append_text(&bytes, "again"), STATUS_OK);
  assert_holds(&bytes, "again");
  bytes_release(&bytes);
}
END_TEST

static uint32_t next_random(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 (Steele, Lea, Flood 2014) */
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)(z >> 32);
}

enum { MODEL_MAX = 3000 };

/* What the buffer should hold. */
struct model {
  unsigned char data[MODEL_MAX];
  size_t length, limit;
};

/* Sizes that matter: none, a few, about what is left, and far too many. */
static size_t random_size(uint64_t *state, const struct model *model) {
  size_t left = model->limit - model->length;
  switch (next_random(state) % 8) {
    case 0: return 0;
    case 1: return left;
    case 2: return left + 1;
    case 3: return left + next_random(state) % MODEL_MAX;
    case 4: return next_random(state) % (left + 1);
    default: return next_random(state) % 40;
  }
}

static void append_to_both(uint64_t *state, struct bytes *bytes, struct model *model) {
  unsigned char piece[2 * MODEL_MAX];
  size_t size = random_size(state, model);
  for (size_t i = 0; i < size; i++) piece[i] = (unsigned char)next_random(state);
  bool fits = size <= model->limit - model->length;
  ck_assert_int_eq(bytes_append(bytes, piece, size), fits ? STATUS_OK : STATUS_LIMIT);
  if (!fits) return;
  memcpy(model->data + model->length, piece, size);
  model->length += size;
}

static void reserve_in_both(uint64_t *state, struct bytes *bytes, const struct model *model) {
  size_t size = random_size(state, model);
  bool fits = size <= model->limit - model->length;
  ck_assert_int_eq(bytes_reserve(bytes, size), fits ? STATUS_OK : STATUS_LIMIT);
  if (fits) ck_assert_uint_ge(bytes->capacity - bytes->length, size);
}

static void empty_both(uint64_t *state, struct bytes *bytes, struct model *model) {
  if (next_random(state) % 2) {
    size_t length = bytes->length;
    unsigned char *taken = bytes_take(bytes);
    if (length > 0) ck_assert_mem_eq(taken, model->data, length);
    free(taken);
  } else {
    bytes_release(bytes);
  }
  model->length = 0;
}

START_TEST(random_use_agrees_with_a_plain_array) {
  uint64_t state = 3;
  for (int run = 0, runs = effort(300); run < runs; run++) {
    struct model model = {.limit = next_random(&state) % (next_random(&state) % 2 ? MODEL_MAX : 300)};
    struct bytes bytes;
    bytes_init(&bytes, model.limit);
    for (int step = 0; step < 100; step++) {
      uint32_t action = next_random(&state) % 20;
      if (action == 0)
        empty_both(&state, &bytes, &model);
      else if (action < 5)
        reserve_in_both(&state, &bytes, &model);
      else
        append_to_both(&state, &bytes, &model);
      ck_assert_uint_eq(bytes.length, model.length);
      if (model.length > 0) ck_assert_mem_eq(bytes.data, model.data, model.length);
      assert_invariants(&bytes);
    }
    bytes_release(&bytes);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/bytes");
  TCase *cases = tcase_create("bytes");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, a_new_buffer_is_empty_and_owns_nothing);
  tcase_add_test(cases, appending_keeps_the_order_and_every_byte);
  tcase_add_test(cases, appending_nothing_needs_no_memory);
  tcase_add_loop_test(cases, the_limit_can_be_reached_and_not_passed, 0, 12);
  tcase_add_test(cases, one_append_may_fill_it_to_the_brim);
  tcase_add_test(cases, a_refused_append_changes_nothing);
  tcase_add_test(cases, sizes_that_would_overflow_are_past_the_limit);
  tcase_add_test(cases, memory_that_is_not_there_leaves_the_contents);
  tcase_add_test(cases, reserved_room_is_the_callers_to_fill);
  tcase_add_test(cases, room_that_is_there_moves_nothing);
  tcase_add_test(cases, growth_is_geometric);
  tcase_add_test(cases, taking_hands_over_and_starts_anew);
  tcase_add_test(cases, what_is_spared_is_counted_and_never_refused);
  tcase_add_test(cases, trimming_leaves_the_contents_and_nothing_else);
  tcase_add_test(cases, taking_from_an_empty_buffer_gives_what_free_accepts);
  tcase_add_test(cases, a_budget_holds_what_buffers_hold);
  tcase_add_test(cases, releasing_twice_is_harmless_and_the_buffer_serves_again);
  tcase_add_test(cases, random_use_agrees_with_a_plain_array);
  suite_add_tcase(suite, cases);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
