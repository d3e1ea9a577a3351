/* What /rank and /closer-than answer, as JSON; outcomes are those of write_json.h. */
#ifndef WORDVEC_SERVER_WRITE_RANK_H
#define WORDVEC_SERVER_WRITE_RANK_H

#include "server/result.h"
#include "store/bytes.h"

/* {"model","word","other","rank"}, with "sources" (and "matched") of the two words before the rank where asked for. */
enum status write_rank(struct bytes *out, const struct rank_result *result) MUST_USE;

/* {"model","word","than","words":[{"word","index","similarity"}],"count"}; the count is of all, beyond those listed. */
enum status write_closer_than(struct bytes *out, const struct rank_result *result) MUST_USE;

#endif
