/* A graph goes into the file when it is wanted, comes back, and is distrusted like everything else in it. */
#include "store/import/import_graph.h"

#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/import/import.h"
#include "store/matrix/checksum.h"
#include "store/matrix/graph_map.h"
#include "store/matrix/verify.h"
#include "store/search/exact.h"
#include "store/search/graph_search.h"
#include "tests/support/metadata_sum.h"
#include "tests/support/numbers.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { TRAILER = 8 + 32, ROWS = 130, DIM = 60 }; /* a trailer of a file under 64 MiB */

/* Imports ROWS made-up rows as m in the folder. */
static void import(const char *store, const struct import_options *chosen, struct import_report *report) {
  char path[SCRATCH_PATH_MAX];
  struct numbers numbers = {.state = 5};
  struct problem problem = {0};
  char *text = malloc((size_t)ROWS * (DIM + 1) * 16);
  ck_assert_ptr_nonnull(text);
  size_t length = 0;
  for (int row = 0; row < ROWS; row++) {
    length += (size_t)sprintf(text + length, "w%d", row);
    for (int i = 0; i < DIM; i++)
      length += (size_t)sprintf(text + length, " %d", (int)numbers_below(&numbers, 20001) - 10000);
    text[length++] = '\n';
  }
  scratch_path(path, "m.txt");
  scratch_write(path, text, length);
  free(text);
  struct import_options options = *chosen;
  options.path = path;
  options.store = store;
  options.replace = true;
  ck_assert_msg(import_run(&options, &problem, report) == STATUS_OK, "%s", problem.text);
}

static struct model *open_model(const char *path) {
  struct model *model = NULL;
  struct problem problem = {0};
  ck_assert_msg(model_open(path, 1, &problem, &model) == STATUS_OK, "%s", problem.text);
  return model;
}

/* The model that tests look at or break a copy of is written once, before Check forks. */
static void whole_path(char path[SCRATCH_PATH_MAX]) {
  scratch_path(path, "whole/m.mdb");
}

static void write_whole(void) {
  char store[SCRATCH_PATH_MAX];
  struct import_report report;
  scratch_folder(store, "whole");
  import(store, &(struct import_options){.graph_rows = ROWS, .threads = 2}, &report);
}

START_TEST(a_graph_is_made_when_it_is_wanted) {
  static const struct {
    struct import_options options;
    bool made;
  } cases[] = {
      {{.graph_rows = ROWS}, true},
      {{.graph_rows = ROWS + 1}, false},
      {{.graph_rows = 0}, false}, /* the usual limit */
      {{.graph_rows = ROWS, .no_index = true}, false},
  };
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct import_report report;
  struct problem problem = {0};
  scratch_folder(store, "wanted-%d", _i);
  scratch_path(path, "wanted-%d/m.mdb", _i);
  import(store, &cases[_i].options, &report);
  struct model *model = open_model(path);
  ck_assert_int_eq(report.graph.made, cases[_i].made);
  ck_assert_int_eq(model_graph(model) != NULL, cases[_i].made);
  ck_assert_int_eq(model_info(model)->recall != NULL, cases[_i].made);
  ck_assert_msg(verify_model(model, &(struct verify_options){.threads = 2}, &problem) == STATUS_OK, "%s", problem.text);
  if (cases[_i].made) {
    ck_assert_uint_gt(report.graph.bytes, (uint64_t)ROWS * DIM);
    ck_assert_uint_gt(report.graph.private_bytes, 0);
    ck_assert_uint_eq(report.graph.recall.count, model_info(model)->recall->count);
  }
  model_drop(model);
}
END_TEST

