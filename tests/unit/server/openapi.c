/* The OpenAPI document against the program: the table of routes, the parameters that each route knows (it lists them
 * when it is asked with one that it does not), the table of refusals. Both ways each: nothing is left out, nothing is
 * made up. */
#include "server/openapi.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "server/routes.h"
#include "server/version.h"
#include "tests/support/api_fixture.h"
#include "tests/support/json_expect.h"
#include "tests/support/suite.h"

static struct api_fixture zoo;
static json_t *document;

static void open_document(void) {
  api_fixture_open(&zoo);
  document = api_get(&zoo, api_openapi, ""); /* refuses names that are given twice */
}

static void close_document(void) {
  json_decref(document);
  api_fixture_close(&zoo);
}

/* What a reference within the document leads to; the value itself where it is none. */
static json_t *resolve(json_t *value) {
  const char *reference = json_string_value(json_object_get(value, "$ref"));
  if (!reference) return value;
  ck_assert_msg(reference[0] == '#', "%s", reference);
  json_t *found = (json_t *)(uintptr_t)json_at(document, reference + 1);
  ck_assert_msg(found != NULL, "nothing at %s", reference);
  return found;
}

/* The path of the document that describes a route: "/models/{…}" for the route "/models/". */
static const char *documented_path(const struct route *route) {
  json_t *paths = json_object_get(document, "paths");
  size_t length = strlen(route->path);
  bool prefix = route->path[length - 1] == '/';
  const char *path;
  json_t *item;
  json_object_foreach(paths, path, item) {
    if (prefix ? strncmp(path, route->path, length) == 0 && path[length] == '{' : strcmp(path, route->path) == 0)
      return path;
  }
  ck_abort_msg("the route %s is not described (server/openapi/paths)", route->path);
}

static json_t *operation_of(const struct route *route, const char *method) {
  return json_object_get(json_object_get(json_object_get(document, "paths"), documented_path(route)), method);
}

START_TEST(has_the_version_of_the_program) {
  expect_text(document, "/openapi", "3.1.0");
  expect_text(document, "/info/version", WORDVEC_VERSION);
}
END_TEST

START_TEST(every_route_with_its_methods) {
  size_t count = 0;
  const struct route *route;
  while ((route = route_at(count))) {
    count++;
    bool get = operation_of(route, "get"), post = operation_of(route, "post");
    ck_assert_msg(get == !!(route->methods & ROUTE_GET), "GET %s", route->path);
    ck_assert_msg(post == !!(route->methods & ROUTE_POST), "POST %s", route->path);
    const json_t *item = json_object_get(json_object_get(document, "paths"), documented_path(route));
    ck_assert_msg(json_object_size(item) == (size_t)get + post, "%s has other members", route->path);
  }
  ck_assert_uint_ge(count, 13);
  ck_assert_uint_eq(json_object_size(json_object_get(document, "paths")), count);
}
END_TEST

/* ---- parameters */

/* Adds the names of an operation's query parameters to `names`; beside an array, or those beside all else. */
static void add_query_names(json_t *operation, bool array, json_t *names) {
  size_t i;
  json_t *reference;
  json_array_foreach(json_object_get(operation, "parameters"), i, reference) {
    const json_t *parameter = resolve(reference);
    if (!array && json_object_get(parameter, "x-beside")) continue;
    if (strcmp(json_string_value(json_object_get(parameter, "in")), "query") == 0)
      json_object_set_new(names, json_string_value(json_object_get(parameter, "name")), json_true());
  }
}

/* Adds the names of a schema's properties, with those of all that it consists of. */
static void add_property_names(json_t *schema, json_t *names) {
  const char *name;
  json_t *value;
  size_t i;
  schema = resolve(schema);
  json_object_foreach(json_object_get(schema, "properties"), name, value) json_object_set_new(names, name, json_true());
  json_array_foreach(json_object_get(schema, "allOf"), i, value) add_property_names(value, names);
}

/* What a refusal says is known: "…; known are: model, format". */
static json_t *names_known(const struct refusal *refusal, const char *what) {
  static const char mark[] = "; known are: ";
  ck_assert_msg(refusal->kind == REFUSAL_UNKNOWN_PARAMETER, "%s: %s", what, refusal->detail);
  const char *list = strstr(refusal->detail, mark);
  ck_assert_msg(list != NULL, "%s: %s", what, refusal->detail);
  char copy[sizeof refusal->detail];
  snprintf(copy, sizeof copy, "%s", list + strlen(mark));
  ck_assert_uint_lt(strlen(refusal->detail), sizeof refusal->detail - 32); /* so it was not cut */
  json_t *names = json_object();
  for (char *name = strtok(copy, ", "); name; name = strtok(NULL, ", ")) json_object_set_new(names, name, json_true());
  return names;
}

