/* The text of numbers in half its bytes: "-0.5,1e-05" is made of fewer than sixteen characters. Packing keeps twice as
 * many rows in a cache of a given size; unpacking costs little more than copying. */
#ifndef WORDVEC_SERVER_PACKED_TEXT_H
#define WORDVEC_SERVER_PACKED_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a text can be packed: one of nothing but 0 … 9 + , - . and e can. */
bool packed_text_can(const char *text, size_t length);

/* The bytes that a text of that length packs into: whole blocks. */
size_t packed_text_size(size_t length);

/* Packs a text for which packed_text_can() said yes into packed_text_size(length) bytes. */
void packed_text_pack(const char *text, size_t length, uint8_t *packed);

/* Writes the `length` bytes of a text, and none behind them. */
void packed_text_unpack(const uint8_t *packed, size_t length, char *text);

#endif
