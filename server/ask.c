/* The two ways of asking. Offline a request takes the way that it takes in exchange.c, from the table of routes to the
 * handler's reply or refusal, but for everything that has to do with a connection. */
#include "server/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/api.h"
#include "server/commands.h"
#include "server/options_table.h"
#include "server/percent.h"
#include "server/remote.h"
#include "server/request_json.h"
#include "server/respond.h"
#include "server/routes.h"

enum {
  HTTP_OK = 200,
  HTTP_REFUSED = 400, /* from here on */
  HTTP_UNAUTHORIZED = 401,
  HTTP_BUSY = 503,
  TRIES = 5, /* of a daemon that is busy */
  PAUSE_MOST = 10,
  ANSWER_MAX = 1 << 30
};

struct ask {
  const struct options *options;
  struct service service; /* offline */
  struct remote *remote;  /* NULL: offline */
  bool failed;
};

static const char *command_name(const struct ask *ask) {
  return command_table()[ask->options->command].name;
}

/* ---- Opening */

static void tell_model(void *context, bool failed, const char *model, const char *text) {
  struct ask *ask = context;
  if (!failed) return;
  ask->failed = true;
  fprintf(stderr, "wordvec %s: %s%s%s\n", command_name(ask), model, *model ? ": " : "", text);
}

static bool without_memory(const struct ask *ask) {
  fprintf(stderr, "wordvec %s: out of memory\n", command_name(ask));
  return false;
}

/* Opens the models of a list with commas between. False: one of them is not there. */
static bool open_named(struct ask *ask, const char *list) {
  enum { MODELS_MOST = 64 };
  const char *names[MODELS_MOST];
  size_t count = 0;
  char *copy = strdup(list), *rest = copy;
  if (!copy) return without_memory(ask);
  for (char *name; count < MODELS_MOST && (name = strsep(&rest, ","));) names[count++] = name;
  catalog_open_only(ask->service.catalog, names, count, tell_model, ask);
  bool all = true;
  for (size_t i = 0; all && i < count && !ask->failed; i++) {
    struct model *model = catalog_acquire(ask->service.catalog, names[i]);
    all = model != NULL;
    if (!all)
      fprintf(stderr, "wordvec %s: there is no model %s in %s; 'wordvec list --store %s' shows what there is\n",
              command_name(ask), names[i], ask->options->store, ask->options->store);
    model_drop(model);
  }
  free(copy);
  return all && !ask->failed;
}

/* No name was given: opens the only model. */
static bool open_only(struct ask *ask) {
  char(*names)[MODEL_NAME_MAX + 1];
  size_t count;
  const char *store = ask->options->store;
  enum status status = catalog_names(ask->service.catalog, &names, &count);
  if (status == STATUS_NO_MEMORY) return without_memory(ask);
  if (status != STATUS_OK) {
    fprintf(stderr, "wordvec %s: cannot read the store's folder %s: %s\n", command_name(ask), store, strerror(errno));
    return false;
  }
  bool opened = count == 1 && open_named(ask, names[0]);
  if (count == 0)
    fprintf(stderr, "wordvec %s: there is no model in %s yet; make one with: wordvec import FILE --store %s\n",
            command_name(ask), store, store);
  if (count > 1) {
    fprintf(stderr, "wordvec %s: %s has several models: say which with --model. They are: ", command_name(ask), store);
    for (size_t i = 0; i < count; i++) fprintf(stderr, "%s%s", i ? ", " : "", names[i]);
    fputc('\n', stderr);
  }
  free(names);
  return opened;
}

static bool open_models(struct ask *ask, enum ask_models models) {
  const struct options *options = ask->options;
  if (models == ASK_ALL_MODELS) {
    catalog_refresh(ask->service.catalog, false, tell_model, ask);
    return true;
  }
  const char *name = options->ask.model ? options->ask.model : options->serve.default_model;
  return name ? open_named(ask, name) : open_only(ask);
}

