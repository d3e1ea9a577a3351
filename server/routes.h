/* The table of routes: which path is answered by which handler, under which methods. */
#ifndef WORDVEC_SERVER_ROUTES_H
#define WORDVEC_SERVER_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "server/call.h"

enum {
  ROUTE_GET = 1, /* and HEAD, which is GET without the body */
  ROUTE_POST = 2,
  ROUTE_NPY = 4,    /* the body of a POST may be a .npy file */
  ROUTE_OPEN = 8,   /* asked without a key, too */
  ROUTE_WATCH = 16, /* also answered where only those who watch the daemon ask (http_watch.h) */
  ROUTE_APART = 32  /* and there alone, if there is such an address */
};

/* What a request costs, and so where it is worked on. */
enum route_work {
  ROUTE_LOOKS_UP = 0, /* little: on the thread of its connection */
  ROUTE_SEARCHES = 1, /* its work grows with the matrix, not with the request: where that holds up nobody */
  ROUTE_GATHERS = 2   /* its body may be long, which limits.matrix_body_bytes bounds, and the work grows with it */
};

struct route {
  const char *path; /* one that ends in '/' stands for all that begin with it */
  unsigned methods; /* ROUTE_… */
  enum route_work work;
  handler *handle;
};

/* Which routes an address answers. */
struct route_scope {
  unsigned only;   /* those that have all of these ROUTE_… */
  unsigned except; /* and none of these */
};
bool route_within(const struct route *route, struct route_scope scope);

/* The routes of the table, one by one from 0; NULL behind the last, of at most so many. */
enum { ROUTES_MOST = 40 };
const struct route *route_at(size_t i);

/* The number that route_at() knows it by; that behind the last for NULL. */
size_t route_number(const struct route *route);

/* The route of a percent-decoded path, NULL when there is none. *rest is what follows the prefix of a route that ends
 * in '/', "" otherwise. */
const struct route *route_find(const char *path, const char **rest);

/* How long its bodies may be, and the budget that they count in; route NULL: no such route. */
size_t route_body_limit(const struct route *route, const struct limits *limits);
struct budget *route_body_budget(const struct route *route, struct service *service);

/* The ROUTE_… that a method of HTTP falls under; 0 for one that no route answers. */
unsigned route_method(const char *method);

/* The value of the Allow header: "GET, HEAD, POST". Static storage. */
const char *route_allow(const struct route *route);

/* Whether it tells how the service is: answered when nothing else is. NULL: no such route. */
bool route_is_vital(const struct route *route);

/* How a path's refusals look, whether a route answers it or not. */
enum dialect route_dialect(const char *path);

/* All paths of that dialect and scope, for a sentence: "/vector, /vectors, …". Returns `out`. */
enum { ROUTE_PATHS = 512 };
const char *route_paths(enum dialect dialect, struct route_scope scope, char out[ROUTE_PATHS]);

#endif
