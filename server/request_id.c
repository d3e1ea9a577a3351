/* A counter behind a secret, mixed by the finaliser of SplitMix64 (Steele, Lea and Flood, 2014): no two are one, for
 * each step can be undone, and the ids of two requests do not tell how many lay between. */
#include "server/request_id.h"

#include <string.h>
#include <sys/random.h>

#include "store/clock.h"

void request_ids_init(struct request_ids *ids) {
  ids->secret = (uint64_t)clock_microseconds(); /* is left where the system has no random bytes */
  (void)!getrandom(&ids->secret, sizeof ids->secret, GRND_NONBLOCK);
  atomic_init(&ids->made, 0);
}

void request_id_make(struct request_ids *ids, char out[REQUEST_ID_SIZE]) {
  static const char digits[] = "0123456789abcdef";
  uint64_t number = atomic_fetch_add_explicit(&ids->made, 1, memory_order_relaxed);
  uint64_t value = ids->secret + number * UINT64_C(0x9e3779b97f4a7c15); /* 2^64 over the golden ratio */
  value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
  value ^= value >> 31;
  for (int shift = 60; shift >= 0; shift -= 4) *out++ = digits[value >> shift & 15];
  *out = '\0';
}

bool request_id_take(const char *sent, char out[REQUEST_ID_SIZE]) {
  static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=:@;";
  size_t length = strspn(sent, safe);
  if (length < 1 || length >= REQUEST_ID_SIZE || sent[length] != '\0') return false;
  memcpy(out, sent, length + 1);
  return true;
}
