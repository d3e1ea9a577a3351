/* Lines of a source, through a buffer that holds the longest. */
#include "store/import/word_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/import/source.h"

enum { BUFFER_SIZE = 1 << 18 };

_Static_assert(BUFFER_SIZE > WORD_LENGTH_MAX + 2, "the buffer holds any word and the end of its line");

struct word_list {
  struct source *source;
  uint64_t line; /* of the next word, from 1 */
  bool ended;
  size_t at, length; /* in the buffer */
  char buffer[BUFFER_SIZE];
};

enum status word_list_open(const char *path, struct problem *problem, struct word_list **out) {
  struct word_list *list = malloc(sizeof *list);
  if (!list) return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %.200s", path);
  memset(list, 0, offsetof(struct word_list, buffer));
  list->line = 1;
  enum status status = source_open(path, problem, &list->source);
  if (status != STATUS_OK)
    free(list);
  else
    *out = list;
  return status;
}

void word_list_close(struct word_list *list) {
  if (!list) return;
  source_close(list->source);
  free(list);
}

const char *word_list_label(const struct word_list *list) {
  return source_label(list->source);
}

static enum status refill(struct word_list *list, struct problem *problem) {
  memmove(list->buffer, list->buffer + list->at, list->length - list->at);
  list->length -= list->at;
  list->at = 0;
  size_t got, room = BUFFER_SIZE - list->length;
  enum status status = source_read(list->source, list->buffer + list->length, room, problem, &got);
  if (status != STATUS_OK) return status;
  list->length += got;
  list->ended = got < room;
  return STATUS_OK;
}

enum status word_list_next(struct word_list *list, struct problem *problem, bool *more, struct word *word) {
  const char *feed = NULL;
  for (;;) {
    const char *begin = list->buffer + list->at;
    feed = memchr(begin, '\n', list->length - list->at);
    if (feed || list->ended || list->length - list->at > WORD_LENGTH_MAX + 1) break;
    enum status status = refill(list, problem);
    if (status != STATUS_OK) return status;
  }
  const char *begin = list->buffer + list->at;
  size_t length = feed ? (size_t)(feed - begin) : list->length - list->at;
  if (!feed && length == 0) {
    *more = false;
    return STATUS_OK;
  }
  list->at += length + (feed ? 1 : 0);
  if (length > 0 && begin[length - 1] == '\r') length--;
  if (length > WORD_LENGTH_MAX)
    return source_problem(list->source, list->line, problem, "line %llu: a word has at most %d bytes",
                          (unsigned long long)list->line, WORD_LENGTH_MAX);
  list->line++;
  *more = true;
  *word = (struct word){begin, length};
  return STATUS_OK;
}

enum status word_list_count(const char *path, struct problem *problem, uint64_t *count) {
  struct word_list *list;
  struct word word;
  uint64_t counted = 0;
  bool more = true;
  enum status status = word_list_open(path, problem, &list);
  if (status != STATUS_OK) return status;
  while (status == STATUS_OK && more) {
    status = word_list_next(list, problem, &more, &word);
    counted += status == STATUS_OK && more;
  }
  word_list_close(list);
  if (status == STATUS_OK) *count = counted;
  return status;
}

static size_t without(const char *path, size_t length, const char *ending) {
  size_t ends = strlen(ending);
  return length > ends && memcmp(path + length - ends, ending, ends) == 0 ? length - ends : length;
}

enum status word_list_beside(const char *path, char *out, size_t size) {
  static const char *const endings[] = {".words.txt", ".words"};
  size_t stem = without(path, without(path, strlen(path), ".gz"), ".npy");
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    char beside[SOURCE_PATH_MAX];
    int length = snprintf(beside, sizeof beside, "%.*s%s", (int)stem, path, endings[i]);
    if (length < 0 || (size_t)length >= sizeof beside || (size_t)length >= size) return STATUS_LIMIT;
    if (access(beside, F_OK) != 0 && errno == ENOENT) continue; /* else opening it says what is wrong */
    memcpy(out, beside, (size_t)length + 1);
    return STATUS_OK;
  }
  return STATUS_NOT_FOUND;
}
