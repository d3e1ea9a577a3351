/* Long lists of words against jansson: the same bodies are taken, with the same words, and the others are refused with
 * their place. */
#include "server/word_array.h"

#include <check.h>
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/effort.h"
#include "tests/support/suite.h"

static struct service service;
static struct call call;
static struct reading reading;
static struct refusal refusal;
static struct word_array list;

static void set_up(void) {
  service.limits.json_depth = 64;
  service.limits.body_bytes = 1000;
  service.parsing.limit = 1 << 20;
}

/* Begins to read these bytes, out of memory of exactly their size. */
static bool begin(const char *bytes, size_t length, size_t most) {
  char *copy = malloc(length ? length : 1);
  ck_assert_ptr_nonnull(copy);
  memcpy(copy, bytes, length);
  call = (struct call){.service = &service, .has_body = true, .body = copy, .body_length = length};
  return word_array_begin(&reading, &call, most, &list, &refusal);
}

static void end(void) {
  reading_release(&reading);
  free((void *)(uintptr_t)call.body);
  ck_assert_uint_eq(atomic_load(&service.parsing.used), 0);
}

static void expect_word(const struct word *word, const char *bytes, size_t length) {
  ck_assert_uint_eq(word->length, length);
  ck_assert_mem_eq(word->bytes, bytes, length);
}

static const struct {
  const char *body;
  const char *words[4];
} good[] = {
    {"{\"words\":[\"a\",\"b c\",\"\"]}", {"a", "b c", ""}},
    {" {\t\"k\" : [{\"words\":[1,\"]}\"]}, \"}\\\"\"] ,\n\"words\" : [ \"a\" , \"b\" ] , \"z\":{}\r} ", {"a", "b"}},
    {"{\"\\u0077ords\":[\"a\"]}", {"a"}},
    {"{\"words\":[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"x\\u00e9y\\uD834\\uDD1e\",\"\\u20ac\\u007F\"]}",
     {"\"\\/\b\f\n\r\t", "x\xc3\xa9y\xf0\x9d\x84\x9e", "\xe2\x82\xac\x7f"}},
    {"{\"words\":[\"na\xc3\xafve\",\"\xf0\x9d\x84\x9e\"]}", {"na\xc3\xafve", "\xf0\x9d\x84\x9e"}},
    {"{\"words\":[{\"word_bytes\":\"%FF%fex\"}, { \"word\\u005fbytes\" : \"a\" },\"%41\"]}", {"\xff\xfex", "a", "%41"}},
    {"{\"words\":[]}", {NULL}},
    {"{\"words\":[ ],\"a\":1}", {NULL}},
};

START_TEST(words_of_a_list) {
  ck_assert_msg(begin(good[_i].body, strlen(good[_i].body), 4), "%s: %s", good[_i].body, refusal.detail);
  size_t count = 0;
  while (count < 4 && good[_i].words[count]) count++;
  ck_assert_uint_eq(list.count, count);
  for (int pass = 0; pass < 2; pass++) {
    struct word word;
    for (size_t i = 0; i < count; i++) {
      ck_assert(word_array_next(&list, &word));
      expect_word(&word, good[_i].words[i], strlen(good[_i].words[i]));
    }
    ck_assert(!word_array_next(&list, &word));
    word_array_rewind(&list);
  }
  /* The rest is there, and the list is empty in it. */
  ck_assert_uint_eq(json_array_size(json_object_get(reading.body.root, "words")), 0);
  ck_assert(json_is_array(json_object_get(reading.body.root, "words")));
  end();
}
END_TEST

START_TEST(without_a_list) {
  static const char *const bodies[] = {"{}", "{\"words\":\"a\"}", "{\"words\":{\"a\":[]}}",
                                       "{\"a\":{\"words\":[\"a\"]}}"};
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    struct word word;
    ck_assert_msg(begin(bodies[i], strlen(bodies[i]), 4), "%s", bodies[i]);
    ck_assert_ptr_null(list.first);
    ck_assert(!word_array_next(&list, &word));
    json_t *whole = json_loads(bodies[i], 0, NULL);
    ck_assert(json_equal(reading.body.root, whole));
    json_decref(whole);
    end();
  }
}
END_TEST

