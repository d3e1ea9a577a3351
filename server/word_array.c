/* Two readers: one that finds the list by brackets and quotes alone, and one that reads its elements, first all of them
 * to judge them, then each when it is wanted. What is found wrong outside the list is jansson's to say. */
#include "server/word_array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/percent.h"
#include "store/utf8.h"

static const char key_of_list[] = "words";
static const char key_of_bytes[] = "word_bytes";

/* What is being read: from `at` up to `end`. */
struct cursor {
  const char *at;
  const char *end;
  const char *wrong; /* what was found to be wrong, a sentence; NULL: nothing */
};

static void skip_blanks(struct cursor *cursor) {
  while (cursor->at < cursor->end &&
         (*cursor->at == ' ' || *cursor->at == '\n' || *cursor->at == '\r' || *cursor->at == '\t'))
    cursor->at++;
}

/* Whether that byte comes next, behind blanks; then the cursor is behind it. */
static bool take(struct cursor *cursor, char byte) {
  skip_blanks(cursor);
  if (cursor->at == cursor->end || *cursor->at != byte) return false;
  cursor->at++;
  return true;
}

static bool fail(struct cursor *cursor, const char *wrong) {
  cursor->wrong = wrong;
  return false;
}

/* ---- strings ---- */

/* Behind a string whose quote the cursor is behind, by its quotes alone. */
static bool skip_string(struct cursor *cursor) {
  for (; cursor->at < cursor->end && *cursor->at != '"'; cursor->at++)
    if (*cursor->at == '\\' && ++cursor->at == cursor->end) return false;
  return cursor->at++ < cursor->end;
}

static bool read_hex(struct cursor *cursor, uint32_t *out) {
  uint32_t value = 0;
  if (cursor->end - cursor->at < 4) return fail(cursor, "an escape that is cut short");
  for (int i = 0; i < 4; i++) {
    char byte = *cursor->at;
    int digit = byte >= '0' && byte <= '9'   ? byte - '0'
                : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10
                                             : -1;
    if (digit < 0) return fail(cursor, "\\u without four hexadecimal digits");
    value = value << 4 | (uint32_t)digit;
    cursor->at++;
  }
  *out = value;
  return true;
}

static size_t encode(uint32_t code_point, char *out) {
  if (code_point < 0x80) {
    out[0] = (char)code_point;
    return 1;
  }
  size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
  for (size_t i = length; i-- > 1; code_point >>= 6) out[i] = (char)(0x80 | (code_point & 0x3F));
  out[0] = (char)(0xF00 >> length | code_point);
  return length;
}

/* What follows "\u"; the cursor stands behind that. */
static bool read_code_point(struct cursor *cursor, uint32_t *out) {
  uint32_t high, low;
  if (!read_hex(cursor, &high)) return false;
  if (high == 0) return fail(cursor, "\\u0000 is not allowed");
  if (high >= 0xDC00 && high <= 0xDFFF) return fail(cursor, "the second half of a surrogate pair without the first");
  *out = high;
  if (high < 0xD800 || high > 0xDBFF) return true;
  if (cursor->end - cursor->at < 2 || cursor->at[0] != '\\' || cursor->at[1] != 'u')
    return fail(cursor, "the first half of a surrogate pair without the second");
  cursor->at += 2;
  if (!read_hex(cursor, &low)) return false;
  if (low < 0xDC00 || low > 0xDFFF) return fail(cursor, "the first half of a surrogate pair without the second");
  *out = 0x10000 + ((high - 0xD800) << 10 | (low - 0xDC00));
  return true;
}

/* What follows a backslash, as UTF-8. */
static bool read_escape(struct cursor *cursor, char out[4], size_t *length) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *simple = cursor->at < cursor->end && *cursor->at ? strchr(from, *cursor->at) : NULL;
  uint32_t code_point = 0; /* for gcc at -O1, which does not see that fail() is false */
  if (simple) {
    cursor->at++;
    *out = to[simple - from];
    *length = 1;
    return true;
  }
  if (cursor->at == cursor->end || *cursor->at != 'u') return fail(cursor, "an escape that JSON does not have");
  cursor->at++;
  if (!read_code_point(cursor, &code_point)) return false;
  *length = encode(code_point, out);
  return true;
}

/* Whether plain characters follow, up to a quote or a backslash, where the cursor then stands. */
static bool skip_plain(struct cursor *cursor) {
  while (cursor->at < cursor->end && *cursor->at != '"' && *cursor->at != '\\') {
    unsigned char byte = (unsigned char)*cursor->at;
    uint32_t code_point = byte;
    if (byte < 0x20) return fail(cursor, "a control character in a string; escape it");
    size_t step = byte < 0x80 ? 1 : utf8_next(cursor->at, (size_t)(cursor->end - cursor->at), &code_point);
    if (code_point == UTF8_ILL_FORMED) return fail(cursor, "bytes that are not UTF-8");
    cursor->at += step;
  }
  return cursor->at < cursor->end || fail(cursor, "a string that does not end");
}

