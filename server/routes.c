/* The one table of routes, and the search in it. It is short enough for a linear pass to cost less than a hash. */
#include "server/routes.h"

#include <stdio.h>
#include <string.h>

static const struct route routes[] = {
    {"/vector", ROUTE_GET, false, api_vector},
    {"/vectors", ROUTE_GET | ROUTE_POST, false, api_vectors},
    {"/lookup", ROUTE_POST | ROUTE_NPY, false, api_lookup},
    {"/neighbors", ROUTE_GET | ROUTE_POST | ROUTE_NPY, true, api_neighbors},
    {"/analogy", ROUTE_GET | ROUTE_POST, true, api_analogy},
    {"/rank", ROUTE_GET | ROUTE_POST, true, api_rank},
    {"/closer-than", ROUTE_GET | ROUTE_POST, true, api_closer_than},
    {"/matrix", ROUTE_GET | ROUTE_POST, ROUTE_GATHERS, api_matrix},
    {"/similarity", ROUTE_GET | ROUTE_POST | ROUTE_NPY, ROUTE_LOOKS_UP, api_similarity},
    {"/mean", ROUTE_GET | ROUTE_POST, ROUTE_LOOKS_UP, api_mean},
    {"/doesnt-match", ROUTE_GET | ROUTE_POST, ROUTE_LOOKS_UP, api_doesnt_match},
    {"/index", ROUTE_GET, false, api_index},
    {"/word", ROUTE_GET, false, api_word},
    {"/words", ROUTE_GET, false, api_words},
    {"/models", ROUTE_GET, false, api_models},
    {"/models/", ROUTE_GET, false, api_model},
    {"/info", ROUTE_GET, false, api_info},
    {"/livez", ROUTE_GET | ROUTE_OPEN | ROUTE_WATCH, false, api_livez},
    {"/readyz", ROUTE_GET | ROUTE_OPEN | ROUTE_WATCH, false, api_readyz},
    {"/metrics", ROUTE_GET | ROUTE_WATCH | ROUTE_APART, ROUTE_LOOKS_UP, api_metrics},
    {"/v1/embeddings", ROUTE_POST, false, api_openai_embeddings},
    {"/v1/models", ROUTE_GET, false, api_openai_models},
    {"/v1/models/", ROUTE_GET, false, api_openai_model},
    {"/openapi.json", ROUTE_GET, false, api_openapi},
    {"/word2vec/similarity", ROUTE_GET, false, api_word2vec_similarity},
    {"/word2vec/n_similarity", ROUTE_GET, false, api_word2vec_n_similarity},
    {"/word2vec/most_similar", ROUTE_GET, true, api_word2vec_most_similar},
    {"/word2vec/model", ROUTE_GET, false, api_word2vec_model},
    {"/word2vec/model_word_set", ROUTE_GET, true, api_word2vec_word_set},
};

static const size_t route_count = sizeof routes / sizeof routes[0];

_Static_assert(sizeof routes / sizeof routes[0] <= ROUTES_MOST, "tables by route hold all of them");

const struct route *route_at(size_t i) {
  return i < route_count ? &routes[i] : NULL;
}

size_t route_number(const struct route *route) {
  return route ? (size_t)(route - routes) : route_count;
}

bool route_within(const struct route *route, struct route_scope scope) {
  return (route->methods & scope.only) == scope.only && (route->methods & scope.except) == 0;
}

const struct route *route_find(const char *path, const char **rest) {
  for (size_t i = 0; i < route_count; i++) {
    size_t length = strlen(routes[i].path);
    bool prefix = routes[i].path[length - 1] == '/';
    if (strncmp(path, routes[i].path, length) != 0 || (!prefix && path[length] != '\0')) continue;
    *rest = path + length;
    return &routes[i];
  }
  return NULL;
}

bool route_is_vital(const struct route *route) {
  static const char *const paths[] = {"/livez", "/readyz", "/metrics"};
  for (size_t i = 0; route && i < sizeof paths / sizeof paths[0]; i++)
    if (strcmp(route->path, paths[i]) == 0) return true;
  return false;
}

size_t route_body_limit(const struct route *route, const struct limits *limits) {
  return route && route->work == ROUTE_GATHERS ? limits->matrix_body_bytes : limits->body_bytes;
}

struct budget *route_body_budget(const struct route *route, struct service *service) {
  return route && route->work == ROUTE_GATHERS ? &service->matrix_bodies : &service->parsing;
}

unsigned route_method(const char *method) {
  if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) return ROUTE_GET;
  if (strcmp(method, "POST") == 0) return ROUTE_POST;
  return 0;
}

const char *route_allow(const struct route *route) {
  static const char *const texts[] = {"", "GET, HEAD", "POST", "GET, HEAD, POST"};
  return texts[route->methods & (ROUTE_GET | ROUTE_POST)];
}

enum dialect route_dialect(const char *path) {
  static const struct {
    const char *prefix;
    enum dialect dialect;
  } families[] = {{"/v1/", DIALECT_OPENAI}, {"/word2vec/", DIALECT_WORD2VEC}};
  for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
    if (strncmp(path, families[i].prefix, strlen(families[i].prefix)) == 0) return families[i].dialect;
  return DIALECT_OWN;
}

const char *route_paths(enum dialect dialect, struct route_scope scope, char out[ROUTE_PATHS]) {
  size_t used = 0;
  out[0] = '\0';
  for (size_t i = 0; i < route_count && used < ROUTE_PATHS; i++)
    if (route_dialect(routes[i].path) == dialect && route_within(&routes[i], scope))
      used += (size_t)snprintf(out + used, ROUTE_PATHS - used, "%s%s", used ? ", " : "", routes[i].path);
  return out;
}