static bool open_store(struct ask *ask, enum ask_models models, int *status) {
  const struct kernel *kernel;
  struct problem problem;
  if (command_kernel(ask->options, &problem, &kernel) != STATUS_OK) {
    fprintf(stderr, "wordvec %s: WORDVEC_KERNEL: %s\n", command_name(ask), problem.text);
    *status = EXIT_USAGE;
    return false;
  }
  request_json_seed();
  unsigned threads = command_threads(ask->options, COMMAND_THREADS_MOST);
  if (command_open_service(ask->options, kernel, threads, &ask->service) == STATUS_OK) return open_models(ask, models);
  fprintf(stderr, "wordvec %s: the system gives no memory, or no threads to search with\n", command_name(ask));
  return false;
}

static enum status open_remote(struct ask *ask, struct problem *problem) {
  const struct options *options = ask->options;
  char *key = NULL;
  enum status status = options->api_key_file ? keys_read_first(options->api_key_file, problem, &key) : STATUS_OK;
  if (status == STATUS_OK) status = remote_open(options->url, key, options->ask.timeout_seconds, problem, &ask->remote);
  keys_forget(key);
  return status;
}

bool ask_open(const struct options *options, enum ask_models models, struct ask **out, int *status) {
  struct problem problem;
  struct ask *ask = calloc(1, sizeof *ask);
  *status = EXIT_FAILURE;
  if (!ask) {
    fprintf(stderr, "wordvec: out of memory\n");
    return false;
  }
  ask->options = options;
  bool opened;
  if (options->url) {
    opened = open_remote(ask, &problem) == STATUS_OK;
    if (!opened) fprintf(stderr, "wordvec %s: %s\n", command_name(ask), problem.text);
  } else {
    opened = open_store(ask, models, status);
  }
  if (opened)
    *out = ask;
  else
    ask_close(ask);
  return opened;
}

void ask_close(struct ask *ask) {
  if (!ask) return;
  remote_close(ask->remote);
  command_close_service(&ask->service);
  free(ask);
}

bool ask_failed(const struct ask *ask) {
  return ask->failed;
}

/* ---- Offline */

/* The arguments of a query string, decoded in place: `query` is its text, terminated. */
static struct argument *split_query(char *query, size_t *count) {
  size_t most = 1;
  for (const char *at = query; *at; at++) most += *at == '&';
  struct argument *arguments = calloc(most, sizeof *arguments);
  *count = 0;
  for (char *rest = query, *part; arguments && (part = strsep(&rest, "&"));) {
    if (!*part) continue;
    char *value = strchr(part, '=');
    if (value) *value++ = '\0';
    size_t name_length = percent_decode(part, strlen(part), true, part);
    part[name_length] = '\0';
    size_t length = value ? percent_decode(value, strlen(value), true, value) : 0;
    if (value) value[length] = '\0';
    arguments[(*count)++] = (struct argument){part, value ? value : "", length};
  }
  return arguments;
}

static const struct route *find_route(const char *path, const struct call *call, const char **rest,
                                      struct refusal *refusal) {
  char quoted[REFUSAL_QUOTED], paths[ROUTE_PATHS];
  const struct route *route = route_find(path, rest);
  if (!route)
    refusal_set(refusal, REFUSAL_NO_ROUTE, "There is no %s; there are: %s", refusal_quote(quoted, path, strlen(path)),
                route_paths(call->dialect, (struct route_scope){0}, paths));
  else if (!(route->methods & (call->has_body ? ROUTE_POST : ROUTE_GET)))
    refusal_set(refusal, REFUSAL_METHOD, "%s is asked with %s", route->path, route_allow(route));
  else
    return route;
  return NULL;
}

