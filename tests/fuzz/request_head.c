/* Any bytes as the head of a request, for libFuzzer: a target, an HTTP version, then fields, each "name:value" on a
 * line of its own. What must hold: no sanitizer speaks; heads that leave their framing open are never allowed; what the
 * Accept and Content-Type of the others say is understood or refused; a path for the log is plain. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server/etag.h"
#include "server/guard.h"
#include "server/log.h"
#include "server/reading.h"
#include "server/representation.h"
#include "tests/support/fuzz_service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a head says of its framing, counted without the guard. */
struct framing {
  unsigned hosts, lengths, codings;
};

/* A tag that is found stands there, whatever is around it. */
static void judge_tags(const char *value) {
  static const char tag[] = "\"0123-json-1-ab\"", known[] = "\"0123-json-1-ab";
  uint64_t length;
  if (etag_listed(value, tag, &length)) fuzz_demand(strstr(value, known) != NULL, "a tag that is found is there");
  if (etag_any(value)) fuzz_demand(strchr(value, '*') != NULL && !strchr(value, '"'), "anything is a star alone");
}

static void take_field(struct guard_fields *fields, struct framing *framing, char *line, char *end) {
  char *colon = memchr(line, ':', (size_t)(end - line));
  if (!colon) return;
  *colon = '\0';
  char *value = colon + 1;
  if (strcasecmp(line, "If-None-Match") == 0) judge_tags(value);
  framing->hosts += strcasecmp(line, "Host") == 0;
  framing->lengths += strcasecmp(line, "Content-Length") == 0;
  framing->codings += strcasecmp(line, "Transfer-Encoding") == 0;
  guard_field(fields, line, (size_t)(colon - line), value, (size_t)(end - value));
}

static void judge_fields(const struct guard_fields *fields, const struct framing *framing, const char *version) {
  struct refusal refusal;
  enum representation representation;
  enum body_kind kind;
  if (guard_allows(fields, version, &refusal)) {
    bool old = strcmp(version, "HTTP/1.0") == 0;
    fuzz_demand(framing->hosts == 1 || (old && framing->hosts == 0), "one Host is allowed");
    fuzz_demand(framing->lengths + framing->codings <= 1, "one framing is allowed");
    fuzz_demand(!old || framing->codings == 0, "HTTP/1.0 has no codings");
    fuzz_demand(guard_expects_body(fields) <= (framing->lengths + framing->codings == 1), "no body without framing");
  } else {
    fuzz_demand(refusal.kind == REFUSAL_MALFORMED && refusal.detail[0] != '\0', "a bad head is malformed");
  }
  for (int has = REPRESENTATIONS_JSON; has <= REPRESENTATIONS_NPY_FIRST; has++)
    fuzz_demand(representation_of_accept(fields->accept, (enum representations)has, &representation, &refusal)
                    ? has != REPRESENTATIONS_JSON || representation == REPRESENTATION_JSON
                    : refusal.kind == REFUSAL_NOT_ACCEPTABLE,
                "Accept is understood or refused");
  fuzz_demand(reading_type_allowed(fields->content_type, true, &kind, &refusal) || refusal.kind == REFUSAL_MEDIA_TYPE,
              "Content-Type is understood or refused");
}

static void judge_target(char *target) {
  struct guard_target found;
  char path[64];
  log_copy_path(path, sizeof path, target);
  for (const char *at = path; *at; at++)
    fuzz_demand(isgraph((unsigned char)*at) && *at != '"' && *at != '\\' && *at != '?', "a path in the log is plain");
  size_t length = strlen(target), ampersands = 0;
  guard_target(target, 512, 16, &found);
  fuzz_demand(strlen(target) == length, "a target keeps its length");
  for (const char *at = strchr(target, '?'); at && *at; at++) ampersands += *at == '&';
  fuzz_demand(found.too_long == (length > 512), "a long target is too long");
  fuzz_demand(ampersands <= 16 && found.arguments <= 16, "what is split next is bounded");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct guard_fields fields = {0};
  struct framing framing = {0};
  const char *version = "HTTP/1.1";
  char *head = malloc(size + 1);
  if (!head) abort();
  memcpy(head, data, size);
  head[size] = '\n';
  unsigned number = 0;
  for (char *line = head, *end; line <= head + size; line = end + 1) {
    end = memchr(line, '\n', (size_t)(head + size - line) + 1);
    *end = '\0';
    if (number == 0)
      judge_target(line);
    else if (number == 1)
      version = line;
    else
      take_field(&fields, &framing, line, end);
    number++;
  }
  judge_fields(&fields, &framing, version);
  free(head);
  return 0;
}
