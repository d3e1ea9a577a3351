/* The content digest, over libxxhash's streaming state. */
#include "store/matrix/digest.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "store/matrix/subwords_map.h"

/* The library's state is the digest; the name of ours is never completed. */
static XXH3_state_t *state_of(struct digest *digest) {
  return (XXH3_state_t *)(void *)digest;
}

enum status digest_new(struct digest **out) {
  XXH3_state_t *state = XXH3_createState();
  if (!state) return STATUS_NO_MEMORY;
  XXH3_128bits_reset(state);
  *out = (struct digest *)(void *)state;
  return STATUS_OK;
}

void digest_free(struct digest *digest) {
  XXH3_freeState(state_of(digest));
}

void digest_add(struct digest *digest, struct word word, const float *vector, uint32_t dim) {
  uint32_t length = (uint32_t)word.length;
  XXH3_128bits_update(state_of(digest), &length, sizeof length);
  if (length > 0) XXH3_128bits_update(state_of(digest), word.bytes, word.length);
  XXH3_128bits_update(state_of(digest), vector, dim * sizeof *vector);
}

void digest_add_subwords(struct digest *digest, const struct subwords *subwords) {
  unsigned char fixed[SUBWORDS_MAP_FIXED];
  subwords_map_write(subwords, fixed);
  XXH3_128bits_update(state_of(digest), fixed, sizeof fixed);
  for (uint32_t row = 0; row < subwords->count; row++) {
    uint32_t bucket = subwords_bucket(subwords, row);
    if (subwords->pruned) XXH3_128bits_update(state_of(digest), &bucket, sizeof bucket);
    XXH3_128bits_update(state_of(digest), subwords_row(subwords, row), subwords->dim * sizeof(float));
  }
}

void digest_result(const struct digest *digest, unsigned char out[16]) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest((const XXH3_state_t *)(const void *)digest));
  memcpy(out, canonical.digest, 16);
}

void digest_hex(const unsigned char bytes[16], char out[33]) {
  for (int i = 0; i < 16; i++) snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

uint64_t digest_of_bytes(const void *bytes, size_t length) {
  return XXH3_64bits(bytes, length);
}
