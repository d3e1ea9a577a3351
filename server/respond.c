/* Makes responses: status, fields and a body whose memory changes hands, so that an answer of megabytes is never
 * copied, and its share of the budget comes back when the last byte is out. */
#include "server/respond.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "server/cors.h"
#include "server/mhd_errors.h"
#include "server/write_json.h"
#include "server/write_openai.h"
#include "server/write_word2vec.h"

#define RETRY_AFTER_SECONDS "1"

/* Frees a body that was on its way out. */
static void end_body(void *context) {
  struct bytes *body = context;
  bytes_release(body);
  free(body);
}

static bool add_header(struct MHD_Response *response, const char *name, const char *value) {
  return MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool queue(struct MHD_Connection *connection, struct MHD_Response *response, unsigned status, bool headers_set) {
  bool queued = headers_set && mhd_errors_pass(connection, status, response) == MHD_YES;
  MHD_destroy_response(response); /* our reference; a queued response has another */
  return queued;
}

static bool add_fields(struct MHD_Response *response, const struct respond_fields *fields) {
  char timing[SERVER_TIMING_SIZE];
  server_timing_write(&fields->timing, timing);
  bool ok = add_header(response, "X-Request-Id", fields->request_id) && add_header(response, "Server-Timing", timing);
  if (fields->close) ok = ok && add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  if (fields->vary_origin) ok = ok && add_header(response, MHD_HTTP_HEADER_VARY, "Origin");
  if (fields->allow_origin)
    ok = ok && add_header(response, "Access-Control-Allow-Origin", fields->allow_origin) &&
         add_header(response, "Access-Control-Expose-Headers", CORS_ANSWER_FIELDS);
  return ok;
}

static bool add_reply_headers(struct MHD_Response *response, const struct reply *reply) {
  bool modified = reply->http_status != MHD_HTTP_NOT_MODIFIED;
  bool ok = !modified || add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
  if (reply->etag[0]) ok = ok && add_header(response, MHD_HTTP_HEADER_ETAG, reply->etag);
  if (reply->http_status == MHD_HTTP_OK || !modified) {
    ok = ok && add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    ok = ok && add_header(response, MHD_HTTP_HEADER_VARY, "Accept, Authorization");
  } else if (reply->http_status == MHD_HTTP_SERVICE_UNAVAILABLE) {
    ok = ok && add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, RETRY_AFTER_SECONDS);
  }
  if (!modified) return ok;
  if (reply->sources[0]) ok = ok && add_header(response, "X-Sources", reply->sources);
  if (reply->shape[0]) ok = ok && add_header(response, "X-Shape", reply->shape);
  if (reply->dtype) ok = ok && add_header(response, "X-Dtype", reply->dtype);
  return ok;
}

/* A response that owns the body, with its share of the budget; NULL without memory, then both are given back. */
static struct MHD_Response *response_of(struct bytes *body) {
  struct bytes *held = malloc(sizeof *held);
  if (!held) {
    bytes_release(body);
    return NULL;
  }
  *held = *body;
  bytes_init(body, 0);
  struct MHD_Response *response =
      MHD_create_response_from_buffer_with_free_callback_cls(held->length, held->data, end_body, held);
  if (!response) end_body(held);
  return response;
}

/* The next piece of a stream. Giving none would make libmicrohttpd ask again at once, and so for ever. */
static ssize_t read_stream(void *context, uint64_t position, char *out, size_t room) {
  size_t got;
  if (!stream_read(context, position, (unsigned char *)out, room, &got)) return MHD_CONTENT_READER_END_WITH_ERROR;
  return got > 0 ? (ssize_t)got : MHD_CONTENT_READER_END_OF_STREAM;
}

/* A response out of one buffer that libmicrohttpd fills again and again. It sends rows from where they lie, too, but
 * breaks with many (write_npy.c). The copy is 40 % of what sending 480 MB costs this process.
 */
static struct MHD_Response *streamed_response_of(struct stream *stream) {
  uint64_t length = stream->source.length;
  return MHD_create_response_from_callback(length == STREAM_LENGTH_UNKNOWN ? MHD_SIZE_UNKNOWN : length,
                                           STREAM_BLOCK_BYTES, read_stream, stream, NULL);
}

