/* The heap keeps the k best of whatever is offered, in whatever order, and sorts them by the strict total order. */
#include "store/search/topk.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/numbers.h"

enum { HITS_MOST = 60 };

static int compare(const void *a, const void *b) {
  const struct hit *left = a, *right = b;
  if (left->similarity != right->similarity) return left->similarity > right->similarity ? -1 : 1;
  return left->row < right->row ? -1 : left->row > right->row;
}

static void check_same(const struct hit *hits, const struct hit *expected, size_t count) {
  for (size_t i = 0; i < count; i++) {
    ck_assert_uint_eq(hits[i].row, expected[i].row);
    ck_assert_double_eq(hits[i].similarity, expected[i].similarity);
  }
}

/* Offers hits[0 … count-1] in this order, and compares with sorting them all. */
static void check_offers(const struct hit *hits, size_t count, size_t k) {
  struct hit sorted[HITS_MOST], heap[HITS_MOST];
  memcpy(sorted, hits, count * sizeof *hits);
  qsort(sorted, count, sizeof *sorted, compare);
  struct topk topk;
  topk_init(&topk, heap, k);
  for (size_t i = 0; i < count; i++) topk_offer(&topk, hits[i]);
  ck_assert_uint_eq(topk.count, count < k ? count : k);
  topk_sort(&topk);
  check_same(heap, sorted, topk.count);
}

START_TEST(higher_similarity_comes_first_and_then_the_lower_row) {
  ck_assert(hit_before((struct hit){9, 0.5}, (struct hit){1, 0.25}));
  ck_assert(!hit_before((struct hit){1, 0.25}, (struct hit){9, 0.5}));
  ck_assert(hit_before((struct hit){1, 0.5}, (struct hit){2, 0.5}));
  ck_assert(!hit_before((struct hit){2, 0.5}, (struct hit){1, 0.5}));
  ck_assert(!hit_before((struct hit){2, 0.5}, (struct hit){2, 0.5}));
  ck_assert(hit_before((struct hit){1, -0.0}, (struct hit){2, 0.0}));
  ck_assert(!hit_before((struct hit){2, 0.0}, (struct hit){1, -0.0}));
}
END_TEST

/* Every order in which five hits, two of them of equal similarity, can arrive. */
START_TEST(order_of_arrival_does_not_matter) {
  static const struct hit five[] = {{3, 0.5}, {4, 0.9}, {8, 0.5}, {1, -0.2}, {7, 0.0}};
  for (unsigned code = 0; code < 120; code++) {
    struct hit left[5], order[5];
    memcpy(left, five, sizeof left);
    for (unsigned i = 0, rest = code; i < 5; i++) {
      unsigned pick = rest % (5 - i);
      rest /= 5 - i;
      order[i] = left[pick];
      left[pick] = left[4 - i];
    }
    for (size_t k = 1; k <= 6; k++) check_offers(order, 5, k);
  }
}
END_TEST

START_TEST(random_hits_give_the_same_as_sorting_them_all) {
  struct numbers numbers = {.state = (uint64_t)_i};
  struct hit hits[HITS_MOST];
  size_t count = numbers_below(&numbers, HITS_MOST) + 1;
  uint32_t distinct = numbers_below(&numbers, 12) + 1;
  for (size_t i = 0; i < count; i++) hits[i] = (struct hit){(uint32_t)i, numbers_below(&numbers, distinct) / 8.0 - 0.5};
  for (size_t i = count - 1; i > 0; i--) {
    size_t other = numbers_below(&numbers, (uint32_t)i + 1);
    struct hit swapped = hits[i];
    hits[i] = hits[other];
    hits[other] = swapped;
  }
  for (size_t k = 1; k <= count; k++) check_offers(hits, count, k);
}
END_TEST

START_TEST(accepts_exactly_what_it_would_keep) {
  struct numbers numbers = {.state = (uint64_t)_i};
  struct hit heap[4], kept[5];
  struct topk topk;
  topk_init(&topk, heap, 4);
  size_t count = 0;
  for (uint32_t row = 0; row < 200; row++) {
    struct hit hit = {row * 7919 % 200, numbers_below(&numbers, 20) / 4.0};
    kept[count] = hit;
    qsort(kept, count + 1, sizeof *kept, compare);
    int keeps = count < 4 || kept[4].row != hit.row;
    ck_assert_int_eq(topk_accepts(&topk, hit), keeps);
    topk_offer(&topk, hit);
    if (count < 4) count++;
    ck_assert_uint_eq(topk.count, count);
  }
  topk_sort(&topk);
  check_same(heap, kept, count);
}
END_TEST

START_TEST(nothing_offered_is_nothing_found) {
  struct hit heap[3] = {{7, 1.0}};
  struct topk topk;
  topk_init(&topk, heap, 3);
  topk_sort(&topk);
  ck_assert_uint_eq(topk.count, 0);
  ck_assert_uint_eq(heap[0].row, 7);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("store/search/topk");
  TCase *tcase = tcase_create("topk");
  tcase_add_test(tcase, higher_similarity_comes_first_and_then_the_lower_row);
  tcase_add_test(tcase, order_of_arrival_does_not_matter);
  tcase_add_loop_test(tcase, random_hits_give_the_same_as_sorting_them_all, 0, 50);
  tcase_add_loop_test(tcase, accepts_exactly_what_it_would_keep, 0, 10);
  tcase_add_test(tcase, nothing_offered_is_nothing_found);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? 1 : 0;
}
