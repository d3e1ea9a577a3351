/* Keys lie padded to one width, each compared whole: no hash stands between, so a match is a match, and neither its
 * length nor where it differs shows in the time. That depends on how many keys there are, and on what the client sent
 * itself: 40 ns a key, so 64 take 2.7 µs. */
#include "server/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  FILE_BYTES_MAX = 64 << 10, /* the most keys of the greatest length, and room to say what each is for */
  SHOWN_PATH = 200
};

struct key {
  size_t length;
  unsigned char bytes[KEY_BYTES_MAX]; /* zeros behind the key */
};

/* The keys of one reading; never changed. */
struct key_set {
  size_t count;
  bool exposed;
  struct key keys[KEYS_MAX];
};

struct keys {
  char *path;
  pthread_rwlock_t lock; /* of `set`: held while a request's key is compared */
  struct key_set *set;
};

/* ---- Reading */

/* Out of core dumps. */
static struct key_set *set_new(void) {
  void *memory = mmap(NULL, sizeof(struct key_set), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  madvise(memory, sizeof(struct key_set), MADV_DONTDUMP);
  return memory;
}

static void set_free(struct key_set *set) {
  if (!set) return;
  explicit_bzero(set, sizeof *set);
  munmap(set, sizeof *set);
}

static bool is_visible(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (text[i] <= ' ' || text[i] > '~') return false;
  return true;
}

static enum status refuse(struct problem *problem, const char *path, uint64_t line, const char *what) {
  return problem_set(problem, STATUS_BAD_ARGUMENT, line, "%.*s, line %llu: %s", SHOWN_PATH, path,
                     (unsigned long long)line, what);
}

static enum status take_key(struct key_set *set, const char *text, size_t length, const char **what) {
  if (!is_visible(text, length))
    *what = "a key consists of visible ASCII characters, without spaces";
  else if (length < KEY_BYTES_MIN || length > KEY_BYTES_MAX)
    *what = "a key has 16 to 512 characters";
  else if (set->count == KEYS_MAX)
    *what = "there are more than 64 keys";
  else {
    struct key *key = &set->keys[set->count++];
    key->length = length;
    memcpy(key->bytes, text, length);
    return STATUS_OK;
  }
  return STATUS_BAD_ARGUMENT;
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

static enum status take_lines(struct key_set *set, const char *path, const char *text, size_t length,
                              struct problem *problem) {
  const char *end = text + length;
  const char *what;
  for (uint64_t line = 1; text < end; line++) {
    const char *next = memchr(text, '\n', (size_t)(end - text));
    const char *last = next ? next : end;
    while (text < last && is_space(*text)) text++;
    while (last > text && is_space(last[-1])) last--;
    bool is_key = text < last && *text != '#';
    if (is_key && take_key(set, text, (size_t)(last - text), &what) != STATUS_OK)
      return refuse(problem, path, line, what);
    text = next ? next + 1 : end;
  }
  if (set->count > 0) return STATUS_OK;
  return problem_set(problem, STATUS_BAD_ARGUMENT, 0, "%.*s holds no key: give it one a line", SHOWN_PATH, path);
}

/* Reads to the end into `text`, whose room is a byte more than is allowed. */
static enum status read_all(int descriptor, char *text, size_t room, size_t *length, int *error) {
  size_t used = 0;
  ssize_t got;
  do {
    got = read(descriptor, text + used, room - used);
    if (got > 0) used += (size_t)got;
  } while ((got > 0 && used < room) || (got < 0 && errno == EINTR));
  *error = errno;
  *length = used;
  return got < 0 ? STATUS_IO : STATUS_OK;
}

static enum status read_set(int descriptor, const char *path, char *text, struct problem *problem,
                            struct key_set *set) {
  struct stat status;
  size_t length;
  int error;
  if (read_all(descriptor, text, FILE_BYTES_MAX + 1, &length, &error) != STATUS_OK)
    return problem_set_errno(problem, error, "cannot read the keys in %.*s", SHOWN_PATH, path);
  if (length > FILE_BYTES_MAX)
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0, "%.*s is larger than a file of keys may be, 64 KiB", SHOWN_PATH,
                       path);
  set->exposed = fstat(descriptor, &status) == 0 && (status.st_mode & (S_IROTH | S_IWOTH)) != 0;
  return take_lines(set, path, text, length, problem);
}

static enum status set_read(const char *path, struct problem *problem, struct key_set **out) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return problem_set_errno(problem, errno, "cannot read the keys in %.*s", SHOWN_PATH, path);
  struct key_set *set = set_new();
  char *text = malloc(FILE_BYTES_MAX + 1);
  enum status status = set && text ? read_set(descriptor, path, text, problem, set)
                                   : problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  if (text) explicit_bzero(text, FILE_BYTES_MAX + 1);
  free(text);
  close(descriptor);
  if (status == STATUS_OK)
    *out = set;
  else
    set_free(set);
  return status;
}

