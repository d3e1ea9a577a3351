/* Reads and writes listening addresses. Names are not resolved, but for localhost: what a daemon binds to must not
 * depend on a name server. */
#include "server/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static enum status not_an_address(struct problem *problem, const char *text) {
  return problem_set(problem, STATUS_BAD_ARGUMENT, 0,
                     "'%.200s' is not ADDR:PORT; write for example 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080", text);
}

static bool parse_port(const char *text, in_port_t *port) {
  unsigned value = 0;
  size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > 5 || text[digits] != '\0') return false;
  for (size_t i = 0; i < digits; i++) value = value * 10 + (unsigned)(text[i] - '0');
  if (value > 65535) return false;
  *port = htons((in_port_t)value);
  return true;
}

static bool parse_ipv6(const char *host, in_port_t port, struct address *address) {
  struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = port};
  if (inet_pton(AF_INET6, host, &ipv6.sin6_addr) != 1) return false;
  memcpy(&address->storage, &ipv6, sizeof ipv6);
  address->length = sizeof ipv6;
  return true;
}

static bool parse_ipv4(const char *host, in_port_t port, struct address *address) {
  struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = port};
  if (strcmp(host, "localhost") == 0) host = "127.0.0.1";
  if (inet_pton(AF_INET, host, &ipv4.sin_addr) != 1) return false;
  memcpy(&address->storage, &ipv4, sizeof ipv4);
  address->length = sizeof ipv4;
  return true;
}

enum status address_parse(const char *text, struct problem *problem, struct address *out) {
  char host[INET6_ADDRSTRLEN];
  const char *colon = strrchr(text, ':');
  if (!colon) return not_an_address(problem, text);
  bool bracketed = text[0] == '[';
  const char *start = bracketed ? text + 1 : text;
  const char *end = bracketed ? colon - 1 : colon;
  if (end < start || (bracketed && *end != ']') || (size_t)(end - start) >= sizeof host)
    return not_an_address(problem, text);
  memcpy(host, start, (size_t)(end - start));
  host[end - start] = '\0';

  in_port_t port;
  struct address address = {.length = 0};
  if (!parse_port(colon + 1, &port)) return not_an_address(problem, text);
  if (!(bracketed ? parse_ipv6(host, port, &address) : parse_ipv4(host, port, &address)))
    return not_an_address(problem, text);
  *out = address;
  return STATUS_OK;
}

bool address_is_loopback(const struct address *address) {
  if (address->storage.ss_family == AF_INET6) {
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&address->storage;
    if (IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr)) return ipv6->sin6_addr.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&ipv6->sin6_addr);
  }
  const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&address->storage;
  return ntohl(ipv4->sin_addr.s_addr) >> 24 == 127;
}

unsigned address_port(const struct address *address) {
  if (address->storage.ss_family == AF_INET6) return ntohs(((const struct sockaddr_in6 *)&address->storage)->sin6_port);
  return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
}

void address_make_reachable(struct address *address) {
  if (address->storage.ss_family == AF_INET6) {
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&address->storage;
    if (IN6_IS_ADDR_UNSPECIFIED(&ipv6->sin6_addr)) ipv6->sin6_addr = in6addr_loopback;
    return;
  }
  struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address->storage;
  if (ipv4->sin_addr.s_addr == htonl(INADDR_ANY)) ipv4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

void address_url(const struct address *address, char url[ADDRESS_URL_SIZE]) {
  char host[INET6_ADDRSTRLEN] = "?";
  if (address->storage.ss_family == AF_INET6) {
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&address->storage;
    inet_ntop(AF_INET6, &ipv6->sin6_addr, host, sizeof host);
    snprintf(url, ADDRESS_URL_SIZE, "http://[%s]:%u", host, ntohs(ipv6->sin6_port));
    return;
  }
  const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&address->storage;
  inet_ntop(AF_INET, &ipv4->sin_addr, host, sizeof host);
  snprintf(url, ADDRESS_URL_SIZE, "http://%s:%u", host, ntohs(ipv4->sin_port));
}
