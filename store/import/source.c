/* Opens a source, tells its container by the first bytes, and serves its content with a look ahead. */
#include "store/import/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/import/encoding.h"
#include "store/import/stream.h"

struct source {
  struct stored stored;
  struct gzip_stream *gzip; /* at most one of these two */
  struct zip_stream *zip;
  char file[SOURCE_PATH_MAX];      /* the file's name without its folders, as it may be printed */
  char label[2 * SOURCE_PATH_MAX]; /* with the member's, likewise */
  const char *warning;
  uint64_t total;
  uint64_t position;
  bool ended;
  unsigned char *ahead; /* what was looked at and not taken: `length` bytes from `start` */
  size_t start, length, capacity;
};

/* Names of files and members are anybody's bytes; a problem's text is one line all the same. Returns its status. */
static enum status in_one_line(struct problem *problem, enum status status) {
  if (problem)
    for (char *p = problem->text; *p; p++)
      if ((unsigned char)*p < 0x20 || *p == 0x7F) *p = '?';
  return status;
}

/* ---- paths ---- */

enum status source_path_split(const char *path, struct problem *problem, struct source_path *out) {
  size_t length = strlen(path);
  if (length == 0) return problem_set(problem, STATUS_BAD_ARGUMENT, 0, "the path of the matrix is empty");
  if (length >= SOURCE_PATH_MAX)
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0, "the path of the matrix is too long");
  memcpy(out->file, path, length + 1);
  out->member[0] = '\0';
  struct stat about;
  if (stat(path, &about) == 0) return STATUS_OK;
  for (size_t i = length; i-- > 1;) {
    if (path[i] != ':' || !path[i + 1]) continue;
    out->file[i] = '\0';
    if (stat(out->file, &about) == 0 && !S_ISDIR(about.st_mode)) {
      memcpy(out->member, path + i + 1, length - i);
      return STATUS_OK;
    }
    out->file[i] = ':';
  }
  return STATUS_OK;
}

static const char *base_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash && slash[1] ? slash + 1 : path;
}

/* ---- opening ---- */

static bool begins_with(const struct stored *stored, const char *bytes, size_t length) {
  return stored->first_length >= length && memcmp(stored->first, bytes, length) == 0;
}

/* A local file header, or the end record that is all of an empty archive, or the mark of a split one. */
static bool is_zip(const struct stored *stored) {
  return begins_with(stored, "PK\3\4", 4) || begins_with(stored, "PK\5\6", 4) || begins_with(stored, "PK\7\10", 4);
}

static enum status open_file(struct source *source, const char *path, struct problem *problem) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return problem_set_errno(problem, errno, "%s: cannot be opened", path);
  struct stat about;
  if (fstat(fd, &about) == 0) {
    if (S_ISREG(about.st_mode)) source->total = (uint64_t)about.st_size;
    if (S_ISDIR(about.st_mode)) {
      close(fd);
      return problem_set(problem, STATUS_IO, 0, "%s: is a folder; name the file in it", path);
    }
  }
  enum status status = stored_open(&source->stored, fd, true, source->file, problem);
  if (status != STATUS_OK) {
    close(fd);
    source->stored.owned = false;
  }
  return status;
}

static enum status open_zip(struct source *source, const char *member, struct problem *problem) {
  if (!source->stored.owned || lseek(source->stored.fd, 0, SEEK_CUR) < 0)
    return problem_set(
        problem, STATUS_UNSUPPORTED, 0,
        "%s is a zip archive, whose directory is at its end: it cannot be read from %s; save it as a file "
        "and import that, or unpack it on the way (funzip)",
        source->stored.owned ? source->file : "standard input", source->stored.owned ? "a pipe" : "there");
  enum status status = zip_stream_open(&source->stored, *member ? member : NULL, problem, &source->zip);
  if (status != STATUS_OK) return status;
  source->total = zip_stream_total(source->zip);
  /* The only file of an archive goes by the archive's name, as it was asked for. */
  char shown[SOURCE_PATH_MAX];
  encoding_show_name(zip_stream_member(source->zip), shown, sizeof shown);
  if (*member) snprintf(source->label, sizeof source->label, "%s:%s", source->file, shown);
  return STATUS_OK;
}

static enum status open_container(struct source *source, const char *member, struct problem *problem) {
  if (is_zip(&source->stored)) return open_zip(source, member, problem);
  if (*member)
    return problem_set(problem, STATUS_BAD_ARGUMENT, 0, "%s is no zip archive: it has no member \"%.200s\"",
                       source->file, member);
  if (begins_with(&source->stored, "\x1F\x8B", 2)) return gzip_open(&source->stored, problem, &source->gzip);
  return STATUS_OK;
}

