/* Any bytes as a file of keys, for libFuzzer; the first byte chooses a change to each key that is shown. What must
 * hold: no sanitizer speaks; of a file that is taken every line is a key, an empty one or a comment, there are as many
 * keys as lines that are one, each is right when it is shown, and a changed one is right only if another line says the
 * same. */
#include "server/keys.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct line {
  const char *text;
  size_t length;
};

/* The lines that are keys, by another road than the program's: cut at line feeds, then trimmed. */
static size_t lines_of(const char *text, size_t size, struct line *lines, size_t most) {
  size_t count = 0;
  for (size_t from = 0, to; from < size; from = to + 1) {
    for (to = from; to < size && text[to] != '\n';) to++;
    size_t first = from, last = to;
    while (first < last && strchr(" \t\r", text[first]) && text[first]) first++;
    while (last > first && strchr(" \t\r", text[last - 1]) && text[last - 1]) last--;
    if (first == last || text[first] == '#') continue;
    if (count == most) abort();
    lines[count++] = (struct line){text + first, last - first};
  }
  return count;
}

static void show(struct keys *keys, const struct line *lines, size_t count, const struct line *shown) {
  char field[KEY_BYTES_MAX + 16];
  int length = snprintf(field, sizeof field, "Bearer %.*s", (int)shown->length, shown->text);
  bool is_one = false;
  for (size_t i = 0; i < count; i++)
    is_one |= lines[i].length == shown->length && memcmp(lines[i].text, shown->text, shown->length) == 0;
  if (keys_judge(keys, field, (size_t)length) != (is_one ? KEYS_RIGHT : KEYS_WRONG)) abort();
}

static void check(struct keys *keys, const char *text, size_t size, uint8_t change) {
  struct line lines[KEYS_MAX];
  size_t count = lines_of(text, size, lines, KEYS_MAX);
  if (count == 0 || count != keys_count(keys)) abort();
  for (size_t i = 0; i < count; i++) {
    char changed[KEY_BYTES_MAX];
    if (lines[i].length < KEY_BYTES_MIN || lines[i].length > KEY_BYTES_MAX) abort();
    show(keys, lines, count, &lines[i]);
    memcpy(changed, lines[i].text, lines[i].length);
    char *at = &changed[change % lines[i].length];
    *at ^= 1 + change % 2;
    if (*at != ' ')
      show(keys, lines, count, &(struct line){changed, lines[i].length}); /* no part of a key at its end */
    show(keys, lines, count, &(struct line){lines[i].text, lines[i].length - 1});
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct problem problem;
  struct keys *keys;
  char path[64];
  if (size < 1 || size > 1 << 12) return 0;
  int file = memfd_create("keys", MFD_CLOEXEC);
  if (file < 0 || write(file, data + 1, size - 1) != (ssize_t)(size - 1)) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  if (keys_open(path, &problem, &keys) == STATUS_OK) {
    check(keys, (const char *)data + 1, size - 1, data[0]);
    keys_close(keys);
  }
  close(file);
  return 0;
}