START_TEST(threads_and_time_do_not_show) {
  char store[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX], whole[SCRATCH_PATH_MAX];
  struct import_report report;
  scratch_folder(store, "again");
  scratch_path(path, "again/m.mdb");
  whole_path(whole);
  import(store, &(struct import_options){.graph_rows = 1, .threads = 3}, &report);
  struct model *one = open_model(whole), *other = open_model(path);
  const struct graph *a = model_graph(one), *b = model_graph(other);
  ck_assert_uint_eq(a->entry_count, b->entry_count);
  ck_assert_uint_eq(a->root, b->root);
  ck_assert_mem_eq(a->entries.slabs[0], b->entries.slabs[0], a->entry_count * a->entries.block_bytes);
  ck_assert_mem_eq(a->nodes.slabs[0], b->nodes.slabs[0], a->node_count * a->nodes.block_bytes);
  const struct recall_table *left = model_info(one)->recall, *right = model_info(other)->recall;
  ck_assert_uint_eq(left->queries, right->queries);
  for (uint32_t i = 0; i < left->count; i++) {
    ck_assert_uint_eq(left->steps[i].width, right->steps[i].width);
    ck_assert_double_eq(left->steps[i].at_10, right->steps[i].at_10);
  }
  model_drop(one);
  model_drop(other);
}
END_TEST

START_TEST(a_walk_through_all_rows_is_exact) {
  char path[SCRATCH_PATH_MAX];
  whole_path(path);
  struct model *model = open_model(path);
  const struct rows *rows = model_rows(model);
  struct graph_index index = {.graph = *model_graph(model), .rows = rows, .kernel = kernel_best()};
  struct graph_scratch *scratch;
  ck_assert_int_eq(graph_scratch_new(&index, &scratch), STATUS_OK);
  for (uint32_t row = 0; row < ROWS; row += 50) {
    enum { K = 30 };
    struct hit found[K], expected[K], *into = expected;
    size_t count, expected_count;
    struct graph_query query = {
        .vector = rows_at(rows, row), .k = K, .width = ROWS, .excluded = &row, .excluded_count = 1};
    struct exact_query asked = {.vector = query.vector, .k = K, .excluded = &row, .excluded_count = 1};
    ck_assert_int_eq(graph_search(&index, &query, scratch, found, &count), STATUS_OK);
    ck_assert_int_eq(exact_search(kernel_best(), rows, &asked, 1, &into, &expected_count), STATUS_OK);
    ck_assert_uint_eq(count, expected_count);
    for (size_t i = 0; i < count; i++) {
      ck_assert_uint_eq(found[i].row, expected[i].row);
      ck_assert_mem_eq(&found[i].similarity, &expected[i].similarity, sizeof(double));
    }
  }
  graph_scratch_free(scratch);
  model_drop(model);
}
END_TEST

/* ---- damage */

static const uint32_t zero = 0, one = 1, many = 17, more = ROWS + 1, next = GRAPH_VERSION + 1, wide = 65,
                      outside = ROWS;
static const double above = 1.5, nan_value = NAN;

/* What is put at which offset of the value of `g`, and what the refusal says: when the file is opened, or by verify.
 * Without a text the file is as good as one without a graph. */
static const struct {
  size_t offset, size;
  const void *put;
  const char *says;
} breaks[] = {
    {0, 4, &zero, "its beginning"},
    {8, 4, &next, NULL},
    {12, 4, &more, "number of nodes"},
    {12, 4, &zero, "number of nodes"},
    {16, 4, &zero, "dimension"},
    {20, 4, &zero, "degree"},
    {20, 4, &wide, "degree"},
    {24, 4, &zero, "number of entries"},
    {24, 4, &more, "number of entries"},
    {24, 4, &outside, "too short"},
    {28, 4, &outside, "root"},
    {64 + 4, 4, &many, "recall"},
    {64 + 8, 4, &zero, "recall"},
    {64 + 8 + 32, 4, &one, "recall"},
    {64 + 16, 8, &above, "recall"},
    {64 + 24, 8, &nan_value, "recall"},
    {GRAPH_MAP_FIXED + DIM + 4, 4, &outside, "entries"},
    {GRAPH_MAP_FIXED, 4, &zero, "entries"},
    {GRAPH_MAP_FIXED + DIM, 4, &nan_value, "entries"},
};

/* Writes the bytes with sums made anew, opens and verifies them; *has_graph whether opening found a graph. */
static enum status judge(const char *path, char *bytes, size_t length, struct problem *problem, bool *has_graph) {
  uint64_t size;
  metadata_sum_remove(bytes, length);
  scratch_write(path, bytes, length - TRAILER);
  int fd = open(path, O_RDWR);
  ck_assert_int_eq(checksum_append(fd, length - TRAILER, 2, path, problem, &size), STATUS_OK);
  close(fd);
  struct model *model = NULL;
  enum status status = model_open(path, 1, problem, &model);
  if (status != STATUS_OK) return status;
  *has_graph = model_graph(model) != NULL;
  status = verify_model(model, &(struct verify_options){.threads = 2}, problem);
  model_drop(model);
  return status;
}

