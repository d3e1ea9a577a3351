/* Operands and lines. Lines are read with read(), not stdio: a program at the other end of a pipe that waits for the
 * answers to its lines before it writes more is to get them, so what has come is answered before more is waited for. */
#include "server/word_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/options_table.h"
#include "server/question.h"

enum { READ_SIZE = 64 << 10, TEXT_MAX = 1 << 30 };

void word_source_init(struct word_source *source, const struct options *options) {
  *source = (struct word_source){.command = command_table()[options->command].name,
                                 .operands = options->operands,
                                 .operand_count = options->operand_count,
                                 .line = 1};
  if (options->operand_count == 0 || (options->operand_count == 1 && strcmp(options->operands[0], "-") == 0)) {
    source->input = true;
    source->operand_count = 0;
  }
  bytes_init(&source->buffer, TEXT_MAX);
}

void word_source_release(struct word_source *source) {
  bytes_release(&source->buffer);
}

void word_batch_init(struct word_batch *batch) {
  *batch = (struct word_batch){.count = 0};
  bytes_init(&batch->text, TEXT_MAX);
}

void word_batch_release(struct word_batch *batch) {
  bytes_release(&batch->text);
  free(batch->words);
  free(batch->lines);
}

static bool fail(const struct word_source *source, const char *what) {
  fprintf(stderr, "wordvec %s: %s\n", source->command, what);
  return false;
}

/* Reads more of standard input; at its end sets `ended`. */
static bool read_more(struct word_source *source) {
  struct bytes *buffer = &source->buffer;
  if (source->at > 0) memmove(buffer->data, buffer->data + source->at, buffer->length - source->at);
  buffer->length -= source->at;
  source->at = 0;
  fflush(stdout);
  if (bytes_reserve(buffer, READ_SIZE) != STATUS_OK) return fail(source, "out of memory");
  ssize_t got;
  do got = read(STDIN_FILENO, buffer->data + buffer->length, READ_SIZE);
  while (got < 0 && errno == EINTR);
  if (got < 0) return fail(source, "cannot read standard input");
  buffer->length += (size_t)got;
  source->ended = got == 0;
  return true;
}

/* The line that begins at `at`; *taken is how far it goes with its end. False: no whole one is in the buffer. */
static bool find_line(const struct word_source *source, struct word *line, size_t *taken) {
  size_t left = source->buffer.length - source->at;
  if (left == 0) return false;
  const char *start = (const char *)source->buffer.data + source->at;
  const char *end = memchr(start, '\n', left);
  if (!end && !source->ended) return false;
  size_t length = end ? (size_t)(end - start) : left;
  *taken = length + (end != NULL);
  if (length > 0 && start[length - 1] == '\r') length--;
  *line = (struct word){start, length};
  return true;
}

/* Finds a word without taking it: *size is what taking it moves `at` on by. False with *failed: told. */
static bool peek(struct word_source *source, bool wait, struct word *word, size_t *size, bool *failed) {
  if (!source->input) {
    *size = 1;
    if (source->operand_count > 0) *word = (struct word){*source->operands, strlen(*source->operands)};
    return source->operand_count > 0;
  }
  for (;;) {
    while (find_line(source, word, size)) {
      if (word->length > WORD_LENGTH_MAX) break;
      if (word->length > 0) return true;
      source->at += *size;
      source->line++;
    }
    if (source->buffer.length - source->at > WORD_LENGTH_MAX + 2) {
      fprintf(stderr, "wordvec %s: line %zu of standard input is longer than the %d bytes of the longest word\n",
              source->command, source->line, WORD_LENGTH_MAX);
      *failed = true;
      return false;
    }
    if (source->ended || !wait) return false;
    if (!read_more(source)) {
      *failed = true;
      return false;
    }
  }
}

static void take(struct word_source *source, size_t size) {
  if (!source->input) {
    source->operands++;
    source->operand_count--;
    return;
  }
  source->at += size;
  source->line++;
}

static bool grow(struct word_batch *batch) {
  size_t capacity = batch->capacity ? batch->capacity * 2 : 64;
  struct word *words = reallocarray(batch->words, capacity, sizeof *words);
  if (words) batch->words = words;
  size_t *lines = words ? reallocarray(batch->lines, capacity, sizeof *lines) : NULL;
  if (!lines) return false;
  batch->lines = lines;
  batch->capacity = capacity;
  return true;
}

static bool add(struct word_batch *batch, struct word word, size_t line) {
  if (batch->count == batch->capacity && !grow(batch)) return false;
  batch->lines[batch->count] = line;
  batch->words[batch->count++] = (struct word){NULL, word.length}; /* the place, when the text no longer moves */
  return bytes_append(&batch->text, word.bytes, word.length) == STATUS_OK;
}

bool word_source_next(struct word_source *source, const struct word_batch_limits *limits, struct word_batch *batch) {
  struct word word;
  size_t size, bytes = 0;
  bool failed = false;
  batch->count = batch->text.length = 0;
  while (batch->count < limits->words && peek(source, batch->count == 0 || limits->whole, &word, &size, &failed)) {
    bytes += question_word_size(word);
    if (batch->count > 0 && bytes > limits->bytes) break;
    if (!add(batch, word, source->line)) return fail(source, "out of memory");
    take(source, size);
  }
  if (failed) return false;
  const char *at = batch->text.data ? (const char *)batch->text.data : "";
  for (size_t i = 0; i < batch->count; i++) {
    batch->words[i].bytes = at;
    at += batch->words[i].length;
  }
  return true;
}

size_t word_source_split(struct word line, struct word *words, size_t most) {
  bool tabs = memchr(line.bytes, '\t', line.length) != NULL;
  const char *at = line.bytes, *end = line.bytes + line.length;
  size_t count = 0;
  for (;;) {
    const char *stop = memchr(at, tabs ? '\t' : ' ', (size_t)(end - at));
    struct word word = {at, (size_t)((stop ? stop : end) - at)};
    if (tabs || word.length > 0) {
      if (count < most) words[count] = word;
      count++;
    }
    if (!stop) return count;
    at = stop + 1;
  }
}