enum status keys_open(const char *path, struct problem *problem, struct keys **out) {
  struct keys *keys = calloc(1, sizeof *keys);
  char *copy = strdup(path);
  enum status status =
      keys && copy ? set_read(path, problem, &keys->set) : problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  if (status != STATUS_OK) {
    free(keys);
    free(copy);
    return status;
  }
  keys->path = copy;
  pthread_rwlockattr_t attributes;
  pthread_rwlockattr_init(&attributes);
  /* Else a stream of requests could keep a key that was withdrawn in force. */
  pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
  pthread_rwlock_init(&keys->lock, &attributes);
  pthread_rwlockattr_destroy(&attributes);
  *out = keys;
  return STATUS_OK;
}

void keys_close(struct keys *keys) {
  if (!keys) return;
  set_free(keys->set);
  pthread_rwlock_destroy(&keys->lock);
  free(keys->path);
  free(keys);
}

enum status keys_reload(struct keys *keys, struct problem *problem) {
  struct key_set *set;
  enum status status = set_read(keys->path, problem, &set);
  if (status != STATUS_OK) return status;
  pthread_rwlock_wrlock(&keys->lock);
  struct key_set *old = keys->set;
  keys->set = set;
  pthread_rwlock_unlock(&keys->lock);
  set_free(old);
  return STATUS_OK;
}

size_t keys_count(struct keys *keys) {
  pthread_rwlock_rdlock(&keys->lock);
  size_t count = keys->set->count;
  pthread_rwlock_unlock(&keys->lock);
  return count;
}

bool keys_exposed(struct keys *keys) {
  pthread_rwlock_rdlock(&keys->lock);
  bool exposed = keys->set->exposed;
  pthread_rwlock_unlock(&keys->lock);
  return exposed;
}

/* ---- Judging */

/* 1 when both are the same, else 0. Reads all of both; what it found is kept from the compiler, which might else see
 * that it is known before the end. */
static unsigned is_same(const struct key *a, const struct key *b) {
  uint64_t differs = a->length ^ b->length;
  for (size_t i = 0; i < KEY_BYTES_MAX; i += sizeof(uint64_t)) {
    uint64_t x, y;
    memcpy(&x, a->bytes + i, sizeof x);
    memcpy(&y, b->bytes + i, sizeof y);
    differs |= x ^ y;
    __asm__("" : "+r"(differs));
  }
  return (unsigned)(((differs | (0 - differs)) >> 63) ^ 1);
}

/* The credentials behind "Bearer", of any case, and at least a space; NULL: it is another scheme. */
static const char *bearer_of(const char *authorization, const char *end) {
  static const char scheme[] = "Bearer";
  const size_t length = sizeof scheme - 1;
  if ((size_t)(end - authorization) <= length || strncasecmp(authorization, scheme, length) != 0) return NULL;
  const char *token = authorization + length;
  if (*token != ' ') return NULL;
  while (token < end && *token == ' ') token++;
  return token;
}

enum keys_verdict keys_judge(struct keys *keys, const char *authorization, size_t length) {
  const char *end = authorization ? authorization + length : NULL;
  const char *token = authorization ? bearer_of(authorization, end) : NULL;
  if (!token) return KEYS_MISSING;
  while (end > token && is_space(end[-1])) end--; /* white space behind a field's value is no part of it */
  struct key shown = {.length = (size_t)(end - token)};
  if (shown.length > KEY_BYTES_MAX) return KEYS_WRONG;
  memcpy(shown.bytes, token, shown.length);
  unsigned found = 0;
  pthread_rwlock_rdlock(&keys->lock);
  for (size_t i = 0; i < keys->set->count; i++) found |= is_same(&shown, &keys->set->keys[i]);
  pthread_rwlock_unlock(&keys->lock);
  explicit_bzero(&shown, sizeof shown);
  return found ? KEYS_RIGHT : KEYS_WRONG;
}

/* ---- For a client */

enum status keys_read_first(const char *path, struct problem *problem, char **out) {
  struct key_set *set;
  enum status status = set_read(path, problem, &set);
  if (status != STATUS_OK) return status;
  char *key = strndup((const char *)set->keys[0].bytes, set->keys[0].length);
  set_free(set);
  if (!key) return problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
  *out = key;
  return STATUS_OK;
}

void keys_forget(char *key) {
  if (key) explicit_bzero(key, strlen(key));
  free(key);
}
