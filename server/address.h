/* A listening address as people write it, "127.0.0.1:8080", "[::1]:8080" or "localhost:8080", and as sockets want it.
 */
#ifndef WORDVEC_SERVER_ADDRESS_H
#define WORDVEC_SERVER_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "store/status.h"

enum { ADDRESS_URL_SIZE = 80 };

struct address {
  struct sockaddr_storage storage;
  socklen_t length;
};

/* Reads ADDR:PORT: a numeric IPv4 address, a numeric IPv6 address in brackets, or "localhost" (127.0.0.1), and a port
 * from 0 (the system chooses) to 65535. STATUS_BAD_ARGUMENT, and *problem says what is allowed. */
enum status address_parse(const char *text, struct problem *problem, struct address *out) MUST_USE;

/* Whether only this machine reaches it. */
bool address_is_loopback(const struct address *address);

/* Its port, 0 to 65535. */
unsigned address_port(const struct address *address);

/* Turns "any address" (0.0.0.0, [::]) into the loopback address of its family, as one that a client can connect to. */
void address_make_reachable(struct address *address);

/* "http://127.0.0.1:8080", "http://[::1]:8080". */
void address_url(const struct address *address, char url[ADDRESS_URL_SIZE]);

#endif
