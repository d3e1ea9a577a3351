/* The shapes that OpenAI's clients read. */
#include "server/write_openai.h"

#include <stdio.h>
#include <string.h>

#include "server/json_text.h"

static void write_terminated(struct json_text *text, const char *key, const char *value) {
  json_text_key(text, key);
  json_text_terminated(text, value);
}

static void write_unsigned(struct json_text *text, const char *key, uint64_t value) {
  json_text_key(text, key);
  json_text_unsigned(text, value);
}

enum status write_openai_embeddings(struct bytes *out, const struct embeddings_result *result) {
  enum { INPUT_SIZE = 64 };
  struct json_text text;
  size_t bytes = result->dim * sizeof *result->vectors;
  size_t size = result->base64 ? bytes / 3 * 4 + 6 : json_text_vector_size(result->dim);
  json_text_init(&text, out);
  json_text_expect(&text, 256 + result->count * (INPUT_SIZE + size));
  json_text_open(&text, '{');
  write_terminated(&text, "object", "list");
  json_text_key(&text, "data");
  json_text_open(&text, '[');
  for (size_t i = 0; i < result->count; i++) {
    const float *vector = result->vectors + i * result->dim;
    json_text_open(&text, '{');
    write_terminated(&text, "object", "embedding");
    write_unsigned(&text, "index", i);
    json_text_key(&text, "embedding");
    if (result->base64)
      json_text_base64(&text, vector, bytes);
    else
      json_text_vector(&text, vector, result->dim);
    json_text_close(&text, '}');
  }
  json_text_close(&text, ']');
  write_terminated(&text, "model", result->model);
  json_text_key(&text, "usage");
  json_text_open(&text, '{');
  write_unsigned(&text, "prompt_tokens", result->tokens);
  write_unsigned(&text, "total_tokens", result->tokens);
  json_text_close(&text, '}');
  json_text_close(&text, '}');
  return json_text_end(&text);
}

static void write_model(struct json_text *text, const char *name, const struct model_info *info) {
  json_text_open(text, '{');
  write_terminated(text, "id", name);
  write_terminated(text, "object", "model");
  write_unsigned(text, "created", info->imported_at > 0 ? (uint64_t)info->imported_at : 0);
  write_terminated(text, "owned_by", "wordvec");
  json_text_close(text, '}');
}

enum status write_openai_models(struct bytes *out, const struct catalog_entry *entries, size_t count) {
  struct json_text text;
  json_text_init(&text, out);
  json_text_open(&text, '{');
  write_terminated(&text, "object", "list");
  json_text_key(&text, "data");
  json_text_open(&text, '[');
  for (size_t i = 0; i < count; i++) write_model(&text, entries[i].name, model_info(entries[i].model));
  json_text_close(&text, ']');
  json_text_close(&text, '}');
  return json_text_end(&text);
}

enum status write_openai_model(struct bytes *out, const char *name, const struct model_info *info) {
  struct json_text text;
  json_text_init(&text, out);
  write_model(&text, name, info);
  return json_text_end(&text);
}

enum { PARAM_SIZE = 2 * POINTER_MAX };

/* The first place that a refusal names: "#/input/3/2" as "input[3][2]". Empty for the request as a whole. */
static void name_param(const struct refusal *refusal, char param[PARAM_SIZE]) {
  size_t used = 0;
  bool inside = false;
  const char *pointer = refusal->error_count > 0 ? refusal->errors[0].pointer : "";
  param[0] = '\0';
  if (strncmp(pointer, "#/", 2) != 0) return;
  for (const char *at = pointer + 2; *at; at++) {
    if (*at != '/') {
      param[used++] = *at;
      continue;
    }
    if (inside) param[used++] = ']';
    param[used++] = '[';
    inside = true;
  }
  if (inside) param[used++] = ']';
  param[used] = '\0';
}

static const char *code_of(enum refusal_kind kind) {
  switch (kind) {
    case REFUSAL_NO_ROUTE: return "unknown_url";
    case REFUSAL_UNAUTHORIZED: return "invalid_api_key";
    default: return refusal_type_of(kind)->code;
  }
}

enum status write_openai_error(struct bytes *out, const struct refusal *refusal) {
  const struct refusal_type *type = refusal_type_of(refusal->kind);
  char param[PARAM_SIZE], message[PARAM_SIZE + sizeof refusal->detail];
  struct json_text text;
  name_param(refusal, param);
  if (param[0])
    snprintf(message, sizeof message, "%s: %s", param, refusal->errors[0].detail);
  else
    snprintf(message, sizeof message, "%s", refusal->detail);
  json_text_init(&text, out);
  json_text_open(&text, '{');
  json_text_key(&text, "error");
  json_text_open(&text, '{');
  write_terminated(&text, "message", message);
  write_terminated(&text, "type", type->http_status < 500 ? "invalid_request_error" : "server_error");
  json_text_key(&text, "param");
  if (param[0])
    json_text_terminated(&text, param);
  else
    json_text_null(&text);
  write_terminated(&text, "code", code_of(refusal->kind));
  json_text_close(&text, '}');
  json_text_close(&text, '}');
  return json_text_end(&text);
}
