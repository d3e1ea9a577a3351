/* The description of this service for programs, as OpenAPI 3.1: what GET /openapi.json answers. */
#ifndef WORDVEC_SERVER_OPENAPI_H
#define WORDVEC_SERVER_OPENAPI_H

#include "store/bytes.h"

/* Appends the whole document. STATUS_OK, STATUS_LIMIT (the buffer's) or STATUS_NO_MEMORY; a failed one leaves a part
 * behind. */
enum status openapi_write(struct bytes *out) MUST_USE;

#endif
