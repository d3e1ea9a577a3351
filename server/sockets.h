/* The sockets that a daemon listens on: those that it was handed, else those that its flags ask for, as far as it may
 * be reached over them. */
#ifndef WORDVEC_SERVER_SOCKETS_H
#define WORDVEC_SERVER_SOCKETS_H

#include "server/listener.h"
#include "server/options.h"

struct sockets {
  struct listener serving;
  struct listener metrics; /* of /metrics alone; descriptor -1: none */
};

/* Takes over what was handed on, and judges all addresses, also those that are still to be opened. False: standard
 * error was told why not. */
bool sockets_choose(const struct options *options, struct sockets *out);

/* Opens those that were not handed on. STATUS_IO when an address cannot be had. */
enum status sockets_open(const struct options *options, struct problem *problem, struct sockets *sockets) MUST_USE;

#endif
