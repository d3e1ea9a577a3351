#!/usr/bin/env python3
"""Prints store/float_text_table.c, the powers of ten that store/float_text.c multiplies by.

    python3 tests/support/float_text_table.py > store/float_text_table.c

tests/unit/store/float_text.c recomputes every entry with exact integers of its own."""

from fractions import Fraction

HEAD = """\
/* The scales of float_text.c. Generated, do not edit:
 * python3 tests/support/float_text_table.py > store/float_text_table.c */
#include "store/float_text_table.h"

/* clang-format off */
const struct float_text_scale float_text_scales[FLOAT_TEXT_SCALES] = {"""


def entry(exponent):
    """The scale of the float32 numbers whose exponent field is `exponent` (subnormals share the binade of 1)."""
    unit = Fraction(2) ** (max(exponent, 1) - 150)  # the place of the last bit
    power = -60
    while Fraction(10) ** power <= unit:
        power += 1
    factor = unit / Fraction(10) ** power * 2**64
    factor = -(-factor // 2) * 2  # up, to an even integer
    assert Fraction(10) ** power > unit >= Fraction(10) ** (power - 1) and factor < 2**64
    return f"{{0x{factor:016x}, {power}}},"


print(HEAD)
for first in range(0, 255, 3):
    print("    " + " ".join(entry(exponent) for exponent in range(first, first + 3)))
print("};\n/* clang-format on */")
