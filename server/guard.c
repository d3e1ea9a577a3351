/* Judges a request's target and fields one by one; remembers the first fault only, as only one can be answered. */
#include "server/guard.h"

#include <string.h>
#include <strings.h>

static bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* RFC 9110 section 5.6.2: the characters of a token. */
static bool is_token(const char *text, size_t length) {
  static const char others[] = "!#$%&'*+-.^_`|~";
  for (size_t i = 0; i < length; i++) {
    char c = text[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && (c == '\0' || !strchr(others, c))) return false;
  }
  return length > 0;
}

/* A byte that may not stand in a request target. Bytes of 0x80 and above are not allowed by the RFC either, but curl
 * sends a word as it is typed, and what is meant by it is clear. */
static bool is_forbidden(char c) {
  unsigned char byte = (unsigned char)c;
  return byte <= ' ' || byte == 0x7f;
}

static bool escape_is_wrong(const char *percent, bool in_path) {
  if (!is_hex(percent[1]) || !is_hex(percent[2])) return true;
  return in_path && percent[1] == '0' && percent[2] == '0'; /* would end the path early */
}

void guard_target(char *target, size_t url_bytes, size_t arguments, struct guard_target *found) {
  *found = (struct guard_target){.arguments = 0};
  found->too_long = strlen(target) > url_bytes;
  bool in_path = true;
  for (char *c = target; *c; c++) {
    if (is_forbidden(*c) || (*c == '%' && escape_is_wrong(c, in_path))) found->malformed = true;
    if (*c == '?' && in_path) {
      in_path = false;
      if (c[1]) found->arguments = 1;
    } else if (*c == '&' && !in_path) {
      if (found->arguments < arguments && !found->too_long) {
        found->arguments++;
      } else {
        found->too_many = true;
        *c = '_';
      }
    }
  }
}

static void fault(struct guard_fields *fields, const char *text) {
  if (!fields->fault) fields->fault = text;
}

/* host [ ":" port ] of RFC 3986 section 3.2.2, as characters: a name or an IPv4 address, or an IPv6 one in brackets. An
 * empty value is allowed (RFC 9110 section 7.2). */
static bool host_is_valid(const char *value) {
  const char *rest = value;
  if (*rest == '[') {
    rest += 1 + strspn(rest + 1, "0123456789abcdefABCDEF:.");
    if (*rest++ != ']') return false;
  } else {
    while (*rest && *rest != ':' && *rest != ' ' && *rest != '\t') {
      bool letter = (*rest >= 'a' && *rest <= 'z') || (*rest >= 'A' && *rest <= 'Z') || (*rest >= '0' && *rest <= '9');
      if (*rest == '%' && (!is_hex(rest[1]) || !is_hex(rest[2]))) return false;
      if (!letter && !strchr("-._~%!$&'()*+,;=", *rest)) return false;
      rest++;
    }
  }
  if (*rest == ':') {
    size_t digits = strspn(rest + 1, "0123456789");
    if (digits > 5) return false;
    rest += 1 + digits;
  }
  return rest[strspn(rest, " \t")] == '\0'; /* white space behind a value is no part of it */
}

static void take_length(struct guard_fields *fields, const char *value) {
  if (++fields->lengths > 1) fault(fields, "The request has more than one Content-Length.");
  size_t digits = strspn(value, "0123456789");
  if (digits == 0 || value[digits] != '\0') {
    fault(fields, "Content-Length must be a decimal number.");
    return;
  }
  fields->declared = 0;
  for (const char *digit = value; *digit; digit++) {
    unsigned add = (unsigned)(*digit - '0');
    bool fits = fields->declared <= (UINT64_MAX - add) / 10;
    fields->declared = fits ? fields->declared * 10 + add : UINT64_MAX;
    if (!fits) break;
  }
}

static void take_coding(struct guard_fields *fields, const char *value) {
  if (++fields->codings > 1) fault(fields, "The request has more than one Transfer-Encoding.");
  if (strcasecmp(value, "chunked") != 0) fault(fields, "The only Transfer-Encoding understood here is \"chunked\".");
}

/* Of two, whoever stands in front may have judged the other one (RFC 9110, section 5.3: it is no list). */
static void take_authorization(struct guard_fields *fields, const char *value, size_t length) {
  if (fields->authorization) fault(fields, "The request has more than one Authorization.");
  fields->authorization = value;
  fields->authorization_length = length;
}

static inline bool is_named(const char *name, size_t length, const char *wanted) {
  return length == strlen(wanted) && strcasecmp(name, wanted) == 0;
}

void guard_field(struct guard_fields *fields, const char *name, size_t name_length, const char *value,
                 size_t value_length) {
  if (!is_token(name, name_length)) {
    fault(fields, "A header name holds a character that is not allowed there.");
    return;
  }
  if (value_length != strlen(value) || strpbrk(value, "\r\n")) {
    fault(fields, "A header value holds a character that is not allowed there.");
    return;
  }
  if (is_named(name, name_length, "Host")) {
    if (++fields->hosts > 1) fault(fields, "The request has more than one Host.");
    if (!host_is_valid(value)) fault(fields, "Host must be a host name or address with an optional port.");
  } else if (is_named(name, name_length, "Content-Length")) {
    take_length(fields, value);
  } else if (is_named(name, name_length, "Transfer-Encoding")) {
    take_coding(fields, value);
  } else if (is_named(name, name_length, "Expect")) {
    fields->expects = strcasecmp(value, "100-continue") == 0;
    fields->expects_other |= !fields->expects;
  } else if (is_named(name, name_length, "Content-Type")) {
    fields->content_type = value;
  } else if (is_named(name, name_length, "Accept")) {
    if (fields->accept_count++ == 0) fields->accept = value;
  } else if (is_named(name, name_length, "Authorization")) {
    take_authorization(fields, value, value_length);
  } else if (is_named(name, name_length, "Origin")) {
    fields->origin = fields->origin_count++ == 0 ? value : NULL;
  } else if (is_named(name, name_length, "X-Request-Id")) {
    fields->request_id = fields->request_id_count++ == 0 ? value : NULL;
  } else if (is_named(name, name_length, "Access-Control-Request-Method")) {
    fields->preflight = true;
  } else if (is_named(name, name_length, "If-None-Match")) {
    if (fields->if_none_match_count++ == 0) fields->if_none_match = value;
  }
}

bool guard_allows(const struct guard_fields *fields, const char *http_version, struct refusal *refusal) {
  bool old = strcmp(http_version, "HTTP/1.0") == 0;
  const char *text = fields->fault;
  if (!text && fields->codings > 0 && fields->lengths > 0)
    text = "The request has both a Transfer-Encoding and a Content-Length.";
  if (!text && fields->codings > 0 && old) text = "HTTP/1.0 has no Transfer-Encoding.";
  if (!text && fields->hosts == 0 && !old) text = "The request has no Host.";
  if (!text) return true;
  refusal_set(refusal, REFUSAL_MALFORMED, "%s", text);
  return false;
}

bool guard_expects_body(const struct guard_fields *fields) {
  return fields->codings > 0 || fields->declared > 0;
}