static bool run(struct ask *ask, char *target, const struct question_text *text, enum dialect *dialect,
                struct reply *reply, struct refusal *refusal) {
  struct argument none;
  char *query = strchr(target, '?');
  if (query) *query++ = '\0';
  target[percent_decode(target, strlen(target), false, target)] = '\0';
  *dialect = route_dialect(target);
  struct call call = {.service = &ask->service,
                      .suggest = true,
                      .has_body = text->body != NULL,
                      .arguments = &none,
                      .body = text->body,
                      .body_length = text->body_length,
                      .dialect = *dialect};
  const struct route *route = find_route(target, &call, &call.rest, refusal);
  if (!route) return false;
  struct argument *arguments = query ? split_query(query, &call.argument_count) : NULL;
  if (query && !arguments) {
    refusal_from_status(refusal, STATUS_NO_MEMORY, "Reading the query string");
    return false;
  }
  if (arguments) call.arguments = arguments;
  bool done = api_answer(route->handle, &call, reply, refusal);
  free(arguments);
  return done;
}

/* A refusal as the answer that a daemon would give. */
static enum status answer_refusal(const struct refusal *refusal, enum dialect dialect, struct answer *answer) {
  char *text = respond_refusal_text(refusal, dialect);
  if (!text) return STATUS_NO_MEMORY;
  bytes_init(&answer->body, ANSWER_MAX);
  answer->http_status = refusal_status(refusal->kind, dialect);
  enum status status = bytes_append_text(&answer->body, text);
  free(text);
  return status;
}

/* What a stream makes, as it makes it. */
static enum status print_stream(struct stream *stream, FILE *out) {
  unsigned char *block = malloc(STREAM_BLOCK_BYTES);
  if (!block) return STATUS_NO_MEMORY;
  enum status status = STATUS_OK;
  for (size_t got = 1; status == STATUS_OK && got > 0 && stream->made < stream->source.length;)
    if (!stream_read(stream, stream->made, block, STREAM_BLOCK_BYTES, &got))
      status = STATUS_LOST;
    else if (fwrite(block, 1, got, out) != got)
      status = STATUS_IO;
  free(block);
  return status;
}

/* Takes a reply, or prints it. */
static enum status take_reply(struct reply *reply, FILE *out, struct answer *answer) {
  enum status status = STATUS_OK;
  if (reply->stream) status = out ? print_stream(reply->stream, out) : stream_append(reply->stream, &reply->body);
  if (status == STATUS_OK && out && reply->body.length > 0 &&
      fwrite(reply->body.data, 1, reply->body.length, out) != reply->body.length)
    status = STATUS_IO;
  stream_free(reply->stream);
  if (out || status != STATUS_OK) bytes_release(&reply->body);
  answer->http_status = reply->http_status;
  answer->body = reply->body;
  return status;
}

static enum status ask_store(struct ask *ask, const struct question_text *text, FILE *out, struct answer *answer) {
  struct refusal refusal;
  enum dialect dialect;
  struct reply reply = {.http_status = HTTP_OK};
  char *target = strdup(text->target); /* it is cut up */
  if (!target) return STATUS_NO_MEMORY;
  bytes_init_within(&reply.body, ask->service.answers.limit, &ask->service.answers);
  bool done = run(ask, target, text, &dialect, &reply, &refusal);
  free(target);
  if (done) return take_reply(&reply, out, answer);
  bytes_release(&reply.body);
  return answer_refusal(&refusal, dialect, answer);
}

/* ---- Either way */

static enum status ask_daemon(struct ask *ask, const struct question_text *text, FILE *out, struct problem *problem,
                              struct answer *answer) {
  const struct remote_request request = {text->target, text->body, text->body_length, out};
  for (unsigned tries = 1;; tries++) {
    struct remote_reply reply;
    bytes_init(&answer->body, ANSWER_MAX);
    enum status status = remote_ask(ask->remote, &request, problem, &reply, &answer->body);
    if (status != STATUS_OK) return status;
    answer->http_status = reply.http_status;
    if (reply.http_status != HTTP_BUSY || reply.retry_after == 0 || tries == TRIES) return STATUS_OK;
    bytes_release(&answer->body);
    sleep(reply.retry_after < PAUSE_MOST ? reply.retry_after : PAUSE_MOST);
  }
}