static const struct {
  const char *body;
  const char *told; /* a place, or a pointer */
} bad[] = {
    {"", "empty"},
    {"\xEF\xBB\xBF{\"words\":[]}", "line 1, column 1 (byte 0)"},
    {"[\"a\"]", "#"},
    {"{\"words\":[\"a\"", "column 14 (byte 13)"},
    {"{\"words\":[\"a\",]}", "byte 14"},
    {"{\"words\":[,\"a\"]}", "byte 10"},
    {"{\"words\":[\"a\" \"b\"]}", "byte 14"},
    {"{\"words\":[\n\"a\"\n,x]}", "line 3, column 2"},
    {"{\"words\":[\"a]}", "does not end"},
    {"{\"words\":[\"a\x01\"]}", "control character"},
    {"{\"words\":[\"a\xff\"]}", "not UTF-8"},
    {"{\"words\":[\"a\xed\xa0\x80\"]}", "not UTF-8"},
    {"{\"words\":[\"\\x\"]}", "escape"},
    {"{\"words\":[\"\\u12\"]}", "hexadecimal"},
    {"{\"words\":[\"\\u0000\"]}", "\\u0000"},
    {"{\"words\":[\"\\udd1e\"]}", "surrogate"},
    {"{\"words\":[\"\\ud834\"]}", "surrogate"},
    {"{\"words\":[\"\\ud834\\u0041\"]}", "surrogate"},
    {"{\"words\":[\"\\ud834\\ud834\"]}", "surrogate"},
    {"{\"words\":[\"a\"],}", "line 1, column 16"},
    {"{\"words\":[\"a\"]} x", "line 1, column 17"},
    {"{\"words\":[\"a\",\"b\"],\n \"words\":[]}", "line 2"},
    {"{\"words\":[\"a\"],\"b\":tru}", "line 1"},
    {"{\"words\":[[\"a\"]]}", "#/words/0"},
    {"{\"words\":[\"a\",7]}", "#/words/1"},
    {"{\"words\":[\"a\",null]}", "#/words/1"},
    {"{\"words\":[{\"word\":\"a\"}]}", "#/words/0"},
    {"{\"words\":[{\"word_bytes\":\"%4\"}]}", "#/words/0"},
    {"{\"words\":[{\"word_bytes\":\"\xc3\xa9\"}]}", "#/words/0"},
    {"{\"words\":[{\"word_bytes\":\"a\",\"b\":1}]}", "#/words/0"},
    {"{\"words\":[{}]}", "#/words/0"},
    {"{\"words\":[\"a\",\"b\",\"c\",\"d\",\"e\"]}", "5 words, above the limit of 4"},
};

START_TEST(what_is_refused) {
  ck_assert_msg(!begin(bad[_i].body, strlen(bad[_i].body), 4), "%s is taken", bad[_i].body);
  bool pointer = bad[_i].told[0] == '#';
  ck_assert_int_eq(refusal.kind, pointer || strchr(bad[_i].told, '5') ? REFUSAL_INVALID : REFUSAL_MALFORMED);
  if (pointer)
    ck_assert_str_eq(refusal.errors[0].pointer, bad[_i].told);
  else
    ck_assert_msg(strstr(refusal.detail, bad[_i].told) != NULL, "%s: %s", bad[_i].body, refusal.detail);
  end();
}
END_TEST

/* The first quote of a name need not be its end. */
START_TEST(a_long_name_with_an_escaped_quote) {
  enum { LENGTH = 4000 };
  static const char before[] = "{\"words\":[{\"\\\"", after[] = "\":\"a\"}]}";
  char body[sizeof before + LENGTH + sizeof after], *to = body;
  to = (char *)mempcpy(to, before, strlen(before));
  to = (char *)memset(to, 'A', LENGTH) + LENGTH;
  to = (char *)mempcpy(to, after, strlen(after));
  ck_assert(!begin(body, (size_t)(to - body), 4));
  ck_assert_int_eq(refusal.kind, REFUSAL_INVALID);
  ck_assert_str_eq(refusal.errors[0].pointer, "#/words/0");
  end();
}
END_TEST

/* The text of a random string, mostly good. */
static size_t write_string(char *out) {
  static const char *const parts[] = {"a",   "bc",   " ",    "\xc3\xa9", "\xf0\x9d\x84\x9e",
                                      "\\n", "\\\"", "\\\\", "\\u00e9",  "\\uD834\\uDD1E",
                                      "\\/", "]",    "}",    ",",        "[",
                                      "{",   ":",    "words"};
  static const char *const faults[] = {"\\u0000", "\\x", "\\ud834", "\xff", "\x01", "\"", "\\u12g4", "\xc3"};
  size_t used = 0;
  out[used++] = '"';
  for (int i = rand() % 4; i > 0; i--) {
    const char *part = rand() % 80 == 0 ? faults[rand() % 8] : parts[rand() % 18];
    memcpy(out + used, part, strlen(part));
    used += strlen(part);
  }
  out[used++] = '"';
  return used;
}

static char *add(char *to, const char *text) {
  memcpy(to, text, strlen(text));
  return to + strlen(text);
}

/* Another member of the object, seldom a second list. */
static char *add_other(char *to) {
  static const char *const others[] = {"\"k\":1", "\"x\":[{\"words\":[\"q\"]},[]]", "\"t\":\"]}\\\"\"", "\"words\":[]"};
  return add(to, others[rand() % 20 ? rand() % 3 : 3]);
}