static enum status open_at(struct source *source, const char *path, struct problem *problem) {
  struct source_path parts = {.file = "-"};
  bool standard_input = strcmp(path, "-") == 0;
  enum status status = standard_input ? STATUS_OK : source_path_split(path, problem, &parts);
  if (status != STATUS_OK) return status;
  encoding_show_name(base_of(parts.file), source->file, sizeof source->file);
  snprintf(source->label, sizeof source->label, "%s", source->file);
  status = standard_input ? stored_open(&source->stored, STDIN_FILENO, false, "standard input", problem)
                          : open_file(source, parts.file, problem);
  if (status != STATUS_OK) return status;
  return open_container(source, parts.member, problem);
}

enum status source_open(const char *path, struct problem *problem, struct source **out) {
  struct source *source = calloc(1, sizeof *source);
  if (!source) return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to open %s", path);
  enum status status = open_at(source, path, problem);
  if (status != STATUS_OK) {
    source_close(source);
    return in_one_line(problem, status);
  }
  *out = source;
  return STATUS_OK;
}

void source_close(struct source *source) {
  if (!source) return;
  if (source->gzip) gzip_close(source->gzip);
  if (source->zip) zip_stream_close(source->zip);
  stored_close(&source->stored);
  free(source->ahead);
  free(source);
}

/* ---- reading ---- */

/* Up to `size` bytes from the container; *got is 0 only at the end. */
static enum status read_some(struct source *source, unsigned char *buffer, size_t size, struct problem *problem,
                             size_t *got) {
  *got = 0;
  if (source->ended || size == 0) return STATUS_OK;
  enum status status;
  if (source->gzip)
    status = gzip_read(source->gzip, buffer, size, problem, got);
  else if (source->zip)
    status = zip_stream_read(source->zip, buffer, size, problem, got);
  else
    status = stored_read(&source->stored, buffer, size, problem, got);
  if (status != STATUS_OK) return in_one_line(problem, status);
  source->ended = *got == 0;
  if (source->ended && source->gzip && gzip_has_trailing_bytes(source->gzip))
    source->warning = "bytes after the end of the gzip data are no gzip and were ignored";
  return STATUS_OK;
}

static enum status read_all(struct source *source, unsigned char *buffer, size_t size, struct problem *problem,
                            size_t *got) {
  size_t total = 0, more;
  do {
    enum status status = read_some(source, buffer + total, size - total, problem, &more);
    if (status != STATUS_OK) return status;
    total += more;
  } while (more > 0);
  *got = total;
  return STATUS_OK;
}

static enum status make_room_ahead(struct source *source, size_t wanted, struct problem *problem) {
  if (source->start > 0) memmove(source->ahead, source->ahead + source->start, source->length);
  source->start = 0;
  if (wanted <= source->capacity) return STATUS_OK;
  unsigned char *grown = realloc(source->ahead, wanted);
  if (!grown) return problem_set(problem, STATUS_NO_MEMORY, 0, "no memory to read %s", source->label);
  source->ahead = grown;
  source->capacity = wanted;
  return STATUS_OK;
}

enum status source_peek(struct source *source, size_t wanted, struct problem *problem, const unsigned char **data,
                        size_t *available) {
  if (wanted > SOURCE_PEEK_MAX) wanted = SOURCE_PEEK_MAX;
  if (source->length < wanted) {
    enum status status = make_room_ahead(source, wanted, problem);
    if (status != STATUS_OK) return status;
    size_t got;
    status = read_all(source, source->ahead + source->length, wanted - source->length, problem, &got);
    if (status != STATUS_OK) return status;
    source->length += got;
  }
  *data = source->ahead ? source->ahead + source->start : (const unsigned char *)"";
  *available = source->length;
  return STATUS_OK;
}

enum status source_read(struct source *source, void *buffer, size_t size, struct problem *problem, size_t *got) {
  size_t taken = source->length < size ? source->length : size;
  if (taken > 0) memcpy(buffer, source->ahead + source->start, taken);
  source->start += taken;
  source->length -= taken;
  if (source->length == 0 && source->ahead && source->capacity > STORED_FIRST) { /* detection is over: give it back */
    free(source->ahead);
    source->ahead = NULL;
    source->start = source->capacity = 0;
  }
  size_t more = 0;
  enum status status = read_all(source, (unsigned char *)buffer + taken, size - taken, problem, &more);
  if (status != STATUS_OK) return status;
  source->position += taken + more;
  *got = taken + more;
  return STATUS_OK;
}

/* ---- what is known ---- */

enum status source_problem(const struct source *source, uint64_t position, struct problem *problem, const char *format,
                           ...) {
  char text[sizeof((struct problem *)0)->text];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  const char *label = strcmp(source->label, "-") == 0 ? "standard input" : source->label;
  return in_one_line(problem, problem_set(problem, STATUS_BAD_MATRIX, position, "%.160s: %s", label, text));
}

const char *source_label(const struct source *source) {
  return source->label;
}

uint64_t source_position(const struct source *source) {
  return source->position;
}

uint64_t source_stored(const struct source *source) {
  return source->zip ? zip_stream_stored(source->zip) : source->stored.position;
}

uint64_t source_total(const struct source *source) {
  return source->total;
}

const char *source_warning(const struct source *source) {
  return source->warning;
}
