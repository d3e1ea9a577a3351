/* Stands in libmicrohttpd's way to its own MHD_queue_response(). */
#include "server/mhd_errors.h"

#include <dlfcn.h>
#include <stdatomic.h>

#include "server/exchange.h"

typedef enum MHD_Result queue_function(struct MHD_Connection *, unsigned, struct MHD_Response *);

/* The next function of that name. It is looked up once and kept: the only thing here that lives between calls, the same
 * whoever finds it. */
static queue_function *original(void) {
  static _Atomic(queue_function *) kept;
  queue_function *found = atomic_load_explicit(&kept, memory_order_relaxed);
  if (found) return found;
  *(void **)&found = dlsym(RTLD_NEXT, "MHD_queue_response");
  atomic_store_explicit(&kept, found, memory_order_relaxed);
  return found;
}

enum MHD_Result mhd_errors_pass(struct MHD_Connection *connection, unsigned status, struct MHD_Response *response) {
  queue_function *queue = original();
  return queue ? queue(connection, status, response) : MHD_NO;
}

void mhd_errors_refusal(unsigned status, struct refusal *refusal) {
  switch (status) {
    case MHD_HTTP_URI_TOO_LONG:
      refusal_set(refusal, REFUSAL_URL_TOO_LONG, "The request line is longer than a connection has memory for.");
      break;
    case MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE:
      refusal_set(refusal, REFUSAL_HEADERS_TOO_LARGE,
                  "The URL's arguments and the headers take more memory than a connection has; send fewer or shorter "
                  "ones, or a POST with a JSON body.");
      break;
    case MHD_HTTP_CONTENT_TOO_LARGE:
      refusal_set(refusal, REFUSAL_BODY_TOO_LARGE, "The body, or a chunk of it, is longer than any number here.");
      break;
    case MHD_HTTP_HTTP_VERSION_NOT_SUPPORTED:
      refusal_set(refusal, REFUSAL_HTTP_VERSION, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
      break;
    default:
      refusal_set(refusal, REFUSAL_MALFORMED,
                  "The request is not HTTP/1.1: its request line, a header, Content-Length or a chunk is malformed.");
      break;
  }
}

/* Called by libmicrohttpd alone. The answer is out already, and nothing more can be written behind it; its own is
 * queued all the same, and closes the connection when it cannot be sent. Not to queue it would not do: 0.9.75 then
 * frees the connection's memory at once, and goes on to read the head in it.
 */
__attribute__((visibility("default"))) enum MHD_Result MHD_queue_response(struct MHD_Connection *connection,
                                                                          unsigned status,
                                                                          struct MHD_Response *response) {
  struct refusal refusal;
  mhd_errors_refusal(status, &refusal);
  exchange_fail(connection, &refusal);
  return mhd_errors_pass(connection, status, response);
}
