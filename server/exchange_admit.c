/* The station between a request's line and its body: is it whole, allowed, and of a route that takes it? */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server/access.h"
#include "server/cors.h"
#include "server/exchange_parts.h"
#include "server/mhd_errors.h"
#include "server/reading.h"

/* Of a connection's memory that an answer's head takes at most. */
enum { ANSWER_HEAD_BYTES = 2 << 10 };

const char *exchange_path(const char *target) {
  static const char scheme[] = "http://";
  if (strncasecmp(target, scheme, strlen(scheme)) != 0) return target;
  const char *path = target + strlen(scheme);
  path += strcspn(path, "/?");
  return *path == '/' ? path : "/";
}

/* What libmicrohttpd adds to a field; cookies, which nobody here reads, it copies and takes apart. */
static size_t overhead_of(const char *name, const char *value, size_t value_length) {
  size_t bytes = PIECE_BYTES;
  if (strcasecmp(name, MHD_HTTP_HEADER_COOKIE) != 0) return bytes;
  for (size_t i = 0; i < value_length; i++) bytes += value[i] == ';' || value[i] == ',' ? PIECE_BYTES : 0;
  return bytes + PIECE_BYTES + value_length;
}

static enum MHD_Result take_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                  const char *value, size_t value_length) {
  struct exchange *exchange = context;
  (void)kind;
  if (value) head_field(&exchange->head, name, name_length, value, value_length);
  exchange->overhead += overhead_of(name, value ? value : "", value_length);
  guard_field(&exchange->fields, name, name_length, value ? value : "", value_length);
  return MHD_YES;
}

/* Fields of one name. */
struct join {
  const char *name;
  struct bytes bytes;
};

static enum MHD_Result join_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                  const char *value, size_t value_length) {
  struct join *join = context;
  (void)kind;
  (void)value_length;
  if (name_length != strlen(join->name) || strcasecmp(name, join->name) != 0) return MHD_YES;
  bool ok = (join->bytes.length == 0 || bytes_append_text(&join->bytes, ", ") == STATUS_OK) &&
            bytes_append_text(&join->bytes, value) == STATUS_OK;
  return ok ? MHD_YES : MHD_NO;
}

/* Joins the values of `count` fields into *out, which stays NULL when they are not several. False: no memory. */
static bool join_fields(struct MHD_Connection *connection, const char *name, unsigned count, char **out) {
  if (count < 2) return true;
  struct join join = {.name = name};
  bytes_init(&join.bytes, SIZE_MAX / 2); /* bounded by the connection's own memory */
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, join_field, &join);
  if (bytes_append(&join.bytes, "", 1) != STATUS_OK) {
    bytes_release(&join.bytes);
    return false;
  }
  *out = (char *)bytes_take(&join.bytes);
  return true;
}

/* Begins to look for what the head hides, where that can be judged. */
static void begin_head(struct exchange *exchange, struct MHD_Connection *connection, const char *const line[3]) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  if (info && exchange->target_at && head_layout_known(MHD_get_version()))
    head_begin(&exchange->head, line[1], exchange->target_at, exchange->target_length, line[2], info->header_size);
}

static bool collect_fields(struct exchange *exchange, struct MHD_Connection *connection) {
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, take_field, exchange);
  const struct guard_fields *fields = &exchange->fields;
  if (fields->request_id) request_id_take(fields->request_id, exchange->request_id);
  return join_fields(connection, MHD_HTTP_HEADER_ACCEPT, fields->accept_count, &exchange->accepts) &&
         join_fields(connection, MHD_HTTP_HEADER_IF_NONE_MATCH, fields->if_none_match_count, &exchange->conditions);
}

static bool target_allowed(const struct exchange *exchange, const struct limits *limits, struct refusal *refusal) {
  const struct guard_target *target = &exchange->target;
  if (target->too_long) {
    refusal_set(refusal, REFUSAL_URL_TOO_LONG,
                "The URL is longer than %zu bytes; send a POST with a JSON body instead.", limits->url_bytes);
  } else if (target->too_many) {
    refusal_set(refusal, REFUSAL_URL_TOO_LONG,
                "The URL has more than %zu query arguments; send a POST with a JSON body instead.",
                limits->query_arguments);
  } else if (target->malformed) {
    refusal_set(
        refusal, REFUSAL_MALFORMED,
        "The URL holds a space, a control character, %%00 in its path, or a '%%' that two hexadecimal digits do "
        "not follow (write %%25 for '%%').");
  } else {
    return true;
  }
  return false;
}

static bool route_allowed(const struct exchanges *all, const struct exchange *exchange, const char *path,
                          const char *method, struct refusal *refusal) {
  if (!exchange->route) {
    char paths[ROUTE_PATHS];
    refusal_set(refusal, REFUSAL_NO_ROUTE, "There is nothing at %.200s; the routes are %s.", path,
                route_paths(exchange->dialect, all->scope, paths));
    return false;
  }
  if (exchange->route->methods & route_method(method)) return true;
  const char *allow = route_allow(exchange->route);
  refusal_set(refusal, REFUSAL_METHOD, "%.200s answers %s, not %.40s.", path, allow, method);
  snprintf(refusal->allow, sizeof refusal->allow, "%s", allow);
  return false;
}