/* Takes over both. */
static void expect_same_names(const char *what, json_t *described, json_t *known) {
  const char *name;
  json_t *value;
  json_object_foreach(known, name, value)
      ck_assert_msg(json_object_get(described, name) != NULL, "%s takes %s, which is not described", what, name);
  json_object_foreach(described, name, value) ck_assert_msg(
      json_object_get(known, name) != NULL, "%s is described with %s, which it does not know", what, name);
  json_decref(described);
  json_decref(known);
}

/* Asks with what `call` is, a parameter that nobody knows. Whether the refusal lists those that are known: as it does
 * for a client of ours, also where others' clients are not refused. */
static bool lists_known(const struct route *route, const json_t *operation) {
  const json_t *mark = json_object_get(operation, "x-unknown-parameters");
  bool ignored = mark && strcmp(json_string_value(mark), "ignored") == 0;
  zoo.call.dialect = route_dialect(route->path);
  bool refused = !api_fixture_call(&zoo, route->handle) && zoo.refusal.kind == REFUSAL_UNKNOWN_PARAMETER;
  ck_assert_msg(refused != ignored, "%s: x-unknown-parameters: %s", route->path, zoo.refusal.detail);
  zoo.call.dialect = DIALECT_OWN;
  return !api_fixture_call(&zoo, route->handle) && zoo.refusal.kind == REFUSAL_UNKNOWN_PARAMETER;
}

/* "NAME=%3F", and an example of each other parameter that has one: what is missing could be refused before what is
 * wrong. */
static void query_with(json_t *operation, const char *name) {
  char query[1024];
  size_t used = (size_t)snprintf(query, sizeof query, "%s=%%3F", name), i;
  json_t *reference;
  json_array_foreach(json_object_get(operation, "parameters"), i, reference) {
    json_t *parameter = resolve(reference), *example = json_object_get(parameter, "example");
    const char *other = json_string_value(json_object_get(parameter, "name"));
    if (json_is_array(example)) example = json_array_get(example, 0);
    if (json_is_string(example) && strcmp(name, other) != 0)
      used += (size_t)snprintf(query + used, sizeof query - used, "&%s=%s", other, json_string_value(example));
    ck_assert_uint_lt(used, sizeof query);
  }
  api_fixture_query(&zoo, query);
}

/* The examples of an operation's body, under their names. */
static json_t *body_examples(json_t *operation) {
  json_t *content = json_object_get(resolve(json_object_get(operation, "requestBody")), "content");
  return json_object_get(json_object_get(content, "application/json"), "examples");
}

/* An example of a body that is no batch, the caller's. */
static json_t *single_example(json_t *operation) {
  const char *name;
  json_t *example;
  json_object_foreach(body_examples(operation), name, example) {
    json_t *value = json_object_get(example, "value");
    if (!json_object_get(value, "queries")) return json_deep_copy(value);
  }
  ck_abort_msg("%s: no example of a body", json_string_value(json_object_get(operation, "operationId")));
}

/* Makes the body the next call's. Takes it over; the text returned is the caller's to free, behind the call. */
static char *use_body(json_t *body) {
  char *text = json_dumps(body, 0);
  json_decref(body);
  api_fixture_body(&zoo, text, strlen(text));
  return text;
}

static void check_get(const struct route *route, json_t *operation) {
  query_with(operation, "%3F");
  if (!lists_known(route, operation)) return;
  json_t *described = json_object();
  add_query_names(operation, false, described);
  expect_same_names(route->path, described, names_known(&zoo.refusal, route->path));
}

static json_t *body_schema(json_t *operation) {
  json_t *content = json_object_get(resolve(json_object_get(operation, "requestBody")), "content");
  return resolve(json_object_get(json_object_get(content, "application/json"), "schema"));
}

static void check_post(const struct route *route, json_t *operation) {
  json_t *body = single_example(operation);
  json_object_set_new(body, "?", json_integer(1));
  char *text = use_body(body);
  bool lists = lists_known(route, operation);
  free(text);
  if (!lists) return;
  json_t *described = json_object();
  add_property_names(body_schema(operation), described);
  expect_same_names(route->path, described, names_known(&zoo.refusal, route->path));
  if (route_dialect(route->path) != DIALECT_OWN) return;
  json_t *query = json_object();
  add_query_names(operation, false, query);
  expect_same_names(route->path, query, json_pack("{s:b}", "format", 1));
}