/* Reads a string whose quote the cursor is behind. One with escapes goes to `scratch`, which has room for as many bytes
 * as it is written with; NULL: it is only judged, and *out is then no word. */
static bool read_string(struct cursor *cursor, char *scratch, struct word *out) {
  const char *start = cursor->at;
  size_t used = 0;
  bool escapes = false;
  for (;;) {
    const char *plain = cursor->at;
    if (!skip_plain(cursor)) return false;
    size_t length = (size_t)(cursor->at - plain);
    bool ends = *cursor->at == '"';
    if (scratch && (escapes || !ends)) {
      memcpy(scratch + used, plain, length);
      used += length;
    }
    cursor->at++;
    if (ends) {
      *out = escapes ? (struct word){scratch, used} : (struct word){start, length};
      return true;
    }
    char decoded[4];
    escapes = true;
    if (!read_escape(cursor, decoded, &length)) return false;
    if (scratch) memcpy(scratch + used, decoded, length);
    used += scratch ? length : 0;
  }
}

/* ---- elements ---- */

enum element { ELEMENT_WORD, ELEMENT_OTHER, ELEMENT_BROKEN };

/* What is percent-encoded holds nothing that JSON would have to escape. */
static bool is_plain_ascii(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (text[i] == '\\' || (unsigned char)text[i] >= 0x80) return false;
  return true;
}

/* Whether the cursor, which stands behind an opening brace, is at {"word_bytes": "…"}; then behind it. */
static enum element read_encoded(struct cursor *cursor, char *scratch, struct word *out) {
  char name[sizeof key_of_bytes * 6]; /* each of its characters may be escaped */
  struct word key;
  if (!take(cursor, '"')) return ELEMENT_OTHER;
  struct cursor behind = *cursor;
  if (!skip_string(&behind) || (size_t)(behind.at - cursor->at) > sizeof name) return ELEMENT_OTHER;
  if (!read_string(cursor, name, &key)) return ELEMENT_BROKEN;
  if (key.length != strlen(key_of_bytes) || memcmp(key.bytes, key_of_bytes, key.length) != 0) return ELEMENT_OTHER;
  if (!take(cursor, ':') || !take(cursor, '"')) return ELEMENT_OTHER;
  const char *text = cursor->at;
  if (!read_string(cursor, scratch, out)) return ELEMENT_BROKEN;
  size_t length = (size_t)(cursor->at - 1 - text);
  if (!take(cursor, '}') || !is_plain_ascii(text, length)) return ELEMENT_OTHER;
  if (percent_broken(text, length) < length) return ELEMENT_OTHER;
  if (scratch) *out = (struct word){scratch, percent_decode(text, length, false, scratch)};
  return ELEMENT_WORD;
}

static enum element read_element(struct cursor *cursor, char *scratch, struct word *out) {
  if (take(cursor, '"')) return read_string(cursor, scratch, out) ? ELEMENT_WORD : ELEMENT_BROKEN;
  if (take(cursor, '{')) return read_encoded(cursor, scratch, out);
  static const char others[] = "[-0123456789tfn"; /* what begins an array, a number or a literal */
  if (cursor->at < cursor->end && *cursor->at && strchr(others, *cursor->at)) return ELEMENT_OTHER;
  fail(cursor, cursor->at == cursor->end ? "the list of words does not end" : "a word is expected");
  return ELEMENT_BROKEN;
}

/* ---- finding the list ---- */

/* Behind a value of any kind, by its brackets and quotes alone: at the comma or brace that ends it. */
static bool skip_value(struct cursor *cursor) {
  size_t depth = 0;
  while (cursor->at < cursor->end) {
    char byte = *cursor->at;
    if (depth == 0 && (byte == ',' || byte == '}')) return true;
    cursor->at++;
    if (byte == '"' && !skip_string(cursor)) return false;
    if (byte == '{' || byte == '[') depth++;
    if ((byte == '}' || byte == ']') && depth-- == 0) return false;
  }
  return false;
}

/* Whether the cursor's next key, at whose quote it stands, is that of the list; then it is behind it. */
static bool take_key(struct cursor *cursor, bool *is_list) {
  char name[sizeof key_of_list * 6];
  struct word key = {0};
  struct cursor judged = *cursor;
  if (!take(&judged, '"') || !take(cursor, '"') || !skip_string(cursor)) return false;
  size_t length = (size_t)(cursor->at - 1 - judged.at);
  *is_list = length < sizeof name && read_string(&judged, name, &key) && key.length == strlen(key_of_list) &&
             memcmp(key.bytes, key_of_list, key.length) == 0;
  return take(cursor, ':');
}

