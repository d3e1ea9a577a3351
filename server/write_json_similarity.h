/* Similarities and means as JSON, as write_json.h does it. How words were found stands at the end where it is wanted:
 * "sources", and behind it "matched" of the same shape, the vocabulary's forms of those found in another case. */
#ifndef WORDVEC_SERVER_WRITE_JSON_SIMILARITY_H
#define WORDVEC_SERVER_WRITE_JSON_SIMILARITY_H

#include "server/result_similarity.h"
#include "store/bytes.h"

/* {"model","a","b","similarity","distance"}: a side is a word, or an array of them; null stands for a vector. A word in
 * an array that is not UTF-8 text without NUL is {"word_bytes"}, as requests give it. "sources":[a, b]. */
enum status write_json_pair(struct bytes *out, const struct pair_result *result) MUST_USE;

/* {"model","similarities":[…]} of pairs, with "sources":[[a, b],…]; {"model","shape","similarities":[[…]]} of a matrix,
 * with "sources":{"words","others"}. */
enum status write_json_similarities(struct bytes *out, const struct similarities_result *result) MUST_USE;

/* {"model","dim","vector"}; of a batch {"model","shape","vectors"}. */
enum status write_json_mean(struct bytes *out, const struct mean_result *result) MUST_USE;

/* {"model","word","index","position","similarities"}: word and index are null of a vector, and the index of what
 * is of no row. */
enum status write_json_doesnt_match(struct bytes *out, const struct doesnt_match_result *result) MUST_USE;

#endif
