/* What OpenAI's clients read, in the shapes of its API reference: embeddings, models and errors. Each function appends
 * one document, a line, and returns STATUS_OK, STATUS_LIMIT (the buffer's) or STATUS_NO_MEMORY; a failed one leaves a
 * part behind. */
#ifndef WORDVEC_SERVER_WRITE_OPENAI_H
#define WORDVEC_SERVER_WRITE_OPENAI_H

#include "server/catalog.h"
#include "server/result.h"
#include "store/bytes.h"

/* One vector for each input of a request. */
struct embeddings_result {
  const char *model;
  size_t count;
  uint32_t dim;
  const float *vectors; /* [count][dim] */
  bool base64;          /* as text of the little-endian float32; else as numbers */
  uint64_t tokens;      /* of all inputs */
};

/* {"object":"list","data":[{"object":"embedding","index","embedding"}],"model","usage":{…}}. */
enum status write_openai_embeddings(struct bytes *out, const struct embeddings_result *result) MUST_USE;

/* {"object":"list","data":[{"id","object":"model","created","owned_by"}]}, and one of them. */
enum status write_openai_models(struct bytes *out, const struct catalog_entry *entries, size_t count) MUST_USE;
enum status write_openai_model(struct bytes *out, const char *name, const struct model_info *info) MUST_USE;

/* {"error":{"message","type","param","code"}}: `param` is the first place that was named, "input[3]", or null. */
enum status write_openai_error(struct bytes *out, const struct refusal *refusal) MUST_USE;

#endif
