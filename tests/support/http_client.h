/* Two HTTP clients: libcurl for requests as people send them, a bare socket for those that nobody should. */
#ifndef WORDVEC_TESTS_SUPPORT_HTTP_CLIENT_H
#define WORDVEC_TESTS_SUPPORT_HTTP_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct answer {
  long status;
  char *head; /* status line and headers, terminated */
  size_t head_length;
  char *body; /* `length` bytes and a NUL */
  size_t length;
};

void answer_release(struct answer *answer);

/* The value of the first header of that name (in any case), copied into `value`; false when there is none. */
bool answer_header(const struct answer *answer, const char *name, char *value, size_t size);

struct client_request {
  const char *method; /* NULL: POST when there is a body, else GET */
  const char *target; /* path and query, encoded */
  const char *body;   /* NULL: none */
  size_t body_length;
  const char *headers[6]; /* "Name: value"; "Name:" suppresses what curl would send */
  bool chunked;           /* sends the body in chunks, without Content-Length */
};

/* Sends the request over a new connection and reads the whole answer; fails when there is none. With HTTP_RECORD set to
 * a file, the exchange is added to it. */
void client_send(unsigned port, const struct client_request *request, struct answer *answer);

void client_get(unsigned port, const char *target, struct answer *answer);
void client_get_as(unsigned port, const char *target, const char *accept, struct answer *answer);
void client_post(unsigned port, const char *target, const char *json, struct answer *answer);
void client_post_as(unsigned port, const char *target, const char *json, const char *accept, struct answer *answer);

/* `bytes` with everything but letters, digits and "-._~" percent-encoded; the caller's to free. */
char *client_encode(const void *bytes, size_t length);

/* A bare connection: bytes out, answers in. Reads give up after SUPPORT_PATIENCE_SECONDS. */
struct raw {
  int descriptor;
  char *buffered;
  size_t length;
};

void raw_open(struct raw *raw, unsigned port);
bool raw_try_open(struct raw *raw, unsigned port); /* false, with errno: nobody listens there */
void raw_close(struct raw *raw);
void raw_send(struct raw *raw, const void *bytes, size_t length);
void raw_send_text(struct raw *raw, const char *text);
void raw_half_close(struct raw *raw); /* says that no more will be sent */

/* Reads one answer (to Content-Length, to the end of chunks, or to the close; `head_only` for HEAD). 1xx answers are
 * given as they come. False when the peer closes, or resets, before a whole one; *answer then holds nothing. */
bool raw_answer(struct raw *raw, bool head_only, struct answer *answer);

/* Waits until the first byte of an answer has come, and leaves it unread. */
bool raw_waits_for_reading(struct raw *raw);

/* Whether the peer closes the connection (or resets it) before the patience ends; what it sends until then is dropped.
 */
bool raw_closes(struct raw *raw);

#endif
