/* Two sockets, each from one of two places. */
#include "server/sockets.h"

#include <stdio.h>
#include <unistd.h>

/* Whoever made an inherited socket chose its address; that anybody may ask over it is to be said here all the same. */
static bool serving_is_allowed(const struct options *options, const struct address *address) {
  if (address_is_loopback(address) || options->serve.insecure_bind || options->api_key_file) return true;
  char url[ADDRESS_URL_SIZE];
  address_url(address, url);
  fprintf(stderr,
          "wordvec serve: %s can be reached from other machines, and no key is asked for: anyone there could ask.\n"
          "Give clients a key (--api-key-file), listen on 127.0.0.1 behind a proxy, or allow it with --insecure-bind\n"
          "(WORDVEC_INSECURE_BIND=1).\n",
          url);
  return false;
}

/* The address of its own for /metrics asks for no key, whatever the other one does. */
static bool metrics_are_allowed(const struct options *options, const struct address *address) {
  if (address->length == 0 || address_is_loopback(address) || options->serve.insecure_bind) return true;
  char url[ADDRESS_URL_SIZE];
  address_url(address, url);
  fprintf(
      stderr,
      "wordvec serve: --metrics-listen: %s can be reached from other machines, and no key is asked for there.\n"
      "Listen on 127.0.0.1 (clients with a key find /metrics at --listen, where this flag is not given), or allow it\n"
      "with --insecure-bind (WORDVEC_INSECURE_BIND=1).\n",
      url);
  return false;
}

bool sockets_choose(const struct options *options, struct sockets *out) {
  const struct serve_flags *serve = &options->serve;
  struct problem problem;
  if (listener_inherit_all(&serve->inherited, getpid(), &problem, &out->serving, &out->metrics) != STATUS_OK) {
    fprintf(stderr, "wordvec serve: %s\n", problem.text);
    return false;
  }
  const struct address *address = out->serving.inherited ? &out->serving.address : &serve->address;
  const struct address *metrics = out->metrics.inherited ? &out->metrics.address : &serve->metrics_address;
  return serving_is_allowed(options, address) && metrics_are_allowed(options, metrics);
}

enum status sockets_open(const struct options *options, struct problem *problem, struct sockets *sockets) {
  const struct serve_flags *serve = &options->serve;
  enum status status = STATUS_OK;
  if (!sockets->serving.inherited) status = listener_open(&serve->address, problem, &sockets->serving);
  if (status != STATUS_OK || sockets->metrics.inherited || serve->metrics_address.length == 0) return status;
  return listener_open(&serve->metrics_address, problem, &sockets->metrics);
}
