/* The table of routes: which path is answered by which handler, under which methods. */
#ifndef WORDVEC_SERVER_ROUTES_H
#define WORDVEC_SERVER_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "server/call.h"

enum {
  ROUTE_GET = 1, /* and HEAD, which is GET without the body */
  ROUTE_POST = 2
};

struct route {
  const char *path; /* one that ends in '/' stands for all that begin with it */
  unsigned methods; /* ROUTE_… */
  bool searches;    /* its work grows with the matrix, not with the request: it is done where that holds up nobody */
  handler *handle;
};

/* The routes of the table, one by one from 0; NULL behind the last. */
const struct route *route_at(size_t i);

/* The route of a percent-decoded path, NULL when there is none. *rest is what follows the prefix of a route that ends
 * in '/', "" otherwise. */
const struct route *route_find(const char *path, const char **rest);

/* The ROUTE_… that a method of HTTP falls under; 0 for one that no route answers. */
unsigned route_method(const char *method);

/* The value of the Allow header: "GET, HEAD, POST". Static storage. */
const char *route_allow(const struct route *route);

/* How a path's refusals look, whether a route answers it or not. */
enum dialect route_dialect(const char *path);

/* All paths of that dialect, for a sentence: "/vector, /vectors, …". Returns `out`. */
enum { ROUTE_PATHS = 256 };
const char *route_paths(enum dialect dialect, char out[ROUTE_PATHS]);

#endif
