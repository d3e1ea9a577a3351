/* Typed results as JSON, with the keys and their order that the contract gives. Each function appends one document, a
 * line, and returns STATUS_OK, STATUS_LIMIT (the buffer's) or STATUS_NO_MEMORY; a failed one leaves a part behind. */
#ifndef WORDVEC_SERVER_WRITE_JSON_H
#define WORDVEC_SERVER_WRITE_JSON_H

#include "server/catalog.h"
#include "server/result.h"
#include "store/bytes.h"
#include "store/import/import.h"

/* {"model","word","index","dim","vector"}, or {"model","word","index"} of a row without its vector. Wherever there is
 * a "word" that is not UTF-8 text without NUL, "word_bytes" follows it: its exact bytes, percent-encoded. */
enum status write_json_row(struct bytes *out, const struct row_result *result) MUST_USE;

/* {"model","shape","vectors"}, then "indices","found" of words, then "mask","lengths" of a two-dimensional grid. */
enum status write_json_grid(struct bytes *out, const struct grid_result *result) MUST_USE;

/* {"model","metric","exact","neighbors":[{"word","index","similarity"}]}, with "expression" behind the model of an
 * analogy, "recall" behind an "exact" of false, then "source", or "sources" of terms from lists, where asked for; of a
 * batch {"model","results":[…]}, each as a single one or {"error":{…}} with the members of a problem. */
enum status write_json_neighbors(struct bytes *out, const struct neighbors_answer *answer) MUST_USE;

/* {"model","words":[{"word","index"}]}, and "next", the last word of the page, when others follow. */
enum status write_json_words(struct bytes *out, const struct words_result *result) MUST_USE;

/* {"models":[{"name","rows","dim","recall"}]}. */
enum status write_json_models(struct bytes *out, const struct catalog_entry *entries, size_t count) MUST_USE;

/* {"name","rows","dim",…}: everything that is known of one model. */
enum status write_json_model(struct bytes *out, const char *name, const struct model_info *info) MUST_USE;

/* {"name","path","source_format","rows",…,"skipped":{"duplicate":{"count","first"},…},…}: what an import did. */
enum status write_json_report(struct bytes *out, const struct import_report *report) MUST_USE;

/* {"name","version",…,"limits":{…}}. */
enum status write_json_info(struct bytes *out, const struct service_info *info) MUST_USE;

/* The members of application/problem+json (RFC 9457): {"type","title","status","detail","code"}, then "suggestions" and
 * "errors" where there are any. */
enum status write_json_problem(struct bytes *out, const struct refusal *refusal) MUST_USE;

#endif
