/* Why a request is refused: one closed list of kinds with their HTTP code, slug and title, and the report of one
 * refusal, which respond writes as application/problem+json (RFC 9457), or as the service would whose clients ask. */
#ifndef WORDVEC_SERVER_REFUSAL_H
#define WORDVEC_SERVER_REFUSAL_H

#include <stddef.h>

#include "store/status.h"

enum refusal_kind {
  REFUSAL_MALFORMED,         /* 400 malformed_request: syntax of URL, query or JSON */
  REFUSAL_UNKNOWN_PARAMETER, /* 400 unknown_parameter */
  REFUSAL_MISSING_PARAMETER, /* 400 missing_parameter, also `model` when several are served */
  REFUSAL_UNAUTHORIZED,      /* 401 unauthorized, with WWW-Authenticate */
  REFUSAL_NO_ROUTE,          /* 404 route_not_found */
  REFUSAL_NO_MODEL,          /* 404 model_not_found */
  REFUSAL_NO_WORD,           /* 404 word_not_found */
  REFUSAL_NO_ROW,            /* 404 index_not_found: GET with an index that is not below the row count */
  REFUSAL_METHOD,            /* 405 method_not_allowed, with Allow */
  REFUSAL_NOT_ACCEPTABLE,    /* 406 not_acceptable */
  REFUSAL_BODY_TOO_LARGE,    /* 413 body_too_large */
  REFUSAL_URL_TOO_LONG,      /* 414 url_too_long: also too many query arguments */
  REFUSAL_MEDIA_TYPE,        /* 415 unsupported_media_type */
  REFUSAL_EXPECTATION,       /* 417 expectation_failed */
  REFUSAL_INVALID,           /* 422 invalid_request: well-formed but impossible; names parameters in errors[] */
  REFUSAL_HEADERS_TOO_LARGE, /* 431 headers_too_large */
  REFUSAL_INTERNAL,          /* 500 internal_error */
  REFUSAL_BUSY,              /* 503 busy, with Retry-After */
  REFUSAL_NOT_READY,         /* 503 not_ready: no model is served yet */
  REFUSAL_MODEL_LOST,        /* 503 model_lost, with Retry-After: its file was cut short or unreadable while served */
  REFUSAL_HTTP_VERSION,      /* 505 http_version_not_supported */
  REFUSAL_COUNT
};

/* Why a request was refused, for counts: its kind, but that "busy" is several things. */
enum refusal_reason {
  REASON_MEMORY = REFUSAL_COUNT, /* a budget is used up, or the system gives none; what REFUSAL_BUSY stands for */
  REASON_QUEUE_FULL,             /* too many wait for a thread */
  REASON_QUEUE_TIMEOUT,          /* it waited too long for one */
  REASON_CONNECTIONS,            /* too many connections */
  REASON_STOPPING,
  REASON_COUNT
};

/* "body_too_large", "queue_full", …; NULL for REFUSAL_BUSY, which is no reason itself. Static storage. */
const char *refusal_reason_name(unsigned reason);

struct refusal_type {
  unsigned http_status;
  const char *code;  /* "word_not_found"; the type URI ends in it with '-' for '_' */
  const char *title; /* "Word not in vocabulary" */
};

enum { POINTER_MAX = 128 }; /* bytes of a JSON pointer: "#/queries/3/positive/0" */

enum { REFUSAL_ERRORS_MAX = 8, REFUSAL_SUGGESTIONS_MAX = 5, REFUSAL_SUGGESTION_BYTES = 256 };

struct refusal {
  enum refusal_kind kind;
  unsigned reason;  /* as refusal_set() finds it by the kind, or as whoever knows better says */
  char detail[512]; /* one sentence for a person, valid UTF-8 */
  size_t error_count;
  struct {
    char pointer[POINTER_MAX]; /* JSON pointer as a URI fragment: "#/indices/0/3" */
    char detail[256];
  } errors[REFUSAL_ERRORS_MAX];
  size_t suggestion_count;
  char suggestions[REFUSAL_SUGGESTIONS_MAX][REFUSAL_SUGGESTION_BYTES + 1]; /* near spellings, valid UTF-8 */
  char allow[64];                                                          /* REFUSAL_METHOD: "GET, HEAD" */
  const char *challenge; /* REFUSAL_UNAUTHORIZED: what WWW-Authenticate says; static storage */
};

/* The row of the table; static storage. */
const struct refusal_type *refusal_type_of(enum refusal_kind kind);

/* Whose clients a path is for: they know what that service's refusals look like, and that it ignores parameters which
 * it does not know. */
enum dialect {
  DIALECT_OWN,     /* problem+json */
  DIALECT_OPENAI,  /* {"error":{"message","type","param","code"}} */
  DIALECT_WORD2VEC /* word2vec-api's: {"message":"…"}, or {"message":{"PARAMETER":"…"}} */
};

/* The HTTP code of a refusal: the table's, but that the others know no 422 and say 400. */
unsigned refusal_status(enum refusal_kind kind, enum dialect dialect);

/* Starts *refusal afresh with a formatted detail. Bytes that are not UTF-8 become U+FFFD; what is too long is cut at a
 * character. */
void refusal_set(struct refusal *refusal, enum refusal_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds one entry to errors[] of a refusal that refusal_set() has started; beyond REFUSAL_ERRORS_MAX it is dropped. */
void refusal_add_error(struct refusal *refusal, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Bytes of a request as they may stand in a detail: in double quotes, controls as \xNN, what is not UTF-8 as U+FFFD,
 * long ones cut with "…". Returns `out`. */
enum { REFUSAL_QUOTED = 160 };
const char *refusal_quote(char out[REFUSAL_QUOTED], const char *bytes, size_t length);

/* The refusal of a failed store operation: the table from enum status to refusal kinds. */
void refusal_from_status(struct refusal *refusal, enum status status, const char *what);

#endif
