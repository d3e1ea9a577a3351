// Approximate search beside hnswlib's, over the same rows in the same run: what each finds and how many queries a
// second it answers, one thread; how long each builds, and how many bytes it takes.
//
// usage: graph MODEL.mdb [THREADS [QUERIES [ROUNDS]]]
// Queries are rows spread over the model; both sides are asked for one more than ten, and the row itself does not
// count. Every
// round times every width of both, so that a drift of the machine falls on all alike; medians are printed.
#include <hnswlib/hnswlib.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

extern "C" {
#include "store/matrix/model.h"
#include "store/search/exact.h"
#include "store/search/graph_build.h"
#include "store/search/graph_search.h"
}

namespace {

constexpr size_t K = 11;  // the query's own row, and ten
constexpr size_t M = 16, EF_CONSTRUCTION = 200;

// Time that this thread had a core: the machine may be shared.
double core_seconds() {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) / 1e9;
}

double all_core_seconds() {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + double(now.tv_nsec) / 1e9;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void fail(const char *what) {
  fprintf(stderr, "graph: %s\n", what);
  exit(1);
}

double number(const char *name, double otherwise) {
  const char *text = getenv(name);
  return text ? atof(text) : otherwise;
}

struct Bench {
  const struct rows *rows;
  const struct kernel *kernel;
  std::vector<std::vector<float>> queries;
  std::vector<std::vector<struct hit>> truth;  // [query][K]
};

struct Series {
  const char *name;
  size_t width;
  double recall;
  std::vector<double> times;
};

void make_queries(Bench &bench, size_t count) {
  uint32_t rows = bench.rows->count;
  for (size_t i = 0; i < count; i++) {
    const float *row = rows_at(bench.rows, static_cast<uint32_t>((i * 2 + 1) * rows / (2 * count)));
    std::vector<float> query(row, row + bench.rows->dim);
    if (number("NOISE", 0) > 0)
      for (float &value : query) value += static_cast<float>((rand() / (double)RAND_MAX - 0.5) * number("NOISE", 0));
    bench.queries.push_back(query);
  }
  std::vector<struct exact_query> asked(count);
  std::vector<struct hit *> hits(count);
  std::vector<size_t> found(count);
  bench.truth.assign(count, std::vector<struct hit>(K));
  for (size_t i = 0; i < count; i++) {
    asked[i].vector = bench.queries[i].data();
    asked[i].k = K;
    hits[i] = bench.truth[i].data();
  }
  if (exact_search(bench.kernel, bench.rows, asked.data(), count, hits.data(), found.data()) != STATUS_OK)
    fail("out of memory");
}

// Ties count: what is as near as the last of the truth belongs to it.
double recall_of(const Bench &bench, size_t query, const std::vector<double> &similarities) {
  double worst = bench.truth[query].back().similarity - 1e-6;
  size_t right = 0;
  for (double similarity : similarities) right += similarity >= worst;
  return (static_cast<double>(std::max<size_t>(1, std::min(right, K))) - 1) / (K - 1);
}

std::unique_ptr<hnswlib::HierarchicalNSW<float>> build_peer(const Bench &bench, hnswlib::SpaceInterface<float> *space,
                                                            unsigned threads,
                                                            const std::vector<std::vector<float>> &unit) {
  uint32_t count = bench.rows->count;
  auto peer = std::make_unique<hnswlib::HierarchicalNSW<float>>(space, count, M, EF_CONSTRUCTION);
  const char *saved = getenv("PEER");
  if (saved && fopen(saved, "r")) return std::make_unique<hnswlib::HierarchicalNSW<float>>(space, saved);
  peer->addPoint(unit[0].data(), 0);
  std::atomic<uint32_t> next{1};
  std::vector<std::thread> crew;
  for (unsigned t = 0; t < threads; t++)
    crew.emplace_back([&] {
      for (uint32_t row; (row = next++) < count;) peer->addPoint(unit[row].data(), row);
    });
  for (auto &member : crew) member.join();
  if (saved) peer->saveIndex(saved);
  return peer;
}

size_t peer_link_bytes(const hnswlib::HierarchicalNSW<float> &peer) {
  size_t bytes = peer.cur_element_count * peer.size_links_level0_;
  for (size_t i = 0; i < peer.cur_element_count; i++)
    bytes += static_cast<size_t>(peer.element_levels_[i]) * peer.size_links_per_element_ + sizeof(char *);
  return bytes;
}

std::vector<float> normalized(const float *vector, uint32_t dim) {
  double norm = rows_norm_of(vector, dim);
  std::vector<float> unit(dim);
  for (uint32_t i = 0; i < dim; i++) unit[i] = norm > 0 ? static_cast<float>(vector[i] / norm) : 0;
  return unit;
}

void time_peer(const Bench &bench, hnswlib::HierarchicalNSW<float> &peer,
               const std::vector<std::vector<float>> &queries, Series &series) {
  peer.setEf(series.width);
  double start = core_seconds();
  std::vector<std::vector<double>> all(queries.size());
  for (size_t i = 0; i < queries.size(); i++)
    for (auto found = peer.searchKnn(queries[i].data(), K); !found.empty(); found.pop())
      all[i].push_back(1 - found.top().first);
  series.times.push_back(core_seconds() - start);
  series.recall = 0;
  for (size_t i = 0; i < queries.size(); i++) series.recall += recall_of(bench, i, all[i]) / double(queries.size());
}

void time_ours(const Bench &bench, const struct graph_index &index, struct graph_scratch *scratch, Series &series) {
  double start = core_seconds();
  std::vector<std::vector<double>> all(bench.queries.size());
  for (size_t i = 0; i < bench.queries.size(); i++) {
    struct hit hits[K];
    size_t found;
    struct graph_query query = {};
    query.vector = bench.queries[i].data();
    query.k = K;
    query.width = static_cast<uint32_t>(series.width);
    if (graph_search(&index, &query, scratch, hits, &found) != STATUS_OK) fail("out of memory");
    for (size_t j = 0; j < found; j++) all[i].push_back(hits[j].similarity);
  }
  series.times.push_back(core_seconds() - start);
  series.recall = 0;
  for (size_t i = 0; i < all.size(); i++) series.recall += recall_of(bench, i, all[i]) / double(all.size());
}

void *map(size_t bytes) {
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("out of memory");
  if (getenv("HUGE")) madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

// With IMAGE=FILE a graph is kept from run to run, and with PEER=FILE hnswlib's: to try another search on the same one.
bool read_image(uint8_t *image, size_t bytes) {
  FILE *file = getenv("IMAGE") ? fopen(getenv("IMAGE"), "rb") : nullptr;
  if (!file) return false;
  bool whole = fread(image, bytes, 1, file) == 1;
  fclose(file);
  return whole;
}

void write_image(const uint8_t *image, size_t bytes) {
  FILE *file = getenv("IMAGE") ? fopen(getenv("IMAGE"), "wb") : nullptr;
  if (!file) return;
  if (fwrite(image, bytes, 1, file) != 1) fail("cannot keep the image");
  fclose(file);
}

// Queries a second at a recall, between the widths measured.
double at_recall(const std::vector<Series> &all, const char *name, double recall, size_t queries) {
  const Series *before = nullptr;
  for (const Series &series : all) {
    if (series.name != name) continue;
    double qps = double(queries) / median(series.times);
    if (series.recall >= recall) {
      if (!before) return qps;
      double qps0 = double(queries) / median(before->times);
      double part = (recall - before->recall) / (series.recall - before->recall);
      return std::exp(std::log(qps0) + part * (std::log(qps) - std::log(qps0)));
    }
    before = &series;
  }
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: graph MODEL.mdb [THREADS [QUERIES [ROUNDS]]]\n");
    return 2;
  }
  unsigned threads = argc > 2 ? static_cast<unsigned>(atoi(argv[2])) : 2;
  size_t query_count = argc > 3 ? static_cast<size_t>(atoi(argv[3])) : 1000;
  int rounds = argc > 4 ? atoi(argv[4]) : 5;
  struct problem problem;
  struct model *model;
  if (model_open(argv[1], 1, &problem, &model) != STATUS_OK) fail(problem.text);
  Bench bench = {};
  bench.rows = model_rows(model);
  bench.kernel = kernel_best();
  make_queries(bench, query_count);

  struct graph_options options = graph_options_default();
  options.threads = threads;
  options.width = static_cast<uint32_t>(number("WIDTH", options.width));
  options.degree = static_cast<uint32_t>(number("DEGREE", options.degree));
  options.passes = static_cast<uint32_t>(number("PASSES", options.passes));
  options.alpha = static_cast<float>(number("ALPHA", options.alpha));
  options.arriving = static_cast<uint32_t>(number("ARRIVING", options.arriving));
  options.entries = static_cast<uint32_t>(number("ENTRIES", options.entries));
  size_t image_bytes, work_bytes;
  if (graph_build_sizes(bench.rows, &options, &problem, &image_bytes, &work_bytes) != STATUS_OK) fail(problem.text);
  struct graph_memory memory = {};
  memory.image = static_cast<uint8_t *>(map(image_bytes));
  memory.work = static_cast<uint8_t *>(map(work_bytes));
  struct graph_statistics statistics = {};
  double start = all_core_seconds();
  if (!read_image(memory.image, image_bytes)) {
    if (graph_build(bench.kernel, bench.rows, &options, &memory, &problem, &statistics) != STATUS_OK) fail(problem.text);
    write_image(memory.image, image_bytes);
  }
  double build = all_core_seconds() - start;
  struct graph_index index = {};
  graph_shape(reinterpret_cast<const struct graph_header *>(memory.image), &index.graph);
  std::vector<const uint8_t *> slabs(1 + index.graph.node_slabs);
  graph_image_place(memory.image, slabs.data(), &index.graph);
  if (graph_verify(&index.graph, bench.rows, threads, &problem) != STATUS_OK) fail(problem.text);
  index.rows = bench.rows;
  index.kernel = bench.kernel;
  struct graph_scratch *scratch;
  if (graph_scratch_new(&index, &scratch) != STATUS_OK) fail("out of memory");
  printf(
      "ours: build %.1f core-seconds with %u threads; mean degree %.1f, least %u, repaired %u; image %.1f MB, of which "
      "links "
      "%.1f MB; work %.1f MB\n",
      build, threads, double(statistics.links) / bench.rows->count, statistics.degree_least, statistics.repaired,
      double(image_bytes) / 1e6, double(bench.rows->count) * options.degree * 4 / 1e6, double(work_bytes) / 1e6);

  std::vector<Series> all;
  for (size_t width : {10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 800, 1200}) all.push_back({"ours", width, 0, {}});
  std::unique_ptr<hnswlib::HierarchicalNSW<float>> peer;
  hnswlib::InnerProductSpace space(bench.rows->dim);
  std::vector<std::vector<float>> queries;
  if (!getenv("ALONE")) {
    std::vector<std::vector<float>> unit;
    for (uint32_t row = 0; row < bench.rows->count; row++)
      unit.push_back(normalized(rows_at(bench.rows, row), bench.rows->dim));
    for (auto &query : bench.queries) queries.push_back(normalized(query.data(), bench.rows->dim));
    start = all_core_seconds();
    peer = build_peer(bench, &space, threads, unit);
    printf("hnswlib M %zu efConstruction %zu: build %.1f core-seconds; links %.1f MB\n", M, EF_CONSTRUCTION,
           all_core_seconds() - start, double(peer_link_bytes(*peer)) / 1e6);
    for (size_t width : {10, 20, 40, 60, 80, 120, 200, 300, 500, 800, 1200, 2000}) all.push_back({"hnswlib", width, 0, {}});
  }
  for (int round = 0; round < rounds; round++)
    for (Series &series : all) {
      if (series.name[0] == 'o')
        time_ours(bench, index, scratch, series);
      else
        time_peer(bench, *peer, queries, series);
    }
  for (Series &series : all)
    printf("%-8s %4zu  recall@10 %.4f  %8.0f queries/s\n", series.name, series.width, series.recall,
           double(query_count) / median(series.times));
  for (double recall : {0.90, 0.95, 0.976, 0.99, 0.995}) {
    double mine = at_recall(all, all.front().name, recall, query_count);
    double other = at_recall(all, all.back().name, recall, query_count);
    printf("at %.3f: ours %8.0f, hnswlib %8.0f: %.2f x\n", recall, mine, other, other > 0 ? mine / other : 0);
  }
  graph_scratch_free(scratch);
  model_drop(model);
}
