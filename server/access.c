/* Asks the keys, and words what they say. */
#include "server/access.h"

#include <stdint.h>
#include <string.h>

/* RFC 6750, section 3: a request without credentials is told nothing but how to bring some. */
#define CHALLENGE "Bearer realm=\"wordvec\""

bool access_allows(struct keys *keys, const struct guard_fields *fields, const struct route *route,
                   struct refusal *refusal) {
  if (!keys || (route && route->methods & ROUTE_OPEN)) return true;
  switch (keys_judge(keys, fields->authorization, fields->authorization_length)) {
    case KEYS_RIGHT: return true;
    case KEYS_WRONG:
      refusal_set(refusal, REFUSAL_UNAUTHORIZED, "The key that was sent is not one of this server's.");
      refusal->challenge = CHALLENGE ", error=\"invalid_token\"";
      return false;
    default:
      refusal_set(refusal, REFUSAL_UNAUTHORIZED,
                  "A key is needed: send it in the header field \"Authorization: Bearer KEY\".");
      refusal->challenge = CHALLENGE;
      return false;
  }
}

void access_wipe(struct guard_fields *fields) {
  /* It is the connection's own read buffer, and nobody reads this field again; only its type says const. */
  if (fields->authorization) explicit_bzero((char *)(uintptr_t)fields->authorization, fields->authorization_length);
  fields->authorization = NULL;
}
