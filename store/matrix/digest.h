/* The digest of a model's content: XXH3-128 of, for each row in order, its word's length (u32), its word and its
 * floats; then of its subwords, if it has them. See ../FORMAT.md. */
#ifndef WORDVEC_STORE_MATRIX_DIGEST_H
#define WORDVEC_STORE_MATRIX_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "store/matrix/subwords.h"
#include "store/matrix/vocabulary.h"
#include "store/status.h"

struct digest;

enum status digest_new(struct digest **out) MUST_USE;
void digest_free(struct digest *digest);
void digest_add(struct digest *digest, struct word word, const float *vector, uint32_t dim);
void digest_add_subwords(struct digest *digest, const struct subwords *subwords); /* behind all rows */
void digest_result(const struct digest *digest, unsigned char out[16]); /* canonical: most significant byte first */
void digest_hex(const unsigned char bytes[16], char out[33]);

/* XXH3, 64 bits, of a few bytes that are at hand. */
uint64_t digest_of_bytes(const void *bytes, size_t length);

#endif
