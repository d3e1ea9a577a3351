/* zlib reads a file that is not gzipped as it is. */
#include "server/eval_text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "store/utf8.h"

enum { TEXT_MAX = 256 << 20, READ_SIZE = 1 << 16 };

static enum status read_all(gzFile file, const char *path, struct problem *problem, struct bytes *bytes) {
  for (;;) {
    enum status status = bytes_reserve(bytes, READ_SIZE);
    if (status != STATUS_OK)
      return problem_set(problem, status, 0, "%s: %s", path,
                         status == STATUS_LIMIT ? "longer than 256 MiB" : "out of memory");
    int got = gzread(file, bytes->data + bytes->length, READ_SIZE);
    int error = Z_OK;
    if (got < READ_SIZE) gzerror(file, &error);
    if (got < 0 || (error != Z_OK && error != Z_STREAM_END))
      return problem_set(problem, STATUS_IO, 0, "%s: cannot be read, or is a damaged gzip file", path);
    if (got == 0) return STATUS_OK;
    bytes->length += (size_t)got;
  }
}

/* CR LF and CR become LF. */
static void mend_ends(struct bytes *bytes) {
  size_t to = 0;
  for (size_t i = 0; i < bytes->length; i++) {
    unsigned char byte = bytes->data[i];
    if (byte == '\r' && i + 1 < bytes->length && bytes->data[i + 1] == '\n') continue;
    bytes->data[to++] = byte == '\r' ? '\n' : byte;
  }
  bytes->length = to;
}

static enum status check_text(const struct eval_text *text, struct problem *problem) {
  const char *bytes = (const char *)text->bytes.data;
  uint64_t line = 1;
  uint32_t code_point;
  for (size_t i = 0; i < text->bytes.length; i += utf8_next(bytes + i, text->bytes.length - i, &code_point)) {
    utf8_next(bytes + i, text->bytes.length - i, &code_point);
    if (code_point == UTF8_ILL_FORMED)
      return problem_set(problem, STATUS_BAD_MATRIX, line, "%s: line %llu is not UTF-8", text->path,
                         (unsigned long long)line);
    line += code_point == '\n';
  }
  return STATUS_OK;
}

enum status eval_text_open(const char *path, bool universal, struct problem *problem, struct eval_text *text) {
  bool input = strcmp(path, "-") == 0;
  *text = (struct eval_text){.path = input ? "standard input" : path};
  bytes_init(&text->bytes, TEXT_MAX);
  int descriptor = input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return problem_set_errno(problem, errno, "cannot open %s", text->path);
  gzFile file = gzdopen(descriptor, "rb");
  if (!file) {
    close(descriptor);
    return problem_set(problem, STATUS_NO_MEMORY, 0, "%s: out of memory", text->path);
  }
  enum status status = read_all(file, text->path, problem, &text->bytes);
  gzclose(file);
  if (status != STATUS_OK) return status;
  if (universal) mend_ends(&text->bytes);
  return check_text(text, problem);
}

void eval_text_close(struct eval_text *text) {
  bytes_release(&text->bytes);
}

bool eval_text_next(struct eval_text *text, struct word *line) {
  if (text->at >= text->bytes.length) return false;
  const char *start = (const char *)text->bytes.data + text->at;
  size_t left = text->bytes.length - text->at;
  const char *end = memchr(start, '\n', left);
  size_t length = end ? (size_t)(end - start) : left;
  text->at += length + (end != NULL);
  text->line++;
  *line = (struct word){start, length};
  return true;
}
