/* Puts the OpenAPI document together from the files under server/openapi, which are embedded as they are (.incbin is
 * the assembler's own, so that no build needs a generator).
 *
 * A fragment is server/openapi/SECTION/NAME.json: one JSON object, whose members become members of that section of the
 * document. Each family of routes has files of its own, so that work on different families touches different files:
 *
 *   paths/NAME.json     path → its methods (a path item of OpenAPI)
 *   schemas/NAME.json   name → schema of a request or an answer; strict, that is with "additionalProperties": false or
 *                       "unevaluatedProperties": false, for answers in tests are judged by them
 *   parameters, headers, responses, securitySchemes: what several operations share, referred to by "#/components/…"
 *
 * A new family: write its files, add a line for each to FRAGMENTS below. A new route, parameter or member of an answer:
 * describe it in its family's files. tests/unit/server/openapi.c compares the document with the table of routes, the
 * parameters that each route knows and the table of refusals; tests/openapi lints it, and judges by it every answer
 * that an HTTP test gets.
 *
 * A parameter that goes only with a body of another type than JSON says so by "x-beside": "application/x-npy".
 *
 * An operation that does not refuse unknown parameters says so by "x-unknown-parameters": "ignored". */
#include "server/openapi.h"

#include <stdint.h>
#include <string.h>

#include "server/version.h"

/* clang-format off */
#define FRAGMENTS(each) /* a line each, so that additions seldom meet */ \
  each(document, common) \
  each(info, common) \
  each(paths, vectors) \
  each(paths, matrix) \
  each(paths, neighbors) \
  each(paths, similarity) \
  each(paths, words) \
  each(paths, service) \
  each(paths, openai) \
  each(paths, word2vec) \
  each(schemas, common) \
  each(schemas, vectors) \
  each(schemas, matrix) \
  each(schemas, neighbors) \
  each(schemas, similarity) \
  each(schemas, words) \
  each(schemas, service) \
  each(schemas, openai) \
  each(schemas, word2vec) \
  each(parameters, common) \
  each(headers, common) \
  each(headers, similarity) \
  each(responses, common) \
  each(responses, openai) \
  each(responses, word2vec) \
  each(securitySchemes, common)
/* clang-format on */

enum section {
  SECTION_document, /* members of the document itself */
  SECTION_info,     /* beside the version, which version.h gives */
  SECTION_paths,
  SECTION_schemas,
  SECTION_parameters,
  SECTION_headers,
  SECTION_responses,
  SECTION_securitySchemes
};

struct fragment {
  enum section section;
  const char *begin;
  const char *end;
};

#define EMBED(section, name)                                                                    \
  __asm__(                                                                                      \
      ".pushsection .rodata\n"                                                                  \
      "openapi_" #section "_" #name                                                             \
      "_begin:\n"                                                                               \
      ".incbin \"server/openapi/" #section "/" #name                                            \
      ".json\"\n"                                                                               \
      "openapi_" #section "_" #name                                                             \
      "_end:\n"                                                                                 \
      ".popsection\n");                                                                         \
  extern const char openapi_##section##_##name##_begin[] __attribute__((visibility("hidden"))); \
  extern const char openapi_##section##_##name##_end[] __attribute__((visibility("hidden")));

#define ENTRY(section, name) {SECTION_##section, openapi_##section##_##name##_begin, openapi_##section##_##name##_end},

FRAGMENTS(EMBED)

static const struct fragment fragments[] = {FRAGMENTS(ENTRY)};

/* What is between the outer braces of a fragment. */
static enum status write_members(struct bytes *out, const struct fragment *fragment) {
  size_t length = (size_t)((uintptr_t)fragment->end - (uintptr_t)fragment->begin);
  const char *open = memchr(fragment->begin, '{', length);
  const char *close = memrchr(fragment->begin, '}', length);
  if (!open || !close || close <= open) return STATUS_BAD_ARGUMENT; /* no test passes with such a fragment */
  return bytes_append(out, open + 1, (size_t)(close - open - 1));
}

/* `before`, then the members of all fragments of the section. */
static enum status write_section(struct bytes *out, const char *before, enum section section) {
  enum status status = bytes_append_text(out, before);
  bool first = true;
  for (size_t i = 0; status == STATUS_OK && i < sizeof fragments / sizeof fragments[0]; i++) {
    if (fragments[i].section != section) continue;
    if (!first) status = bytes_append_text(out, ",");
    if (status == STATUS_OK) status = write_members(out, &fragments[i]);
    first = false;
  }
  return status;
}

enum status openapi_write(struct bytes *out) {
  static const struct {
    const char *before;
    enum section section;
  } parts[] = {
      {"{", SECTION_document},
      {",\n\"info\": {\"version\": \"" WORDVEC_VERSION "\",", SECTION_info},
      {"},\n\"paths\": {", SECTION_paths},
      {"},\n\"components\": {\n\"schemas\": {", SECTION_schemas},
      {"},\n\"parameters\": {", SECTION_parameters},
      {"},\n\"headers\": {", SECTION_headers},
      {"},\n\"responses\": {", SECTION_responses},
      {"},\n\"securitySchemes\": {", SECTION_securitySchemes},
  };
  enum status status = STATUS_OK;
  for (size_t i = 0; status == STATUS_OK && i < sizeof parts / sizeof parts[0]; i++)
    status = write_section(out, parts[i].before, parts[i].section);
  return status == STATUS_OK ? bytes_append_text(out, "}}}\n") : status;
}
