/* Threads around bare connections. */
#include "tests/support/load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/scratch.h"

enum { DAWDLE_MICROSECONDS = 50000 };

struct client {
  struct load *load;
  unsigned number;
  pthread_t thread;
};

struct load {
  struct load_options options;
  atomic_bool over;
  atomic_size_t requests, connections, told_to_close;
  pthread_mutex_t lock; /* of what follows */
  size_t failures;
  char first[512];
  struct client clients[];
};

static void fail(struct load *load, const char *request, const char *why) {
  pthread_mutex_lock(&load->lock);
  if (load->failures++ == 0)
    snprintf(load->first, sizeof load->first, "%.*s: %.300s", (int)strcspn(request, "\r"), request, why);
  pthread_mutex_unlock(&load->lock);
}

static bool ends_connection(const struct answer *answer) {
  char value[32];
  return answer_header(answer, "Connection", value, sizeof value) && strcasecmp(value, "close") == 0;
}

static void rest(unsigned microseconds) {
  const struct timespec pause = {.tv_nsec = (long)microseconds * 1000};
  if (microseconds > 0) nanosleep(&pause, NULL);
}

/* One request over the connection, which is opened when there is none and closed when it is over. */
static void ask(const struct client *client, struct raw *raw, bool *open, size_t number) {
  struct load *load = client->load;
  const struct load_options *options = &load->options;
  bool hasty = client->number < options->hasty;
  const char *request = options->requests[number];
  struct answer answer;
  char fault[256] = "";
  size_t before = options->before ? options->before(options->context) : 0;
  if (!*open) {
    raw_open(raw, options->port);
    atomic_fetch_add(&load->connections, 1);
    *open = true;
    if (client->number < options->dawdling) rest(DAWDLE_MICROSECONDS);
  }
  raw_send_text(raw, request);
  bool whole = raw_answer(raw, false, &answer);
  bool ends = whole && ends_connection(&answer);
  if (!whole)
    fail(load, request, "the connection ended before a whole answer");
  else if (!options->judge(options->context, number, before, &answer, fault))
    fail(load, request, fault);
  atomic_fetch_add(&load->requests, 1);
  atomic_fetch_add(&load->told_to_close, ends);
  answer_release(&answer);
  if (whole && !ends && !hasty) return;
  raw_close(raw);
  *open = false;
}

static void *ask_on(void *argument) {
  const struct client *client = argument;
  struct load *load = client->load;
  const struct load_options *options = &load->options;
  bool open = false;
  struct raw raw;
  for (size_t i = client->number; !atomic_load(&load->over); i++) {
    ask(client, &raw, &open, i % options->request_count);
    rest(options->pause_microseconds);
  }
  if (open) raw_close(&raw);
  return NULL;
}

struct load *load_start(const struct load_options *options) {
  struct load *load = calloc(1, sizeof *load + options->clients * sizeof load->clients[0]);
  if (!load) support_fail("out of memory");
  load->options = *options;
  pthread_mutex_init(&load->lock, NULL);
  for (unsigned i = 0; i < options->clients; i++) {
    struct client *client = &load->clients[i];
    *client = (struct client){.load = load, .number = i};
    if (pthread_create(&client->thread, NULL, ask_on, client) != 0) support_fail("cannot start a thread");
  }
  return load;
}

size_t load_answered(const struct load *load) {
  return atomic_load(&load->requests);
}

void load_stop(struct load *load, struct load_result *result) {
  atomic_store(&load->over, true);
  for (unsigned i = 0; i < load->options.clients; i++) pthread_join(load->clients[i].thread, NULL);
  *result = (struct load_result){.requests = atomic_load(&load->requests),
                                 .connections = atomic_load(&load->connections),
                                 .told_to_close = atomic_load(&load->told_to_close),
                                 .failures = load->failures};
  memcpy(result->first, load->first, sizeof result->first);
  pthread_mutex_destroy(&load->lock);
  free(load);
}

char *load_request(const char *target, const char *json) {
  char *text;
  int length =
      json ? asprintf(&text, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s", target, strlen(json), json)
           : asprintf(&text, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target);
  if (length < 0) support_fail("out of memory");
  return text;
}
