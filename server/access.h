/* Whether a request comes from somebody who may ask: judged by its fields alone, before its body is read or anything of
 * it is parsed, and without regard to what it asks for. */
#ifndef WORDVEC_SERVER_ACCESS_H
#define WORDVEC_SERVER_ACCESS_H

#include <stdbool.h>

#include "server/guard.h"
#include "server/keys.h"
#include "server/routes.h"

/* `keys` NULL: everybody may. `route` NULL: there is none at that path, which the refusal does not tell. False:
 * *refusal is to be sent. */
bool access_allows(struct keys *keys, const struct guard_fields *fields, const struct route *route,
                   struct refusal *refusal);

/* Overwrites the key that a request brought, where the connection holds it: its memory serves other requests next. */
void access_wipe(struct guard_fields *fields);

#endif
