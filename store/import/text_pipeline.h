/* The parsed blocks of a text source, in order. Threads take turns at cutting the next block from the source, which
 * decompresses it, and parse theirs side by side; the thread that takes the blocks does the same while it would wait.
 * So one thread needs no other, and those that cannot be started are not missed. What comes out is the same whatever
 * their number.
 *
 * Memory: at most TEXT_PIPELINE_THREADS_MAX + 2 blocks, each of LINES_BLOCK bytes of text or one longer line, and the
 * rows in it (up to twice the text in floats, or eight times in words where rows are one digit each). */
#ifndef WORDVEC_STORE_IMPORT_TEXT_PIPELINE_H
#define WORDVEC_STORE_IMPORT_TEXT_PIPELINE_H

#include "store/import/text_block.h"

/* Taking rows and writing them needs about a third of the time that reading and parsing them does (300 dimensions):
 * more threads than these would wait for the one that takes. */
enum { TEXT_PIPELINE_THREADS_MAX = 8 };

struct text_pipeline;

/* The source, at the beginning of a line, is borrowed and touched by nobody else until text_pipeline_close(). */
enum status text_pipeline_open(struct source *source, uint32_t dim, unsigned threads, struct problem *problem,
                               struct text_pipeline **out) MUST_USE;
void text_pipeline_close(struct text_pipeline *pipeline); /* NULL is allowed */

/* The next block, borrowed until the next call; none may be asked for behind the last or a failure. Fails as
 * lines_cut() and text_block_parse() do: with what is wrong first in the source. */
enum status text_pipeline_next(struct text_pipeline *pipeline, struct problem *problem,
                               const struct text_block **block) MUST_USE;

locale_t text_pipeline_locale(const struct text_pipeline *pipeline); /* for float_parse() */

#endif
