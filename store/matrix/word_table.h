/* The words of a matrix while it is being written: a set that gives each new word the next row, remembers the stream
 * of word bytes and each word's place in it (../FORMAT.md), and at the end walks the rows in byte order of their
 * words. All of it lies in spill files: private memory does not grow with the number of words. */
#ifndef WORDVEC_STORE_MATRIX_WORD_TABLE_H
#define WORDVEC_STORE_MATRIX_WORD_TABLE_H

#include <stdint.h>

#include "store/matrix/vocabulary.h"
#include "store/status.h"

struct word_table;

/* `folder` (copied) is where the spill files are made. */
enum status word_table_new(const char *folder, struct problem *problem, struct word_table **out) MUST_USE;
void word_table_free(struct word_table *table); /* NULL is allowed */

/* Adds a word as row `count`. STATUS_EXISTS, with the row that has it in *row, when it is there already; otherwise
 * *row is the new one. */
enum status word_table_add(struct word_table *table, struct word word, struct problem *problem, uint32_t *row) MUST_USE;

/* The row of a word: STATUS_OK or STATUS_NOT_FOUND. */
enum status word_table_find(const struct word_table *table, struct word word, uint32_t *row) MUST_USE;

uint32_t word_table_count(const struct word_table *table);
struct word word_table_word(const struct word_table *table, uint32_t row); /* borrowed until the next add */
const uint64_t *word_table_places(const struct word_table *table);         /* [count] */
const unsigned char *word_table_text(const struct word_table *table, uint64_t *length);

/* The rows in byte order of their words, a word before its extensions: [count], borrowed; no word may be added after.
 */
enum status word_table_sorted(struct word_table *table, struct problem *problem, const uint32_t **rows) MUST_USE;

#endif
