/* jansson's parser, for texts of strangers on a machine that may have no memory left. */
#ifndef WORDVEC_SERVER_REQUEST_JSON_MEMORY_H
#define WORDVEC_SERVER_REQUEST_JSON_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct json_t; /* jansson's, whose header only those who read requests include */
struct json_error_t;

/* Has all that jansson allocates go through here. To be called before it has allocated anything, and before threads are
 * started. */
void request_json_guard_memory(void);

/* As json_loadb(). *no_memory says whether that is why the result is NULL. Without request_json_guard_memory() jansson
 * 2.14 may take a text for another one, or read past its end, when it finds no memory. */
struct json_t *request_json_load(const char *bytes, size_t length, size_t flags, struct json_error_t *error,
                                 bool *no_memory);

#endif
