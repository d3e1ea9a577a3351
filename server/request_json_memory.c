/* jansson 2.14 does not look whether the text of a token could grow: a byte that found no room is left out, and without
 * its closing quote a string is read, and written, past its end. So an allocation that fails while a text is parsed
 * does not return to jansson: it leaves the parser for good. What that had allocated until then is known by a ring that
 * runs through its blocks, and is freed. The ring costs 16 bytes a block. */
#include "server/request_json_memory.h"

#include <jansson.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Stands before each allocation of jansson's; its links mean something only during the parse that made it. */
struct block {
  _Alignas(max_align_t) struct block *next;
  struct block *previous;
};

struct parse {
  jmp_buf leave;
  struct block ring;
};

/* The parse that runs on this thread, or NULL: jansson's hooks are given no context to find it by. */
static _Thread_local struct parse *parsing;

static void *allocate(size_t size) {
  struct block *block = size < SIZE_MAX / 2 ? malloc(sizeof *block + size) : NULL;
  struct parse *parse = parsing;
  if (!block) {
    if (parse) longjmp(parse->leave, 1);
    return NULL;
  }
  if (parse) {
    block->next = parse->ring.next;
    block->previous = &parse->ring;
    block->next->previous = block;
    parse->ring.next = block;
  }
  return block + 1;
}

/* A parser frees nothing but what it has allocated itself. */
static void release(void *memory) {
  if (!memory) return;
  struct block *block = (struct block *)memory - 1;
  if (parsing) {
    block->next->previous = block->previous;
    block->previous->next = block->next;
  }
  free(block);
}

static void release_all(struct parse *parse) {
  for (struct block *block = parse->ring.next, *next; block != &parse->ring; block = next) {
    next = block->next;
    free(block);
  }
}

void request_json_guard_memory(void) {
  json_set_alloc_funcs(allocate, release);
}

json_t *request_json_load(const char *bytes, size_t length, size_t flags, json_error_t *error, bool *no_memory) {
  struct parse parse;
  parse.ring.next = parse.ring.previous = &parse.ring;
  if (setjmp(parse.leave) != 0) {
    parsing = NULL;
    release_all(&parse);
    *no_memory = true;
    return NULL;
  }
  parsing = &parse;
  json_t *root = json_loadb(bytes, length, flags, error);
  parsing = NULL;
  *no_memory = !root && (error->text[0] == '\0' || json_error_code(error) == json_error_out_of_memory);
  return root;
}