/* Finds the route, if there is one, and with it how long the body may be. */
static void find_route(const struct exchanges *all, struct exchange *exchange, const char *path) {
  exchange->route = route_find(path, &exchange->rest);
  if (exchange->route && !route_within(exchange->route, all->scope)) exchange->route = NULL;
  const struct route *route = exchange->takes_body ? exchange->route : NULL;
  bytes_init_within(&exchange->body, route_body_limit(route, &all->service->limits),
                    route_body_budget(route, all->service));
}

/* Everything that can be said before the body. */
static bool admissible(const struct exchanges *all, struct exchange *exchange, const char *url, const char *method,
                       const char *version, struct refusal *refusal) {
  const struct limits *limits = &all->service->limits;
  if (!admission_admits(all->admission, exchange->visit)) {
    exchange->closes = true;
    if (!route_is_vital(exchange->route)) {
      refusal_set(refusal, REFUSAL_BUSY, "Too many connections are open (--limit-connections); try again in a moment.");
      refusal->reason = REASON_CONNECTIONS;
      return false;
    }
  }
  if (!head_is_whole(&exchange->head)) {
    refusal_set(refusal, REFUSAL_MALFORMED,
                "The request's head holds a NUL, a folded line or a line without a name, which could hide something.");
    exchange->closes = true;
    return false;
  }
  if (!guard_allows(&exchange->fields, version, refusal)) {
    exchange->closes = true;
    return false;
  }
  if (exchange->fields.expects_other) {
    refusal_set(refusal, REFUSAL_EXPECTATION, "The only expectation that can be met here is \"100-continue\".");
    exchange->closes = true; /* whether a body comes is the client's choice now */
    return false;
  }
  if (exchange->target.malformed) exchange->closes = true; /* by somebody who means something else by a request line */
  exchange->preflight = cors_is_preflight(exchange->allow_origin, method, &exchange->fields);
  if (exchange->preflight) return true;
  struct keys *keys = all->scope.only & ROUTE_WATCH ? NULL : all->service->keys;
  if (!access_allows(keys, &exchange->fields, exchange->route, refusal)) {
    exchange->closes |= guard_expects_body(&exchange->fields); /* which then is not read */
    return false;
  }
  if (exchange->fields.declared > exchange->body.limit) {
    refusal_set(refusal, REFUSAL_BODY_TOO_LARGE, "The body has %llu bytes, and at most %zu are allowed.",
                (unsigned long long)exchange->fields.declared, exchange->body.limit);
    exchange->closes = true;
    return false;
  }
  if (!target_allowed(exchange, limits, refusal) || !route_allowed(all, exchange, exchange_path(url), method, refusal))
    return false;
  return !exchange->takes_body ||
         reading_type_allowed(exchange->fields.content_type, exchange->route->methods & ROUTE_NPY, &exchange->body_kind,
                              refusal);
}

/* Whether the connection's memory, which the head and what was made of it share, has room for the head of an answer;
 * libmicrohttpd closes without a word when it has not. */
static bool leaves_room(const struct exchange *exchange, struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  size_t overhead = exchange->overhead + exchange->target.arguments * PIECE_BYTES;
  return !info || info->header_size + overhead + ANSWER_HEAD_BYTES <= EXCHANGE_MEMORY_BYTES;
}

enum MHD_Result exchange_admit(const struct exchanges *all, struct exchange *exchange,
                               struct MHD_Connection *connection, const char *const line[3]) {
  const char *url = line[0];
  const char *method = line[1];
  struct refusal refusal;
  size_t method_length = strnlen(method, sizeof exchange->method - 1);
  memcpy(exchange->method, method, method_length);
  exchange->method[method_length] = '\0';
  exchange->takes_body = route_method(method) == ROUTE_POST;
  exchange->dialect = route_dialect(exchange_path(url));
  find_route(all, exchange, exchange_path(url));
  begin_head(exchange, connection, line);
  if (!collect_fields(exchange, connection)) return MHD_NO;
  if (!leaves_room(exchange, connection)) {
    mhd_errors_refusal(MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, &refusal);
    exchange_refuse_bluntly(exchange, connection, &refusal);
    return MHD_NO;
  }
  exchange->allow_origin = cors_allowed(exchange_origins(all), exchange->fields.origin);
  bool body = guard_expects_body(&exchange->fields);
  if (body) visit_reads_body(exchange->visit);
  bool admitted = admissible(all, exchange, url, method, line[2], &refusal);
  access_wipe(&exchange->fields);
  if (admitted) return MHD_YES;

  if (body) {
    exchange->closes |= exchange->fields.expects;
    exchange->lingers = exchange->closes;
    /* libmicrohttpd closes behind an answer that comes before the body. */
    if (exchange->closes) return exchange_refuse(all, exchange, connection, &refusal) ? MHD_YES : MHD_NO;
  }
  return exchange_refuse_later(exchange, &refusal) ? MHD_YES : MHD_NO;
}