static char *graph_value(char *bytes, size_t length) {
  char *found = memmem(bytes, length, "wvgraph\n", 8);
  ck_assert_ptr_nonnull(found);
  return found;
}

START_TEST(an_inconsistent_graph_is_refused) {
  char whole[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  size_t length;
  bool has_graph = false;
  whole_path(whole);
  scratch_path(path, "broken-%d.mdb", _i);
  char *bytes = scratch_read(whole, &length);
  memcpy(graph_value(bytes, length) + breaks[_i].offset, breaks[_i].put, breaks[_i].size);
  enum status status = judge(path, bytes, length, &problem, &has_graph);
  ck_assert_int_eq(status, breaks[_i].says ? STATUS_DAMAGED : STATUS_OK);
  if (breaks[_i].says)
    ck_assert_msg(strstr(problem.text, breaks[_i].says) != NULL, "%s", problem.text);
  else
    ck_assert(!has_graph);
  free(bytes);
}
END_TEST

enum { LINKS_AT = 128 }; /* in a node's block: its code and row take two lines */

/* What is put into node 100, and what verify says; to open it and to search it must be safe. */
static const struct {
  size_t offset;
  const void *put;
  const char *says;
} node_breaks[] = {
    {0, &zero, "codes"},
    {DIM, &nan_value, "codes"},
    {DIM + 4, &outside, "rows of nodes"},
    {DIM + 4, &one, "inconsistent"},
    {LINKS_AT, &outside, "links"},
};

static void search_all(const struct model *model) {
  const struct rows *rows = model_rows(model);
  struct graph_index index = {.graph = *model_graph(model), .rows = rows, .kernel = kernel_best()};
  struct graph_scratch *scratch;
  ck_assert_int_eq(graph_scratch_new(&index, &scratch), STATUS_OK);
  for (uint32_t row = 0; row < ROWS; row++) {
    struct hit hits[10];
    size_t found;
    struct graph_query query = {.vector = rows_at(rows, row), .k = 10, .width = 300};
    ck_assert_int_eq(graph_search(&index, &query, scratch, hits, &found), STATUS_OK);
    for (size_t i = 0; i < found; i++) ck_assert_uint_lt(hits[i].row, ROWS);
  }
  graph_scratch_free(scratch);
}

START_TEST(a_wrong_node_is_found_by_verify_and_leads_no_search_astray) {
  char whole[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
  struct problem problem = {0};
  size_t length;
  bool has_graph;
  whole_path(whole);
  scratch_path(path, "wrong-%d.mdb", _i);
  struct model *model = open_model(whole);
  const struct graph *graph = model_graph(model);
  char *bytes = scratch_read(whole, &length);
  size_t block_bytes = graph->nodes.block_bytes;
  char *node = memmem(bytes, length, graph_block(&graph->nodes, 100), block_bytes);
  ck_assert_ptr_nonnull(node);
  model_drop(model);
  memcpy(node + node_breaks[_i].offset, node_breaks[_i].put, 4);
  ck_assert_int_eq(judge(path, bytes, length, &problem, &has_graph), STATUS_DAMAGED);
  ck_assert_msg(strstr(problem.text, node_breaks[_i].says) != NULL, "%s", problem.text);
  model = open_model(path);
  search_all(model);
  model_drop(model);
  free(bytes);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("store/import/import_graph", &tcase);
  scratch_open();
  tcase_add_unchecked_fixture(tcase, write_whole, NULL);
  tcase_add_loop_test(tcase, a_graph_is_made_when_it_is_wanted, 0, 4);
  tcase_add_test(tcase, threads_and_time_do_not_show);
  tcase_add_test(tcase, a_walk_through_all_rows_is_exact);
  tcase_add_loop_test(tcase, an_inconsistent_graph_is_refused, 0, COUNT(breaks));
  tcase_add_loop_test(tcase, a_wrong_node_is_found_by_verify_and_leads_no_search_astray, 0, COUNT(node_breaks));
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
