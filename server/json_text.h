/* Writes JSON as text, value after value, into a buffer. The first failure sticks and later calls do nothing, so that
 * whoever writes an answer asks once, at its end. Vectors take this way because it knows float32 and needs no tree. */
#ifndef WORDVEC_SERVER_JSON_TEXT_H
#define WORDVEC_SERVER_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/bytes.h"

struct json_text {
  struct bytes *out;  /* borrowed */
  enum status status; /* STATUS_OK, or what the first failure was: STATUS_LIMIT, STATUS_NO_MEMORY */
  bool comma;         /* the next key or element follows another one */
};

void json_text_init(struct json_text *text, struct bytes *out);

/* Ends the document with a newline, so that a prompt does not stick to it, and gives the status of the whole. */
enum status json_text_end(struct json_text *text) MUST_USE;

/* Containers: `bracket` is '{' or '[', and '}' or ']'. Keys are our own: plain ASCII that needs no escapes. */
void json_text_open(struct json_text *text, char bracket);
void json_text_close(struct json_text *text, char bracket);
void json_text_key(struct json_text *text, const char *key);

/* Values. A string may be any bytes: what is not UTF-8 becomes U+FFFD, controls are escaped. */
void json_text_string(struct json_text *text, const char *bytes, size_t length);
void json_text_terminated(struct json_text *text, const char *string);
void json_text_null(struct json_text *text);
void json_text_bool(struct json_text *text, bool value);
void json_text_unsigned(struct json_text *text, uint64_t value);

/* A finite float64, in as few digits as read back (double_text.h). */
void json_text_double(struct json_text *text, double value);

/* An array of finite float32, each in its shortest digits (float_text.h). */
void json_text_vector(struct json_text *text, const float *vector, size_t dim);

/* Bytes to set aside for a vector of `dim` so that growing is the exception: "-0.123456," is what models hold. */
static inline size_t json_text_vector_size(size_t dim) {
  return dim * 13 + 3;
}

/* A string of `length` bytes in base64 (RFC 4648, section 4, with padding). */
void json_text_base64(struct json_text *text, const void *bytes, size_t length);

/* A value that is there as text already: where up to `size` bytes of it may be written, and then how many were. NULL
 * once anything has failed. */
char *json_text_room(struct json_text *text, size_t size);
void json_text_filled(struct json_text *text, size_t length);

/* Makes room for about `size` more bytes at once. A wish: where the limit allows less, it takes what there is. */
void json_text_expect(struct json_text *text, size_t size);

#endif