static size_t write_body(char *out) {
  static const char *const elements[] = {"1", "null", "[]", "{}", "tru", "{\"word_bytes\":\"%41\"}"};
  static const char *const commas[] = {",", " , ", "\n,"};
  char *to = add(out, "{");
  if (rand() % 3 == 0) to = add(add_other(to), ",");
  to = add(to, rand() % 4 ? "\"words\":[" : "\"w\\u006Frds\" : [ ");
  for (int i = rand() % 5; i > 0; i--) {
    if (rand() % 40 == 0)
      to = add(to, elements[rand() % 6]);
    else
      to += write_string(to);
    if (i > 1) to = add(to, commas[rand() % 3]);
  }
  to = add(to, rand() % 50 ? "]" : ",]");
  if (rand() % 3 == 0) to = add_other(add(to, ","));
  return (size_t)(add(to, rand() % 50 ? "}" : "") - out);
}

/* Whether jansson takes the body, with nothing but words in its list. */
static json_t *parse_whole(const char *body, size_t length) {
  json_t *whole = json_loadb(body, length, JSON_REJECT_DUPLICATES, NULL);
  json_t *words = json_object_get(whole, "words"), *word;
  size_t i;
  bool all = json_is_array(words);
  json_array_foreach(words, i, word) {
    json_t *encoded = json_object_get(word, "word_bytes");
    all = all && (json_is_string(word) || json_is_string(encoded));
  }
  if (all) return whole;
  json_decref(whole);
  return NULL;
}

START_TEST(as_jansson_reads_it) {
  srand(20240608);
  int taken = 0, refused = 0;
  for (int round = 0; round < effort(60000); round++) {
    char body[2048];
    size_t length = write_body(body);
    json_t *whole = parse_whole(body, length);
    bool good_one = begin(body, length, 100);
    ck_assert_msg(good_one == (whole != NULL), "%.*s: %s", (int)length, body, good_one ? "taken" : refusal.detail);
    const json_t *words = json_object_get(whole, "words");
    struct word word;
    for (size_t i = 0; good_one && i < json_array_size(words); i++) {
      const json_t *element = json_array_get(words, i);
      ck_assert(word_array_next(&list, &word));
      if (json_is_string(element))
        expect_word(&word, json_string_value(element), json_string_length(element));
      else
        expect_word(&word, "A", 1);
    }
    if (good_one) ck_assert(!word_array_next(&list, &word));
    taken += good_one;
    refused += !good_one;
    json_decref(whole);
    end();
  }
  ck_assert_int_gt(taken, 10 * refused / 100);
  ck_assert_int_gt(refused, 0);
}
END_TEST

/* What a list of words takes beside its body: no more than the rest of it, however many they are. */
START_TEST(a_list_takes_no_memory) {
  enum { WORDS = 200000, EACH = 10 };
  char *body = malloc((size_t)WORDS * (EACH + 3) + 100), *to = body;
  ck_assert_ptr_nonnull(body);
  to += sprintf(to, "{\"words\":[");
  for (int i = 0; i < WORDS; i++) to += sprintf(to, "%s\"%0*d\"", i ? "," : "", EACH, i);
  to += sprintf(to, "],\"oov\":\"zero\"}");
  size_t before = mallinfo2().uordblks;
  call = (struct call){.service = &service, .has_body = true, .body = body, .body_length = (size_t)(to - body)};
  ck_assert_msg(word_array_begin(&reading, &call, WORDS, &list, &refusal), "%s", refusal.detail);
  ck_assert_uint_eq(list.count, WORDS);
  ck_assert_uint_lt(mallinfo2().uordblks - before, 8192);
  ck_assert_uint_lt(atomic_load(&service.parsing.used), 8192);
  end();
}
END_TEST

START_TEST(the_rest_is_bounded) {
  char body[3000];
  memset(body, ' ', sizeof body);
  memcpy(body, "{\"words\":[\"a\"]", 14);
  body[sizeof body - 1] = '}';
  ck_assert(!begin(body, sizeof body, 10));
  ck_assert_int_eq(refusal.kind, REFUSAL_BODY_TOO_LARGE);
  end();
  memset(body + 10, ' ', 2000); /* inside the list it is no rest */
  memcpy(body + 2500, "\"b\"],\"a\":1}", 11);
  ck_assert_msg(begin(body, 2511, 10), "%s", refusal.detail);
  ck_assert_uint_eq(list.count, 1);
  end();
}
END_TEST

int main(void) {
  TCase *tcase;
  Suite *suite = suite_of("server/word_array", &tcase);
  tcase_add_checked_fixture(tcase, set_up, NULL);
  tcase_add_loop_test(tcase, words_of_a_list, 0, sizeof good / sizeof good[0]);
  tcase_add_test(tcase, without_a_list);
  tcase_add_loop_test(tcase, what_is_refused, 0, sizeof bad / sizeof bad[0]);
  tcase_add_test(tcase, a_long_name_with_an_escaped_quote);
  tcase_add_test(tcase, as_jansson_reads_it);
  tcase_add_test(tcase, a_list_takes_no_memory);
  tcase_add_test(tcase, the_rest_is_bounded);
  return suite_run(suite);
}