static ssize_t read_nothing(void *context, uint64_t position, char *out, size_t room) {
  (void)context;
  (void)position;
  (void)out;
  (void)room;
  return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* A 304: no body, and the Content-Length of the one that it stands for. An unknown length would make it chunked, with a
 * last chunk that no client expects behind a 304; as if to a client of HTTP/1.0 it is not, but the connection ends. */
static struct MHD_Response *unmodified_response_of(uint64_t length) {
  uint64_t size = length == ETAG_LENGTH_UNKNOWN ? MHD_SIZE_UNKNOWN : length;
  struct MHD_Response *response = MHD_create_response_from_callback(size, 1, read_nothing, NULL, NULL);
  if (response && size == MHD_SIZE_UNKNOWN)
    MHD_set_response_options(response, MHD_RF_HTTP_VERSION_1_0_ONLY, MHD_RO_END);
  return response;
}

/* The response of a reply, whose body it takes; *length is that of the body, as the tag has it. */
static struct MHD_Response *response_to(struct reply *reply, uint64_t *length) {
  if (reply->http_status == MHD_HTTP_NOT_MODIFIED) {
    *length = reply->length;
    return unmodified_response_of(reply->length);
  }
  *length = reply->stream ? reply->stream->source.length : reply->body.length;
  return reply->stream ? streamed_response_of(reply->stream) : response_of(&reply->body);
}

bool respond_reply(struct MHD_Connection *connection, struct reply *reply, const struct respond_fields *fields,
                   struct respond_result *result) {
  size_t bytes = reply->body.length;
  uint64_t length;
  struct MHD_Response *response = response_to(reply, &length);
  if (!response) return false;
  *result = (struct respond_result){reply->http_status, bytes};
  if (reply->etag[0]) etag_add_length(reply->etag, length);
  return queue(connection, response, reply->http_status,
               add_reply_headers(response, reply) && add_fields(response, fields));
}

const char *respond_refusal_type(enum dialect dialect) {
  return dialect == DIALECT_OWN ? "application/problem+json" : "application/json";
}

static enum status write_refusal(struct bytes *out, const struct refusal *refusal, enum dialect dialect) {
  switch (dialect) {
    case DIALECT_OPENAI: return write_openai_error(out, refusal);
    case DIALECT_WORD2VEC: return write_word2vec_error(out, refusal);
    default: return write_json_problem(out, refusal);
  }
}

char *respond_refusal_text(const struct refusal *refusal, enum dialect dialect) {
  enum { REFUSAL_TEXT_MAX = 1 << 16 /* a refusal's texts are bounded to far less */ };
  struct bytes text;
  bytes_init(&text, REFUSAL_TEXT_MAX);
  enum status status = write_refusal(&text, refusal, dialect);
  if (status == STATUS_OK) status = bytes_append(&text, "", 1);
  if (status == STATUS_OK) return (char *)bytes_take(&text);
  bytes_release(&text);
  return NULL;
}

static bool add_refusal_headers(struct MHD_Response *response, const struct refusal *refusal, enum dialect dialect) {
  unsigned status = refusal_status(refusal->kind, dialect);
  bool ok = add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, respond_refusal_type(dialect));
  if (status == MHD_HTTP_METHOD_NOT_ALLOWED) ok = ok && add_header(response, MHD_HTTP_HEADER_ALLOW, refusal->allow);
  if (refusal->challenge) ok = ok && add_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, refusal->challenge);
  if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
    ok = ok && add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, RETRY_AFTER_SECONDS);
  return ok;
}

bool respond_refusal(struct MHD_Connection *connection, const struct refusal *refusal, enum dialect dialect,
                     const struct respond_fields *fields, struct respond_result *result) {
  unsigned status = refusal_status(refusal->kind, dialect);
  char *text = respond_refusal_text(refusal, dialect);
  if (!text) return false;
  size_t length = strlen(text);
  struct MHD_Response *response = MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);
  if (!response) {
    free(text);
    return false;
  }
  *result = (struct respond_result){status, length};
  return queue(connection, response, status,
               add_refusal_headers(response, refusal, dialect) && add_fields(response, fields));
}

bool respond_preflight(struct MHD_Connection *connection, const struct respond_fields *fields,
                       struct respond_result *result) {
  struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  if (!response) return false;
  *result = (struct respond_result){MHD_HTTP_NO_CONTENT, 0};
  bool ok = add_header(response, "Access-Control-Allow-Methods", CORS_METHODS) &&
            add_header(response, "Access-Control-Allow-Headers", CORS_REQUEST_FIELDS) &&
            add_header(response, "Access-Control-Max-Age", CORS_MAX_AGE);
  return queue(connection, response, MHD_HTTP_NO_CONTENT, ok && add_fields(response, fields));
}

/* As lines of a head what add_fields() adds to a response; an origin that is too long for any is left out. */
static void write_fields(const struct respond_fields *fields, char *out, size_t size) {
  char timing[SERVER_TIMING_SIZE], origin[256] = "";
  out[0] = '\0';
  if (!fields) return;
  server_timing_write(&fields->timing, timing);
  if (fields->allow_origin && strlen(fields->allow_origin) < sizeof origin / 2)
    snprintf(origin, sizeof origin, "Access-Control-Allow-Origin: %s\r\n", fields->allow_origin);
  snprintf(out, size, "%sX-Request-Id: %s\r\nServer-Timing: %s\r\n", origin, fields->request_id, timing);
}

bool respond_bluntly(int descriptor, const struct refusal *refusal, const struct respond_blunt *how,
                     struct respond_result *result) {
  unsigned status = refusal_status(refusal->kind, how->dialect);
  char *text = respond_refusal_text(refusal, how->dialect);
  if (!text) return false;
  char head[1024], told[640];
  size_t length = how->head_only ? 0 : strlen(text);
  write_fields(how->fields, told, sizeof told);
  const char *retry =
      status == MHD_HTTP_SERVICE_UNAVAILABLE ? MHD_HTTP_HEADER_RETRY_AFTER ": " RETRY_AFTER_SECONDS "\r\n" : "";
  int used = snprintf(
      head, sizeof head, "HTTP/1.1 %u %s\r\n%s%sContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
      status, MHD_get_reason_phrase_for(status), told, retry, respond_refusal_type(how->dialect), strlen(text));
  bool sent = send(descriptor, head, (size_t)used, MSG_NOSIGNAL | MSG_DONTWAIT | (length > 0 ? MSG_MORE : 0)) == used &&
              (length == 0 || send(descriptor, text, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)length);
  if (sent) *result = (struct respond_result){status, length};
  free(text);
  return sent;
}