/* Moves the cursor to the opening bracket of the list; false where there is none. */
static bool find_list(struct cursor *cursor) {
  if (!take(cursor, '{')) return false;
  do {
    bool is_list;
    if (!take_key(cursor, &is_list)) return false;
    skip_blanks(cursor);
    if (is_list) return cursor->at < cursor->end && *cursor->at == '[';
    if (!skip_value(cursor)) return false;
  } while (take(cursor, ','));
  return false;
}

/* ---- judging it ---- */

static bool refuse_broken(struct reading *reading, const struct cursor *cursor) {
  request_json_refuse_at(reading->refusal, reading->call->body, cursor->at, cursor->wrong);
  reading->state = READING_REFUSED;
  return false;
}

static void note_other(struct reading *reading, size_t number) {
  char pointer[POINTER_MAX];
  snprintf(pointer, sizeof pointer, "#/%s/%zu", key_of_list, number);
  reading_invalid(reading, pointer, "not a word (a string, or {\"%s\": \"%%FF\"})", key_of_bytes);
}

/* Goes over the list, at whose opening bracket the cursor stands, and ends behind its closing one. *longest is the
 * number of bytes that its longest element is written with. False: refused. */
static bool judge(struct reading *reading, struct cursor *cursor, struct word_array *list, size_t *longest) {
  list->first = cursor->at++;
  *longest = 0;
  if (take(cursor, ']')) return true;
  do {
    struct word word;
    skip_blanks(cursor);
    const char *start = cursor->at;
    enum element element = read_element(cursor, NULL, &word);
    if (element == ELEMENT_BROKEN) return refuse_broken(reading, cursor);
    if (element == ELEMENT_OTHER) {
      /* Reading on would need the grammar of all values: one such element is enough to know what went wrong. */
      note_other(reading, list->count);
      return false;
    }
    list->count++;
    if ((size_t)(cursor->at - start) > *longest) *longest = (size_t)(cursor->at - start);
  } while (take(cursor, ','));
  if (take(cursor, ']')) return true;
  cursor->wrong = cursor->at == cursor->end ? "the list of words does not end" : "',' or ']' is expected";
  return refuse_broken(reading, cursor);
}

/* Has jansson read the body with an empty list in the place of the one that ends at `end`. */
static bool read_rest(struct reading *reading, const struct word_array *list, const char *end) {
  const struct call *call = reading->call;
  const char *body = call->body;
  size_t before = list->first ? (size_t)(list->first + 1 - body) : call->body_length;
  size_t after = list->first ? call->body_length - (size_t)(end - 1 - body) : 0;
  size_t limit = call->service->limits.body_bytes;
  const struct request_json_cut cut = {body, before, call->body_length - before - after};
  if (before + after > limit) {
    reading_refuse(reading, REFUSAL_BODY_TOO_LARGE, "Beside its words the body has %zu bytes; %zu are allowed",
                   before + after, limit);
    return false;
  }
  char *rest = reading_alloc(reading, before + after, 1);
  if (!rest) return false;
  if (before > 0) memcpy(rest, body, before);
  if (after > 0) memcpy(rest + before, end - 1, after);
  return reading_parse(reading, rest, before + after, &cut);
}

bool word_array_begin(struct reading *reading, const struct call *call, size_t most, struct word_array *list,
                      struct refusal *refusal) {
  *list = (struct word_array){0};
  if (!call->has_body) return reading_begin(reading, call, refusal);
  if (!reading_begin_unparsed(reading, call, refusal)) return false;
  const char *body = call->body;
  struct cursor cursor = {.at = body, .end = body ? body + call->body_length : NULL};
  size_t longest = 0;
  if (body && find_list(&cursor) && !judge(reading, &cursor, list, &longest)) return false;
  if (!read_rest(reading, list, cursor.at)) return false;
  if (list->count > most) {
    reading_invalid(reading, "#/words", "%zu words, above the limit of %zu", list->count, most);
    return false;
  }
  list->end = cursor.at;
  list->scratch = reading_alloc(reading, longest, 1);
  word_array_rewind(list);
  return list->scratch != NULL;
}

void word_array_rewind(struct word_array *list) {
  list->next = 0;
  list->at = list->first ? list->first + 1 : NULL;
}

bool word_array_next(struct word_array *list, struct word *out) {
  if (list->next == list->count) return false;
  struct cursor cursor = {.at = list->at, .end = list->end};
  if (list->next > 0) take(&cursor, ',');
  read_element(&cursor, list->scratch, out); /* judged before */
  list->at = cursor.at;
  list->next++;
  return true;
}
