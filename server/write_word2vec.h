/* What the clients of word2vec-api read: bare JSON values, with its meanings. Each function appends one document, a
 * line, and returns STATUS_OK, STATUS_LIMIT (the buffer's) or STATUS_NO_MEMORY; a failed one leaves a part behind. */
#ifndef WORDVEC_SERVER_WRITE_WORD2VEC_H
#define WORDVEC_SERVER_WRITE_WORD2VEC_H

#include "server/refusal.h"
#include "store/bytes.h"
#include "store/matrix/vocabulary.h"
#include "store/search/topk.h"

/* A number: 0.82. */
enum status write_word2vec_number(struct bytes *out, double value) MUST_USE;

/* [["dog",0.92],…] */
enum status write_word2vec_hits(struct bytes *out, const struct vocabulary *vocabulary, const struct hit *hits,
                                size_t count) MUST_USE;

/* A string: the float32 of a vector, little-endian, in base64. NULL: null. */
enum status write_word2vec_vector(struct bytes *out, const float *vector, uint32_t dim) MUST_USE;

/* ["the","cat",…]: every word, in the order of rows. */
enum status write_word2vec_words(struct bytes *out, const struct vocabulary *vocabulary) MUST_USE;

/* {"message":{"w1":"…"}} for each parameter that was named, {"message":"…"} when none was. */
enum status write_word2vec_error(struct bytes *out, const struct refusal *refusal) MUST_USE;

#endif