/* The parameters beside a body that is an array, of whatever is in it. */
static void check_array(const struct route *route, json_t *operation) {
  static const unsigned char array[] =
      "\x93NUMPY\x01\x00\x38\x00{'descr':'|i1','fortran_order':False,'shape':(1,)}     \n\x00";
  json_t *content = json_object_get(json_object_get(operation, "requestBody"), "content"), *described = json_object();
  ck_assert_msg(json_object_get(content, "application/x-npy") != NULL, "%s takes arrays", route->path);
  api_fixture_array(&zoo, "%3F=1", array, sizeof array - 1);
  ck_assert(!api_fixture_call(&zoo, route->handle));
  add_query_names(operation, true, described);
  expect_same_names(route->path, described, names_known(&zoo.refusal, route->path));
}

START_TEST(parameters_of_each_route) {
  const struct route *route;
  zoo.call.rest = "zoo";
  for (size_t i = 0; (route = route_at(i)); i++) {
    if (route->methods & ROUTE_GET) check_get(route, operation_of(route, "get"));
    if (route->methods & ROUTE_POST) check_post(route, operation_of(route, "post"));
    if (route->methods & ROUTE_NPY) check_array(route, operation_of(route, "post"));
  }
}
END_TEST

/* Where the route has batches: the parameters of a query within one. */
static void check_batch(const struct route *route) {
  json_t *operation = operation_of(route, "post");
  json_t *queries = json_object_get(json_object_get(body_schema(operation), "properties"), "queries");
  if (!queries) return;
  json_t *query = single_example(operation), *described = json_object();
  json_object_set_new(query, "?", json_integer(1));
  char *text = use_body(json_pack("{s:[o]}", "queries", query));
  ck_assert(!api_fixture_call(&zoo, route->handle));
  free(text);
  add_property_names(json_object_get(queries, "items"), described);
  expect_same_names(route->path, described, names_known(&zoo.refusal, route->path));
}

START_TEST(parameters_of_a_query_within_a_batch) {
  const struct route *route;
  for (size_t i = 0; (route = route_at(i)); i++)
    if (route->methods & ROUTE_POST) check_batch(route);
}
END_TEST

/* ---- their values */

/* "json, npy" of an error that says which values a parameter takes; NULL when none does. */
static const char *values_in(const struct refusal *refusal, const char *name) {
  static const char mark[] = " is not one of: ";
  char pointer[POINTER_MAX];
  snprintf(pointer, sizeof pointer, "#/%s", name);
  for (size_t i = 0; i < refusal->error_count; i++) {
    const char *list = strstr(refusal->errors[i].detail, mark);
    if (list && strcmp(refusal->errors[i].pointer, pointer) == 0) return list + strlen(mark);
  }
  return NULL;
}

/* Compares the values in the description of a parameter with those that the refusal of another value lists. What is
 * refused without naming any is no choice among words. */
static void check_values(const char *path, const char *name, json_t *schema) {
  const char *known = values_in(&zoo.refusal, name);
  const json_t *described = json_object_get(resolve(schema), "enum");
  if (strcmp(name, "format") == 0) known = NULL; /* is known to all, and narrowed by what a route answers with */
  if (!known) return;
  char listed[256];
  size_t used = 0, i;
  const json_t *value;
  ck_assert_msg(described != NULL, "%s: %s takes %s only, which is not described", path, name, known);
  json_array_foreach(described, i, value) {
    if (!json_is_string(value)) continue;
    used += (size_t)snprintf(listed + used, sizeof listed - used, "%s%s", i ? ", " : "", json_string_value(value));
  }
  ck_assert_msg(strcmp(listed, known) == 0, "%s: %s takes %s, and is described with %s", path, name, known, listed);
}

static void check_query_values(const struct route *route, json_t *operation) {
  size_t i;
  json_t *reference;
  json_array_foreach(json_object_get(operation, "parameters"), i, reference) {
    const json_t *parameter = resolve(reference);
    const char *name = json_string_value(json_object_get(parameter, "name"));
    query_with(operation, name);
    zoo.refusal.error_count = 0;
    if (!api_fixture_call(&zoo, route->handle)) check_values(route->path, name, json_object_get(parameter, "schema"));
  }
}

static void check_property_values(const struct route *route, const json_t *example, json_t *schema) {
  const char *name;
  json_t *property;
  size_t i;
  schema = resolve(schema);
  json_object_foreach(json_object_get(schema, "properties"), name, property) {
    json_t *body = json_deep_copy(example);
    json_object_set_new(body, name, json_string("?"));
    char *text = use_body(body);
    zoo.refusal.error_count = 0;
    if (!api_fixture_call(&zoo, route->handle)) check_values(route->path, name, property);
    free(text);
  }
  json_array_foreach(json_object_get(schema, "allOf"), i, property) check_property_values(route, example, property);
}

