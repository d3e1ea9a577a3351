/* Files that appear whole. Where the system allows, a file has no name at all while it is written, so that a killed
 * export leaves nothing; else it has a hidden one. */
#include "store/export/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 20, TEXT_MAX = 256 };

static enum status failed(const struct output *output, int error, struct problem *problem, const char *what) {
  const char *path = strcmp(output->path, "-") == 0 ? "standard output" : output->path;
  return problem_set_errno(problem, error, "%.400s: %s", path, what);
}

static enum status make_buffer(struct output *output, struct problem *problem) {
  output->buffer = malloc(BUFFER_SIZE);
  return output->buffer ? STATUS_OK : problem_set(problem, STATUS_NO_MEMORY, 0, "out of memory");
}

enum status output_open_descriptor(struct output *output, int fd, struct problem *problem) {
  *output = (struct output){.fd = fd, .direct = true, .path = "-"};
  return make_buffer(output, problem);
}

/* The folder of a path, with its last slash; "./" when there is none. */
static int folder_length(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? (int)(slash - path) + 1 : 0;
}

/* A hidden name beside the path, of this process. */
static bool name_part(struct output *output) {
  int folder = folder_length(output->path);
  int length = snprintf(output->part, sizeof output->part, "%.*s.%s.%ld.part", folder, output->path,
                        output->path + folder, (long)getpid());
  return length > 0 && (size_t)length < sizeof output->part;
}

static enum status open_plain(struct output *output, struct problem *problem) {
  char folder[MODEL_PATH_MAX];
  int length = folder_length(output->path);
  snprintf(folder, sizeof folder, "%.*s", length > 0 ? length : 2, length > 0 ? output->path : "./");
  output->fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
  if (output->fd >= 0) return STATUS_OK;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
    return failed(output, errno, problem, "cannot be made there");
  if (!name_part(output)) return problem_set(problem, STATUS_LIMIT, 0, "the path of the file is too long");
  output->fd = open(output->part, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
  if (output->fd >= 0) return STATUS_OK;
  int error = errno;
  output->part[0] = '\0';
  return failed(output, error, problem, "cannot be made there");
}

static enum status open_at(struct output *output, struct problem *problem) {
  struct stat about;
  bool there = stat(output->path, &about) == 0;
  if (!there && errno != ENOENT) return failed(output, errno, problem, "cannot be looked at");
  if (there && S_ISDIR(about.st_mode))
    return problem_set(problem, STATUS_EXISTS, 0, "%.400s is a folder", output->path);
  if (there && !S_ISREG(about.st_mode)) {
    output->direct = true;
    output->fd = open(output->path, O_WRONLY | O_CLOEXEC);
    return output->fd >= 0 ? STATUS_OK : failed(output, errno, problem, "cannot be opened");
  }
  if (there && !output->replace)
    return problem_set(problem, STATUS_EXISTS, 0, "%.400s exists already; --force replaces it", output->path);
  return open_plain(output, problem);
}

enum status output_open(struct output *output, const char *path, bool replace, struct problem *problem) {
  *output = (struct output){.fd = -1, .replace = replace};
  int length = snprintf(output->path, sizeof output->path, "%s", path);
  if (length < 1 || (size_t)length >= sizeof output->path)
    return problem_set(problem, STATUS_LIMIT, 0, "the path of the file is empty or too long");
  if (strcmp(path, "-") == 0) {
    output->fd = STDOUT_FILENO;
    output->direct = true;
  } else {
    enum status status = open_at(output, problem);
    if (status != STATUS_OK) return status;
    output->owned = true;
  }
  return make_buffer(output, problem);
}

static enum status write_out(struct output *output, const unsigned char *bytes, size_t length,
                             struct problem *problem) {
  while (length > 0) {
    ssize_t written = write(output->fd, bytes, length);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(output, errno, problem, "cannot be written");
    bytes += written;
    length -= (size_t)written;
  }
  return STATUS_OK;
}

static enum status empty_buffer(struct output *output, struct problem *problem) {
  size_t length = output->length;
  output->length = 0;
  return write_out(output, output->buffer, length, problem);
}

enum status output_write(struct output *output, const void *bytes, size_t length, struct problem *problem) {
  output->bytes += length;
  if (length > BUFFER_SIZE - output->length) {
    enum status status = empty_buffer(output, problem);
    if (status != STATUS_OK) return status;
    if (length > BUFFER_SIZE) return write_out(output, bytes, length, problem);
  }
  if (length > 0) memcpy(output->buffer + output->length, bytes, length);
  output->length += length;
  return STATUS_OK;
}

enum status output_text(struct output *output, struct problem *problem, const char *format, ...) {
  char text[TEXT_MAX];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length < 0 || length >= TEXT_MAX) return problem_set(problem, STATUS_LIMIT, 0, "a text is too long");
  return output_write(output, text, (size_t)length, problem);
}

enum status output_flush(struct output *output, struct problem *problem) {
  enum status status = empty_buffer(output, problem);
  if (status != STATUS_OK || output->direct) return status;
  return TEMP_FAILURE_RETRY(fsync(output->fd)) == 0 ? STATUS_OK : failed(output, errno, problem, "cannot be synced");
}

static enum status name_taken(const struct output *output, struct problem *problem) {
  if (errno != EEXIST) return failed(output, errno, problem, "cannot be given its name");
  return problem_set(problem, STATUS_EXISTS, 0, "%.400s exists already; --force replaces it", output->path);
}

enum status output_name(struct output *output, struct problem *problem) {
  char ours[64];
  if (output->direct) return STATUS_OK;
  snprintf(ours, sizeof ours, "/proc/self/fd/%d", output->fd);
  bool named = output->part[0];
  const char *from = named ? output->part : ours;
  if (!output->replace) { /* a link is made only where nothing is */
    if (linkat(AT_FDCWD, from, AT_FDCWD, output->path, AT_SYMLINK_FOLLOW) != 0) return name_taken(output, problem);
    return STATUS_OK; /* the hidden name goes when the file is closed */
  }
  if (!named && !name_part(output)) return problem_set(problem, STATUS_LIMIT, 0, "the path of the file is too long");
  if (!named && linkat(AT_FDCWD, ours, AT_FDCWD, output->part, AT_SYMLINK_FOLLOW) != 0) {
    int error = errno;
    output->part[0] = '\0';
    return failed(output, error, problem, "cannot be given its name");
  }
  if (rename(output->part, output->path) != 0) return failed(output, errno, problem, "cannot be given its name");
  output->part[0] = '\0';
  return STATUS_OK;
}

void output_unname(struct output *output) {
  if (!output->direct) unlink(output->path);
}

void output_close(struct output *output) {
  if (output->part[0]) unlink(output->part);
  if (output->owned && output->fd >= 0) close(output->fd);
  free(output->buffer);
  *output = OUTPUT_NONE;
}
