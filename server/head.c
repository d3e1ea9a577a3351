/* Goes over a head piece by piece, and looks at what lies between: terminators where line ends and colons were, and
 * white space. */
#include "server/head.h"

#include <stdint.h>
#include <string.h>

bool head_layout_known(const char *version) {
  static const char *const known[] = {"0.9.74", "0.9.75", "0.9.76", "0.9.77"};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (strcmp(version, known[i]) == 0) return true;
  return false;
}

/* Whether `piece` lies in the rest of the head; as numbers, for it may be in another memory altogether. */
static bool is_ahead(const struct head *head, const char *piece) {
  return (uintptr_t)piece > (uintptr_t)head->at && (uintptr_t)piece < (uintptr_t)head->end;
}

/* Whether nothing but up to `most` NULs, that at head->at included, stands between it and `end`. */
static bool only_nuls(const struct head *head, const char *end, size_t most) {
  size_t count = (size_t)(end - head->at);
  for (size_t i = 0; i < count; i++)
    if (head->at[i] != '\0') return false;
  return count <= most;
}

/* Whether nothing but white space stands between the NUL at head->at and `piece`. */
static bool only_white(const struct head *head, const char *piece) {
  for (const char *c = head->at + 1; c < piece; c++)
    if (*c != ' ' && *c != '\t') return false;
  return true;
}

void head_begin(struct head *head, const char *method, const char *target, size_t target_length,
                const char *http_version, size_t length) {
  *head = (struct head){.at = method + strlen(method), .end = method + length};
  if (!is_ahead(head, target) || !is_ahead(head, http_version)) {
    head->at = NULL; /* no target or no version, which is refused for itself */
    return;
  }
  head->hides = !only_white(head, target) || target + target_length + 1 != http_version;
  head->at = http_version + strlen(http_version);
}

void head_field(struct head *head, const char *name, size_t name_length, const char *value, size_t value_length) {
  if (!head->at || head->hides) return;
  /* A name elsewhere was put together from folded lines. */
  head->hides = !is_ahead(head, name) || !only_nuls(head, name, strlen("\r\n"));
  if (head->hides) return;
  head->at = name + name_length;
  head->hides = !is_ahead(head, value) || !only_white(head, value);
  head->at = value + value_length;
}

/* The last line ends, and an empty one follows. With bare LFs that is two NULs and with CR LFs four; three would be a
 * mixture, but also ":" and two LFs. */
bool head_is_whole(const struct head *head) {
  if (!head->at) return true;
  if (head->hides || (uintptr_t)head->at >= (uintptr_t)head->end) return false;
  return only_nuls(head, head->end, strlen("\r\n\r\n")) && (head->end - head->at) % 2 == 0;
}