START_TEST(values_of_each_parameter) {
  const struct route *route;
  const char *name;
  json_t *example;
  zoo.call.rest = "zoo";
  for (size_t i = 0; (route = route_at(i)); i++) {
    if (route->methods & ROUTE_GET) check_query_values(route, operation_of(route, "get"));
    if (!(route->methods & ROUTE_POST)) continue;
    json_t *operation = operation_of(route, "post");
    json_object_foreach(body_examples(operation), name, example)
        check_property_values(route, json_object_get(example, "value"), body_schema(operation));
  }
}
END_TEST

/* ---- errors */

static bool lists(const json_t *array, const char *text) {
  size_t i;
  const json_t *value;
  json_array_foreach(array, i, value) if (strcmp(json_string_value(value), text) == 0) return true;
  return false;
}

/* The codes that the shared response of a status may have. */
static const json_t *codes_of(unsigned status) {
  json_t *at = json_object_get(json_object_get(document, "components"), "responses");
  char name[32];
  snprintf(name, sizeof name, "Problem%u", status);
  at = json_object_get(json_object_get(json_object_get(at, name), "content"), "application/problem+json");
  at = json_object_get(json_object_get(at, "schema"), "properties");
  ck_assert_msg(at != NULL, "no response %s", name);
  expect_integer(at, "/status/const", status);
  return json_at(at, "/code/enum");
}

START_TEST(refusals_with_their_codes) {
  const json_t *all = json_at(document, "/components/schemas/Problem/properties/code/enum");
  size_t described = 0;
  for (unsigned status = 400; status < 600; status++) {
    char pointer[64];
    snprintf(pointer, sizeof pointer, "/components/responses/Problem%u", status);
    if (json_at(document, pointer)) described += json_array_size(codes_of(status));
  }
  ck_assert_uint_eq(json_array_size(all), REFUSAL_COUNT);
  ck_assert_uint_eq(described, REFUSAL_COUNT);
  for (int kind = 0; kind < REFUSAL_COUNT; kind++) {
    const struct refusal_type *type = refusal_type_of((enum refusal_kind)kind);
    ck_assert_msg(lists(all, type->code), "%s", type->code);
    ck_assert_msg(lists(codes_of(type->http_status), type->code), "%u %s", type->http_status, type->code);
  }
}
END_TEST

/* What any request may be answered, whatever its route; 415 too where there is a body. */
START_TEST(every_operation_lists_what_any_may_answer) {
  static const char *const statuses[] = {"400", "405", "413", "414", "431", "500", "503"};
  const char *path, *method;
  json_t *item, *operation;
  json_object_foreach(json_object_get(document, "paths"), path, item) {
    json_object_foreach(item, method, operation) {
      const json_t *responses = json_object_get(operation, "responses");
      for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        ck_assert_msg(json_object_get(responses, statuses[i]) != NULL, "%s %s: %s", method, path, statuses[i]);
      const char *rest;
      const struct route *route = route_find(path, &rest);
      ck_assert_msg(route && !(route->methods & ROUTE_OPEN) == (json_object_get(responses, "401") != NULL),
                    "%s %s: 401", method, path);
      bool post = strcmp(method, "post") == 0;
      ck_assert_msg(post == (json_object_get(responses, "415") != NULL), "%s %s: 415", method, path);
      ck_assert_msg(post == (json_object_get(operation, "requestBody") != NULL), "%s %s: its body", method, path);
    }
  }
}
END_TEST

START_TEST(is_whole_or_fails) {
  struct bytes out;
  bytes_init(&out, 1 << 20);
  ck_assert_int_eq(openapi_write(&out), STATUS_OK);
  size_t whole = out.length;
  bytes_release(&out);
  for (size_t limit = 0; limit < whole; limit += whole / 64) {
    bytes_init(&out, limit);
    ck_assert_int_eq(openapi_write(&out), STATUS_LIMIT);
    bytes_release(&out);
  }
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/openapi", &tcase);
  scratch_open();
  tcase_add_checked_fixture(tcase, open_document, close_document);
  tcase_add_test(tcase, has_the_version_of_the_program);
  tcase_add_test(tcase, every_route_with_its_methods);
  tcase_add_test(tcase, parameters_of_each_route);
  tcase_add_test(tcase, values_of_each_parameter);
  tcase_add_test(tcase, parameters_of_a_query_within_a_batch);
  tcase_add_test(tcase, refusals_with_their_codes);
  tcase_add_test(tcase, every_operation_lists_what_any_may_answer);
  tcase_add_test(tcase, is_whole_or_fails);
  int failed = suite_run(suite);
  scratch_close();
  return failed;
}