bool ask_send(struct ask *ask, const struct question_text *text, FILE *out, struct answer *answer) {
  struct problem problem;
  *answer = (struct answer){0};
  enum status status = ask->remote ? ask_daemon(ask, text, out, &problem, answer) : ask_store(ask, text, out, answer);
  if (status == STATUS_OK) return true;
  if (!ask->remote) problem_set(&problem, status, 0, "answering: %s", status_text(status));
  fprintf(stderr, "wordvec %s: %s\n", command_name(ask), problem.text);
  answer_clear(answer);
  return false;
}

/* Whether the answer says no more than that a word or row is not there. */
static bool is_unknown(const struct answer *answer) {
  const char *code;
  if (!answer_text(answer->root, "code", &code)) return false;
  const enum refusal_kind kinds[] = {REFUSAL_NO_WORD, REFUSAL_NO_ROW};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (strcmp(code, refusal_type_of(kinds[i])->code) == 0) return true;
  return false;
}

static void complain(const struct ask *ask, const struct answer *answer) {
  if (answer->root)
    answer_complain(stderr, command_name(ask), answer->root);
  else
    fprintf(stderr, "wordvec %s: %s answered %u and no JSON: is it wordvec?\n", command_name(ask),
            ask->options->url ? ask->options->url : ask->options->store, answer->http_status);
  if (answer->http_status == HTTP_UNAUTHORIZED && !ask->options->api_key_file)
    fprintf(stderr, "wordvec %s: name a file that holds one: --api-key-file FILE (WORDVEC_API_KEY_FILE)\n",
            command_name(ask));
}

enum ask_outcome ask_judge(struct ask *ask, struct answer *answer) {
  if (answer_parse(answer) && answer->http_status < HTTP_REFUSED) return ASK_ANSWERED;
  enum ask_outcome outcome = is_unknown(answer) ? ASK_UNKNOWN : ASK_FAILED;
  complain(ask, answer);
  answer_clear(answer);
  return outcome;
}

enum ask_outcome ask_question(struct ask *ask, const struct question *question, struct answer *answer) {
  struct question_text text;
  if (question_encode(question, &text) != STATUS_OK) {
    fprintf(stderr, "wordvec %s: out of memory\n", command_name(ask));
    return ASK_FAILED;
  }
  bool sent = ask_send(ask, &text, NULL, answer);
  question_text_release(&text);
  return sent ? ask_judge(ask, answer) : ASK_FAILED;
}

/* Asks a question of our own, which has an answer unless something is wrong. */
static bool ask_about(struct ask *ask, struct question *question, struct answer *answer) {
  bool asked = ask_question(ask, question, answer) == ASK_ANSWERED;
  question_release(question);
  return asked;
}

bool ask_limits(struct ask *ask, struct ask_limits *limits) {
  struct question question;
  struct answer answer;
  question_begin(&question, "/info", NULL);
  if (!ask_about(ask, &question, &answer)) return false;
  const struct json_t *said = answer_member(answer.root, "limits");
  bool known = answer_size(said, "body_bytes", &limits->body_bytes) &&
               answer_size(said, "answer_floats", &limits->answer_floats) &&
               answer_size(said, "batch_queries", &limits->batch_queries) && answer_size(said, "words", &limits->words);
  if (!known) fprintf(stderr, "wordvec %s: /info does not say what the limits are\n", command_name(ask));
  answer_clear(&answer);
  return known;
}

bool ask_dim(struct ask *ask, size_t *dim) {
  struct question question;
  struct answer answer;
  question_begin(&question, "/vectors", NULL);
  if (ask->options->ask.model) question_text(&question, "model", ask->options->ask.model);
  question_words(&question, "words", NULL, 0);
  if (!ask_about(ask, &question, &answer)) return false;
  bool known = answer_element_size(answer_member(answer.root, "shape"), 1, dim) && *dim > 0;
  if (!known) fprintf(stderr, "wordvec %s: /vectors does not say what the dimension is\n", command_name(ask));
  answer_clear(&answer);
  return known;
}
