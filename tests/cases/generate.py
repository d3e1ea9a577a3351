#!/usr/bin/env python3
"""Writes the case folders beside it (README.md). Standard library only; what it writes is committed."""
import gzip
import io
import os
import shutil
import struct
import urllib.parse
import zipfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
made = set()


def case(name, why, files, expected, options=()):
    """files: name → bytes; expected and options: lines."""
    assert name not in made, name
    made.add(name)
    folder = os.path.join(HERE, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for file, content in files.items():
        with open(os.path.join(folder, file), "wb") as out:
            out.write(content)
    with open(os.path.join(folder, "expected"), "w") as out:
        out.write("# " + why + "\n" + "".join(line + "\n" for line in expected))
    if options:
        with open(os.path.join(folder, "options"), "w") as out:
            out.write("".join(line + "\n" for line in options))


def row(word, *numbers):
    if isinstance(word, str):
        word = word.encode()
    return "row " + urllib.parse.quote(word, safe="") + "".join(" " + str(number) for number in numbers)


def text(*lines):
    return b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines)


def good(form, dim, rows, *more, declared=0):
    return ["format " + form, "dim %d" % dim, "declared %d" % declared, *rows, *more]


def bad(status, *errors, position=None):
    lines = ["status " + status] + ["error " + error for error in errors]
    return lines + (["position %d" % position] if position is not None else [])


def binary(rows, dim, separator=b"", declared=None, last=None):
    """rows: (word, floats or raw bytes)."""
    out = b"%d %d\n" % (len(rows) if declared is None else declared, dim)
    for i, (word, vector) in enumerate(rows):
        raw = vector if isinstance(vector, bytes) else struct.pack("<%df" % dim, *vector)
        out += word + b" " + raw + (last if last is not None and i + 1 == len(rows) else separator)
    return out


def zip_of(members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def gz(content):
    return gzip.compress(content, mtime=0)


CAT_DOG = text("cat 0.25 -0.5", "dog 1.5 2.5")
CAT_DOG_ROWS = [row("cat", 0.25, -0.5), row("dog", 1.5, 2.5)]
TWO = good("glove", 2, CAT_DOG_ROWS)


def npy(descr, shape, items, fortran=False, version=1, header=None):
    """A .npy file; items as they lie in it, or a list of numbers of the type."""
    letters = {"f2": "e", "f4": "f", "f8": "d", "i8": "q"}
    if not isinstance(items, bytes):
        items = struct.pack("%s%d%s" % (descr[0], len(items), letters[descr[1:]]), *items)
    if header is None:
        header = "{'descr': %r, 'fortran_order': %r, 'shape': %r, }" % (descr, fortran, shape)
    header = header.encode()
    prefix = 10 if version == 1 else 12
    header += b" " * (-(prefix + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(header)) + header + items


def words():
    case("word-with-spaces", "all before the last dim fields is the word",
         {"input.txt": text(". . . 0.25 0.5 0.75", "at name@domain.com 1.5 2.5 3.5", "the -0.1 -0.2 -0.3", "? ? ? ? 1 2 3.5",
                            "a  b 4.5 5.5 6.5")},
         good("glove", 3, [row(". . .", 0.25, 0.5, 0.75), row("at name@domain.com", 1.5, 2.5, 3.5),
                           row("the", -0.1, -0.2, -0.3), row("? ? ? ?", 1, 2, 3.5), row("a  b", 4.5, 5.5, 6.5)]))
    case("word-with-spaces-and-header", "the same behind a header",
         {"input.txt": text("3 2", ". . . 0.25 0.5", "at name@domain.com 1.5 2.5", "the 1 2")},
         good("word2vec-text", 2, [row(". . .", 0.25, 0.5), row("at name@domain.com", 1.5, 2.5), row("the", 1, 2)], declared=3))
    case("word-ending-in-a-number", "a whole number may end a word of a matrix of fractions",
         {"input.txt": text("route 66 0.25 0.5", "1 000 0.75 0.25", "windows 95 1.5 2.5", "nan nan 0.125 0.5", "the 1 2.5")},
         good("glove", 2, [row("route 66", 0.25, 0.5), row("1 000", 0.75, 0.25), row("windows 95", 1.5, 2.5),
                           row("nan nan", 0.125, 0.5), row("the", 1, 2.5)]))
    def many(word):
        return word + " 0.046560 -0.213180 0.007436 -0.458540"

    phrases = ["route 66", "windows 3.1", "1 000", "area 51 52 53", "to 0.5", ". . .", "at name@domain.com", "nan nan"]
    plain = ["w%d" % i for i in range(8)]
    vector = [0.04656, -0.21318, 0.007436, -0.45854]
    case("word-ending-in-a-number-among-many", "with and without a point, where as many words have none",
         {"input.txt": text(*map(many, phrases + plain))}, good("glove", 4, [row(word, *vector) for word in phrases + plain]))
    case("word-ending-in-a-number-behind-header", "the same behind a header",
         {"input.txt": text("16 4", *map(many, phrases + plain))},
         good("word2vec-text", 4, [row(word, *vector) for word in phrases + plain], declared=16))
    case("word-of-digits", "numbers are words too, and so are the names of what is no number",
         {"input.txt": text("1 0.25 0.5", "-0.5 1.5 2.5", "nan 3.5 4.5", "inf 5.5 6.5", "1e5 7.5 8.5")},
         good("glove", 2, [row("1", 0.25, 0.5), row("-0.5", 1.5, 2.5), row("nan", 3.5, 4.5), row("inf", 5.5, 6.5),
                           row("1e5", 7.5, 8.5)]))
    case("word-nbsp", "U+00A0 is no separator", {"input.txt": text("\u00a0 0.25 0.5", "1\u00a0000 1.5 2.5")},
         good("glove", 2, [row("\u00a0", 0.25, 0.5), row("1\u00a0000", 1.5, 2.5)]))
    case("word-nel", "U+0085, U+2028 and lone 0x85, 0x0B, 0x0C, 0x1C, 0x0D end no line",
         {"input.txt": text("\u0085 0.25 0.5", "a\u2028b 1.5 2.5", b"\x85 3.5 4.5", b"\x0b\x0c\x1c 5.5 6.5", b"c\rd 7.5 8.5")},
         good("glove", 2, [row("\u0085", 0.25, 0.5), row("a\u2028b", 1.5, 2.5), row(b"\x85", 3.5, 4.5),
                           row(b"\x0b\x0c\x1c", 5.5, 6.5), row(b"c\rd", 7.5, 8.5)]))
    case("word-tab", "a tab is no separator", {"input.txt": text("\t 0.25 0.5", "a\tb 1.5 2.5", "\t\t 3.5 4.5")},
         good("glove", 2, [row("\t", 0.25, 0.5), row("a\tb", 1.5, 2.5), row("\t\t", 3.5, 4.5)]))
    case("word-empty", "a line that begins with a space has the empty word",
         {"input.txt": text("the 0.25 0.5", " 1.5 2.5", "of 3.5 4.5")},
         good("glove", 2, [row("the", 0.25, 0.5), row("", 1.5, 2.5), row("of", 3.5, 4.5)]))
    case("word-of-spaces", "the words of one and two spaces; the empty word first in the file",
         {"input.txt": text(" 0.25 0.5", "  1.5 2.5", "   3.5 4.5")},
         good("glove", 2, [row("", 0.25, 0.5), row(" ", 1.5, 2.5), row("  ", 3.5, 4.5)]))
    case("word-with-nul", "NUL is a byte like others", {"input.txt": text(b"a\0b 0.25 0.5", b"a\0c 1.5 2.5", b"a 3.5 4.5", b"\0 5.5 6.5")},
         good("glove", 2, [row(b"a\0b", 0.25, 0.5), row(b"a\0c", 1.5, 2.5), row("a", 3.5, 4.5), row(b"\0", 5.5, 6.5)]))
    case("word-end-of-sentence", "</s> anywhere and <unk> last are words like others",
         {"input.txt": text("the 0.25 0.5", "</s> 1.5 2.5", "of 3.5 4.5", "<unk> 5.5 6.5")},
         good("glove", 2, [row("the", 0.25, 0.5), row("</s>", 1.5, 2.5), row("of", 3.5, 4.5), row("<unk>", 5.5, 6.5)]))
    case("word-long", "over the 511 bytes of a key, and beginning alike",
         {"input.txt": text("w" * 600 + " 0.25 0.5", "w" * 601 + " 1.5 2.5", "w" * 65535 + " 3.5 4.5")},
         good("glove", 2, [row("w" * 600, 0.25, 0.5), row("w" * 601, 1.5, 2.5), row("w" * 65535, 3.5, 4.5)]))
    case("word-too-long", "65,536 bytes are refused, by line", {"input.txt": text("cat 0.25 0.5", "w" * 65536 + " 1.5 2.5")},
         bad("bad-matrix", "line 2", "65536 bytes", position=2))
    case("word-byte-order-mark", "a byte-order mark belongs to the word behind it",
         {"input.txt": b"\xef\xbb\xbf" + CAT_DOG},
         good("glove", 2, [row("\ufeffcat", 0.25, -0.5), row("dog", 1.5, 2.5)]))


def encodings():
    rows = text(b"caf\xe9 0.25 0.5", "caf\u00e9 1.5 2.5", b"\xff\xfe\xe2\x82 3.5 4.5", b"\xed\xa0\x80 5.5 6.5")
    exact = [row(b"caf\xe9", 0.25, 0.5), row("caf\u00e9", 1.5, 2.5), row(b"\xff\xfe\xe2\x82", 3.5, 4.5),
             row(b"\xed\xa0\x80", 5.5, 6.5)]
    case("encoding-keep", "words that are not UTF-8 are kept byte for byte", {"input.txt": rows}, good("glove", 2, exact))
    case("encoding-replace", "one U+FFFD for each maximal invalid subsequence", {"input.txt": rows},
         good("glove", 2, [row("caf\ufffd", 0.25, 0.5), row("caf\u00e9", 1.5, 2.5), row("\ufffd" * 3, 3.5, 4.5, ),
                           ], 'skipped duplicate 1 line 4: "' + "\ufffd" * 3 + '" (row 2 has it)'),
         ["encoding-errors replace"])
    case("encoding-skip", "counted, the first named", {"input.txt": rows},
         good("glove", 2, [exact[1]], 'skipped encoding 3 line 1: "caf\\xE9"'), ["encoding-errors skip"])
    case("encoding-error", "refused, by line", {"input.txt": rows},
         bad("bad-matrix", "line 1", "caf\\xE9", "not UTF-8", position=1), ["encoding-errors error"])


def headers():
    case("header-in-glove", "GloVe rows under a word2vec header", {"input.txt": text("2 2") + CAT_DOG},
         good("word2vec-text", 2, CAT_DOG_ROWS, declared=2))
    case("header-in-forced-glove", "a header is one in a forced format too", {"input.txt": text("2 2") + CAT_DOG},
         good("glove", 2, CAT_DOG_ROWS, declared=2), ["format glove"])
    case("header-missing-in-forced-word2vec", "word2vec text without its header", {"input.txt": CAT_DOG},
         good("word2vec-text", 2, CAT_DOG_ROWS), ["format word2vec-text"])
    case("header-named-vec", "the same layout goes by fastText's name when the file does",
         {"input.vec": text("2 2") + CAT_DOG}, good("fasttext-vec", 2, CAT_DOG_ROWS, declared=2), ["file input.vec"])
    case("header-says-more", "fewer rows than the header says: a warning", {"input.txt": text("5 2") + CAT_DOG},
         good("word2vec-text", 2, CAT_DOG_ROWS, "warning the header says 5 rows, but there are 2", declared=5))
    case("header-says-fewer", "more rows than the header says are all kept, with a warning", {"input.txt": text("1 2") + CAT_DOG},
         good("word2vec-text", 2, CAT_DOG_ROWS, "warning the header says 1 rows, but there are 2", declared=1))
    case("header-says-more-strict", "--strict makes the warning an error", {"input.txt": text("5 2") + CAT_DOG},
         bad("bad-matrix", "the header says 5 rows, but there are 2", "--strict"), ["strict"])
    case("header-says-other-dim", "rows that do not have the header's dimension", {"input.txt": text("2 3") + CAT_DOG},
         bad("bad-matrix", "line 2", "cat", "2 numbers instead of 3", position=2))
    case("header-says-smaller-dim", "nor may they have more", {"input.txt": text("2 1") + CAT_DOG},
         bad("bad-matrix", "line 2", "2 numbers instead of 1", position=2))
    case("header-counts-duplicates", "skipped rows count as rows of the file", {"input.txt": text("3 2") + CAT_DOG + text("cat 9.5 9.5")},
         good("word2vec-text", 2, CAT_DOG_ROWS, 'skipped duplicate 1 line 4: "cat" (row 0 has it)', declared=3))
    case("header-alone", "a header and no rows", {"input.txt": text("5 300")}, bad("bad-matrix", "no rows"))
    case("header-of-zero-rows", "the same, honestly", {"input.txt": text("0 300")}, bad("bad-matrix", "no rows"))
    case("header-huge-dim", "more dimensions than a model can have", {"input.txt": text("2 65537", "cat 1 2")},
         bad("bad-matrix", "65537", "65536", position=1))
    three = text("a 0.5 1 0.001", "b 1.5 2 0.001", "c 2.5 3 0.001", "d 3.5 4 0.001")
    case("header-says-fewer-numbers", "rows of three numbers are none of two and a longer word, whatever their decimals",
         {"input.txt": text("4 2") + three}, bad("bad-matrix", "line 2", '"a"', "3 numbers instead of 2", "header", position=2))
    case("header-says-fewer-whole-numbers", "also where the first number is whole",
         {"input.txt": text("3 2", "a 1 0.5 0.25", "b 2 1.5 0.75", "c 3 2.5 0.125")},
         bad("bad-matrix", "line 2", "3 numbers instead of 2", "header", position=2))
    case("header-says-fewer-numbers-forced", "and in a forced format", {"input.txt": text("4 2") + three},
         bad("bad-matrix", "line 2", "3 numbers instead of 2", position=2), ["format word2vec-text"])
    case("header-of-zero-dimensions", "is a header all the same, and not a row", {"input.txt": text("4 0") + three},
         bad("bad-matrix", "line 1", "header", '"4 0"', position=1))
    case("header-of-zero-dimensions-alone", "nor where nothing follows", {"input.txt": text("4 0")},
         bad("bad-matrix", "line 1", "header", position=1))
    case("header-or-row-of-zero", "unless the others are rows of one number", {"input.txt": text("7 0", "8 2", "cat 0.5")},
         good("glove", 1, [row("7", 0), row("8", 2), row("cat", 0.5)]))
    case("header-or-row-of-a-large-number", "as a number is no dimension there", {"input.txt": text("7 70000", "cat 80000")},
         good("glove", 1, [row("7", 70000), row("cat", 80000)]))
    case("header-of-too-many-rows", "more rows than can be counted are the header's fault", {"input.txt": text("%d 2" % 2**64) + CAT_DOG},
         bad("bad-matrix", "line 1", "header", "rows", "%d 2" % 2**64, position=1))
    case("header-of-very-many-rows", "as many as can be are only a warning", {"input.txt": text("%d 2" % (2**64 - 2)) + CAT_DOG},
         good("word2vec-text", 2, CAT_DOG_ROWS, "warning the header says %d rows, but there are 2" % (2**64 - 2), declared=2**64 - 2))
    case("header-twice-fitting-binary", "text is not binary because its length fits to the byte",
         {"input.txt": text("5 3", "5 3", *["w%d %d.5 -%d 0.001" % (i, i, i) for i in range(5)])},
         bad("bad-matrix", "line 2", '"5"', "1 numbers instead of 3", position=2))
    case("header-twice-fitting-binary-forced", "nor when that is forced",
         {"input.txt": text("5 3", "5 3", *["w%d %d.5 -%d 0.001" % (i, i, i) for i in range(5)])},
         bad("bad-matrix", "text, not binary", position=2), ["format word2vec-binary"])
    case("header-with-spaces", "a trailing space and CRLF on the header", {"input.txt": b"2 2 \r\n" + CAT_DOG},
         good("word2vec-text", 2, CAT_DOG_ROWS, declared=2))
    case("header-behind-byte-order-mark", "a byte-order mark before a header is not counted against it",
         {"input.txt": b"\xef\xbb\xbf2 2\n" + CAT_DOG}, good("word2vec-text", 2, CAT_DOG_ROWS, declared=2))
    case("header-of-one-dimension", "\"2 1\" before two rows of one number", {"input.txt": text("2 1", "cat 0.25", "dog 0.5")},
         good("word2vec-text", 1, [row("cat", 0.25), row("dog", 0.5)], declared=2))
    case("header-or-row-of-whole-numbers", "\"7 1\" in a table of whole numbers that has not 7 further lines is a row",
         {"input.txt": text("7 1", "8 2", "9 3")}, good("glove", 1, [row("7", 1), row("8", 2), row("9", 3)]))
    case("header-or-row-forced-glove", "one dimension and --format glove: a row",
         {"input.txt": text("2 1", "cat 0.25", "dog 0.5")}, good("glove", 1, [row("2", 1), row("cat", 0.25), row("dog", 0.5)]),
         ["format glove"])


def lines():
    case("line-trailing-space", "as the C word2vec and fastText write", {"input.txt": text("cat 0.25 -0.5 ", "dog 1.5 2.5 ")}, TWO)
    case("line-crlf", "a carriage return behind the last number", {"input.txt": b"cat 0.25 -0.5\r\ndog 1.5 2.5\r\n"}, TWO)
    case("line-trailing-space-crlf", "both", {"input.txt": b"cat 0.25 -0.5 \r\ndog 1.5 2.5 \r\n"}, TWO)
    case("line-without-final-newline", "the last row is kept", {"input.txt": CAT_DOG[:-1]}, TWO)
    case("line-cut-short", "a last line that ended too early is left out",
         {"input.txt": CAT_DOG + b"mouse 3.5"}, good("glove", 2, CAT_DOG_ROWS, 'skipped cut_short 1 line 3: "mouse"'))
    case("line-cut-short-in-the-word", "the same, inside the word", {"input.txt": CAT_DOG + b"mou"},
         good("glove", 2, CAT_DOG_ROWS, 'skipped cut_short 1 line 3: "mou"'))
    case("line-cut-short-in-a-number", "the same, inside the last number", {"input.txt": CAT_DOG + b"mouse 3.5 -"},
         good("glove", 2, CAT_DOG_ROWS, 'skipped cut_short 1 line 3: "mouse"'))
    case("line-cut-short-behind-header", "the same, and the header agrees", {"input.txt": text("3 2") + CAT_DOG + b"mouse 3."[:7]},
         good("word2vec-text", 2, CAT_DOG_ROWS, 'skipped cut_short 1 line 4: "mouse"', declared=3))
    case("line-cut-short-with-newline", "a line feed behind it changes nothing", {"input.txt": CAT_DOG + b"mouse 3.5\n"},
         good("glove", 2, CAT_DOG_ROWS, 'skipped cut_short 1 line 3: "mouse"'))
    case("line-cut-short-strict", "--strict makes it an error", {"input.txt": CAT_DOG + b"mouse 3.5"},
         bad("bad-matrix", "line 3", "mouse", "cut short", position=3), ["strict"])
    case("line-short-in-the-middle", "any other line with too few numbers is an error", {"input.txt": text("cat 0.25 -0.5", "mouse 3.5", "dog 1.5 2.5")},
         bad("bad-matrix", "line 2", "mouse", "1 numbers instead of 2", position=2))
    case("line-bad-number", "what is no number is named", {"input.txt": text("cat 0.25 -0.5", "dog 1,5 2.5", "mouse 3.5 4.5")},
         bad("bad-matrix", "line 2", "dog", '"1,5" is no number', position=2))
    case("line-bad-last-number", "also at the end of the last line, when it is whole", {"input.txt": CAT_DOG + text("mouse 3.5 0x10")},
         bad("bad-matrix", "line 3", '"0x10" is no number', position=3))
    case("line-two-spaces", "two spaces between numbers make an empty field", {"input.txt": text("cat 0.25 -0.5", "dog 1.5  2.5", "mouse 3.5 4.5")},
         bad("bad-matrix", "line 2", '"" is no number', position=2))
    case("line-two-joined", "a lost line feed does not hide a row in a word",
         {"input.txt": text("cat 0.25 -0.5", "dog 1.5 2.5mouse 3.5 4.5", "rat 5.5 6.5")}, bad("bad-matrix", "line 2", "instead of 2", position=2))
    case("line-blank-at-the-end", "blank lines that end a file are nothing", {"input.txt": CAT_DOG + b"\n \r\n\n"}, TWO)
    case("line-blank-in-the-middle", "a blank line before rows is an error: a row may have been torn",
         {"input.txt": text("cat 0.25 -0.5", "", "dog 1.5 2.5")}, bad("bad-matrix", "line 2 is blank", position=2))
    case("line-dim-shrinks", "a dimension that changes half-way",
         {"input.txt": text("a 1.5 2.5 3.5", "b 1.5 2.5 3.5", "c 1.5 2.5", "d 1.5 2.5")}, bad("bad-matrix", "line 3", "2 numbers instead of 3", position=3))
    case("line-dim-grows", "the other way round no number may slip into a word",
         {"input.txt": text("a 1.5 2.5", "b 1.5 2.5", "c 1.5 2.5 3.5", "d 1.5 2.5 3.5")}, bad("bad-matrix", "line 3", "3 numbers instead of 2", position=3))
    case("line-dim-grows-in-whole-numbers", "nor where all numbers are whole",
         {"input.txt": text("a 1 2", "b 3 4", "c 5 6 7", "d 8 9 10")}, bad("bad-matrix", "line 3", "3 numbers instead of 2", position=3))
    decimals = text("a 0.5 1 0.001", "b 1.5 2 0.001", "c 2.5 3 0.001")
    three = good("glove", 3, [row("a", 0.5, 1, 0.001), row("b", 1.5, 2, 0.001), row("c", 2.5, 3, 0.001)])
    case("line-cut-short-few-decimals", "a short last line does not make words of others' numbers, whatever their decimals",
         {"input.txt": decimals + text("d 1 2")}, three + ['skipped cut_short 1 line 4: "d"'])
    case("line-cut-short-whole-numbers", "nor where they are whole, unlike the rest",
         {"input.txt": text("a 1 0.5 0.25", "b 2 1.5 0.75", "c 3 2.5 0.125", "d 1.5 2")},
         good("glove", 3, [row("a", 1, 0.5, 0.25), row("b", 2, 1.5, 0.75), row("c", 3, 2.5, 0.125)], 'skipped cut_short 1 line 4: "d"'))
    for name, why, line, error in [
            ("short", "a short line", "d 1 2", "2 numbers instead of 3"),
            ("comma", "a decimal comma", "d 0,5 1 2", '"0,5" is no number'),
            ("hexadecimal", "a hexadecimal number", "d 0x1p3 1 2", '"0x1p3" is no number')]:
        case("line-few-decimals-" + name, why + " does not change the dimension of the others",
             {"input.txt": decimals + text(line, "e 3.5 4 0.001")}, bad("bad-matrix", "line 4", '"d"', error, position=4))
    case("line-few-decimals-shrinks", "nor do as many shorter rows", {"input.txt": text("a 0.5 1.25 0.001", "b 1.5 2.25 0.001", "c 1.5 2.5", "d 2.5 3.5")},
         bad("bad-matrix", "line 3", "2 numbers instead of 3", position=3))
    case("line-few-decimals-grows", "which may come first", {"input.txt": text("c 1.5 2.25", "d 2.5 3.25", "a 0.5 1.25 0.001", "b 1.5 2.25 0.001")},
         bad("bad-matrix", "line 1", "2 numbers instead of 3", position=1))
    case("line-few-decimals-among-words", "one number too many beside a whole one is no part of the word",
         {"input.txt": text("a 1.5 2", "b 2.5 3.25", "c 0.5 1 0.001", "d 3.5 4.5")}, bad("bad-matrix", "line 3", "3 numbers instead of 2", position=3))
    case("line-columns", "numbers in columns are no words that end in spaces", {"input.txt": text("a  0.5  1  0.001", "b  1.5  2  0.001")},
         bad("bad-matrix", "line 1", "one space"))
    case("line-columns-behind-header", "nor behind a header", {"input.txt": text("2 1", "a  0.5  1  0.001", "b  1.5  2  0.001")},
         bad("bad-matrix", "line 2", position=2))
    case("line-single", "one row is a matrix", {"input.txt": b"cat 0.25 0.5 0.75"}, good("glove", 3, [row("cat", 0.25, 0.5, 0.75)]))
    case("line-no-numbers", "a list of words is none", {"input.txt": text("cat", "dog")}, bad("bad-matrix", "no word matrix", "cat"))
    case("line-tabs", "tabs between fields are pointed out", {"input.txt": text("cat\t0.25\t0.5", "dog\t1.5\t2.5")},
         bad("bad-matrix", "no word matrix", "tabs"))
    case("line-commas", "and so are commas", {"input.txt": text("cat,0.25,0.5", "dog,1.5,2.5")}, bad("bad-matrix", "no word matrix", "commas"))
    case("line-long", "lines of 65,536 numbers",
         {"input.txt.gz": gz(text("cat" + " 0.5" * 65536, "dog" + " 1" * 65536))},
         ["format glove", "dim 65536", "declared 0", "rows 2"], ["file input.txt.gz"])
    case("line-too-many-numbers", "more numbers than a model can have",
         {"input.txt.gz": gz(text("cat" + " 0.5" * 65537, "dog" + " 1" * 65537))}, bad("bad-matrix", "65536", position=1),
         ["file input.txt.gz"])


def numbers():
    case("number-exponent", "-6.3681e-05 and other spellings", {"input.txt": text("a -6.3681e-05 1E3 +5", "b .5 5. 1e-45", "c -0 -0.0 3.4028235e38")},
         good("glove", 3, [row("a", "-6.3681e-05", 1000, 5), row("b", 0.5, 5, "1e-45"), row("c", "-0.0", "-0.0", "3.4028235e38")]))
    case("number-not-finite", "NaN, Infinity and overflow: the row is left out",
         {"input.txt": text("a nan 0.5", "b 0.25 0.5", "c 0.5 -Infinity", "d 1e39 0.5", "e 1.5 2.5", "f inf NaN")},
         good("glove", 2, [row("b", 0.25, 0.5), row("e", 1.5, 2.5)], 'skipped not_finite 4 line 1: "a"'))
    case("number-not-finite-strict", "--strict makes it an error", {"input.txt": text("b 0.25 0.5", "c 0.5 inf")},
         bad("bad-matrix", "line 2", '"c"', position=2), ["strict"])
    case("number-all-not-finite", "no rows are left", {"input.txt": text("a nan 0.5", "b inf 0.5")}, bad("bad-matrix", "no rows"))
    case("number-zero-vector", "is a row like others", {"input.txt": text("a 0 0", "b 0.0 -0.0")}, good("glove", 2, [row("a", 0, 0), row("b", 0, "-0.0")]))
    case("number-midpoint", "halfway between two floats goes to the even one, a hair more goes up",
         {"input.txt": text("a 1.000000059604644775390625 1.00000005960464477539062500000000000000000001",
                            "b 1.000000178813934326171875 1.00000017881393432617187499999999999999999999")},
         good("glove", 2, [row("a", "0x1p0", "0x1.000002p0"), row("b", "0x1.000004p0", "0x1.000002p0")]))


def duplicates():
    rows = text("cat 0.25 0.5", "dog 1.5 2.5", "cat 3.5 4.5", "mouse 5.5 6.5", "dog 7.5 8.5", "cat 9.5 10.5")
    case("duplicates-first", "the first of a word stays", {"input.txt": rows},
         good("glove", 2, [row("cat", 0.25, 0.5), row("dog", 1.5, 2.5), row("mouse", 5.5, 6.5)],
              'skipped duplicate 3 line 3: "cat" (row 0 has it)'))
    case("duplicates-last", "the last stays, in its own place", {"input.txt": rows},
         good("glove", 2, [row("mouse", 5.5, 6.5), row("dog", 7.5, 8.5), row("cat", 9.5, 10.5)],
              'skipped duplicate 3 line 1: "cat" (line 3 has it again)'), ["duplicates last"])
    case("duplicates-last-limit", "--limit counts the rows that stay", {"input.txt": rows},
         good("glove", 2, [row("mouse", 5.5, 6.5), row("dog", 7.5, 8.5)],
              'skipped duplicate 3 line 1: "cat" (line 3 has it again)'), ["duplicates last", "limit 2"])
    case("duplicates-error", "refused, by line", {"input.txt": rows}, bad("bad-matrix", "line 3", '"cat"', "row 0", position=3),
         ["duplicates error"])
    case("duplicates-strict", "--strict refuses them too", {"input.txt": rows}, bad("bad-matrix", "line 3", '"cat"', position=3), ["strict"])
    case("limit", "reads no further than it must: the broken line behind is not seen",
         {"input.txt": text("cat 0.25 -0.5", "cat 9.5 9.5", "dog 1.5 2.5", "mouse x y", "rat 1 2")},
         good("glove", 2, CAT_DOG_ROWS, 'skipped duplicate 1 line 2: "cat" (row 0 has it)'), ["limit 2"])


def word2vec():
    rows = [(b"cat", (0.25, -0.5, 1.0)), (b"dog", (1.5, 2.5, 3.5)), (b"caf\xc3\xa9", (4.5, 5.5, 6.5))]
    out = [row(word, *vector) for word, vector in rows]
    opt = ["file input.bin"]
    fine = good("word2vec-binary", 3, out, declared=3)
    case("binary", "no line feed behind the vectors (GoogleNews, gensim)", {"input.bin": binary(rows, 3)}, fine, opt)
    case("binary-line-feeds", "one behind each (the C program)", {"input.bin": binary(rows, 3, b"\n")}, fine, opt)
    case("binary-line-feeds-between", "one between any two", {"input.bin": binary(rows, 3, b"\n", last=b"")}, fine, opt)
    case("binary-line-feed-at-the-end", "one at the end only", {"input.bin": binary(rows, 3, last=b"\n")}, fine, opt)
    feeds = [(b"cat", (0.25, -0.5, 1.0)), (b"\n", (1.5, 2.5, 3.5)), (b"\n\ndog", (4.5, 5.5, 6.5)), (b"", (7.5, 8.5, 9.5))]
    feeds_out = good("word2vec-binary", 3, [row(word, *vector) for word, vector in feeds], declared=4)
    case("binary-words-of-line-feeds", "words that begin with line feeds keep them", {"input.bin": binary(feeds, 3)}, feeds_out, opt)
    case("binary-words-of-line-feeds-separated", "also where a line feed separates rows", {"input.bin": binary(feeds, 3, b"\n")}, feeds_out, opt)
    odd = [struct.pack("<3I", 0x80000000, 0x00000001, 0x807FFFFF), b"1.5\n2.5 3.5\n", struct.pack("<3f", 3.5, -0.0, 1e-38)]
    case("binary-bits", "floats bit for bit: -0.0, denormals, and bytes that are text",
         {"input.bin": binary([(b"a", odd[0]), (b"b", odd[1]), (b"c", odd[2])], 3)},
         good("word2vec-binary", 3, [row(word, *["bits:%08x" % bits for bits in struct.unpack("<3I", raw)])
                                     for word, raw in zip("abc", odd)], declared=3), opt)
    case("binary-not-finite", "rows with NaN or Infinity are left out",
         {"input.bin": binary([(b"a", struct.pack("<2I", 0x7FC00001, 0)), (b"b", (0.5, 1.5)), (b"c", (float("-inf"), 2.5))], 2)},
         good("word2vec-binary", 2, [row("b", 0.5, 1.5)], 'skipped not_finite 2 byte 4: "a"', declared=3), opt)
    whole = binary(rows, 3)
    case("binary-cut-in-a-vector", "a file that ends inside a row is refused, by byte", {"input.bin": whole[:-5]},
         bad("bad-matrix", "row 2", "byte 36", "7 of the 12 bytes", position=36), opt)
    case("binary-cut-in-a-word", "also inside a word", {"input.bin": whole[:38]}, bad("bad-matrix", "row 2", "byte 36", "inside its word", position=36), opt)
    case("binary-cut-between-rows", "rows that are missing as a whole show in the header's count", {"input.bin": whole[:36]},
         good("word2vec-binary", 3, out[:2], "warning the header says 3 rows, but there are 2", declared=3), opt)
    case("binary-more-than-the-header-says", "rows behind the header's count are kept, with a warning", {"input.bin": binary(rows, 3, declared=2)},
         good("word2vec-binary", 3, out, "warning the header says 2 rows, but there are 3", declared=2), opt)
    case("binary-junk-behind", "what follows the rows and is none is refused", {"input.bin": whole + b"junk"},
         bad("bad-matrix", "byte 54", "header's rows are all read", position=54), opt)
    case("binary-without-header", "cannot be read, and it is said why", {"input.bin": whole.split(b"\n", 1)[1]}, bad("bad-matrix", "begins with a line"),
         opt + ["format word2vec-binary"])
    case("binary-that-is-text", "a .bin that is text is read as text", {"input.bin": text("2 2") + CAT_DOG},
         good("word2vec-text", 2, CAT_DOG_ROWS, declared=2), opt)
    case("binary-forced-on-text", "text is not read as binary, forced or not", {"input.txt": text("2 2") + CAT_DOG},
         bad("bad-matrix", "text, not binary", position=2), ["format word2vec-binary"])
    case("binary-word-too-long", "a word over 65,535 bytes means that the file is something else",
         {"input.bin": binary([(b"a", (1.0, 2.0)), (b"w" * 65536, (1.0, 2.0))], 2)}, bad("bad-matrix", "byte 14", "65535", position=14), opt)
    case("binary-duplicates", "by byte", {"input.bin": binary([(b"a", (0.5,)), (b"b", (1.5,)), (b"a", (2.5,))], 1)},
         good("word2vec-binary", 1, [row("a", 0.5), row("b", 1.5)], 'skipped duplicate 1 byte 16: "a" (row 0 has it)', declared=3), opt)
    case("binary-gzip", "inside gzip", {"input.bin.gz": gz(whole)}, fine, ["file input.bin.gz"])


def containers():
    big = text(*["w%d 0.25 0.5" % i for i in range(30000)])
    case("gzip", "told by its bytes, whatever the name", {"input.txt": gz(CAT_DOG)}, TWO)
    case("gzip-members", "several members are one stream", {"input.txt.gz": gz(CAT_DOG[:5]) + gz(CAT_DOG[5:20]) + gz(b"") + gz(CAT_DOG[20:])}, TWO,
         ["file input.txt.gz"])
    case("gzip-padded", "zeros behind it are padding", {"input.txt.gz": gz(CAT_DOG) + b"\0" * 512}, TWO, ["file input.txt.gz"])
    case("gzip-trailing-bytes", "other bytes behind it are ignored with a warning", {"input.txt.gz": gz(CAT_DOG) + b"junk"},
         TWO + ["warning bytes after the end of the gzip data"], ["file input.txt.gz"])
    case("gzip-trailing-bytes-strict", "--strict makes that an error", {"input.txt.gz": gz(CAT_DOG) + b"junk"},
         bad("bad-matrix", "bytes after the end of the gzip data"), ["file input.txt.gz", "strict"])
    case("gzip-cut", "a gzip that is cut off, on a line's border or not", {"input.txt.gz": gz(big)[:-2000]}, bad("bad-matrix", "cut off"),
         ["file input.txt.gz"])
    case("gzip-cut-in-the-trailer", "content whole, but its sum is missing", {"input.txt.gz": gz(CAT_DOG)[:-4]}, bad("bad-matrix", "cut off"),
         ["file input.txt.gz"])
    case("gzip-cut-in-the-header", "nothing of it there", {"input.txt.gz": gz(CAT_DOG)[:2]}, bad("bad-matrix", "cut off"), ["file input.txt.gz"])
    broken = bytearray(gz(CAT_DOG))
    broken[-6] ^= 1
    case("gzip-damaged", "a sum that does not hold", {"input.txt.gz": bytes(broken)}, bad("bad-matrix", "damaged"), ["file input.txt.gz"])
    case("gzip-empty", "gzip of nothing", {"input.txt.gz": gz(b"")}, bad("bad-matrix", "no rows"), ["file input.txt.gz"])
    case("gzip-on-stdin", "standard input may be gzip", {"input.txt.gz": gz(CAT_DOG)}, TWO, ["stdin input.txt.gz"])
    case("stdin", "or plain", {"input.txt": CAT_DOG}, TWO, ["stdin input.txt"])
    zipped = zip_of([("glove/", b""), ("glove/input.txt", CAT_DOG), ("__MACOSX/glove/._input.txt", b"x")])
    case("zip", "the only file of an archive; folders do not count", {"input.zip": zipped}, TWO, ["file input.zip"])
    case("zip-stored", "without compression", {"input.zip": zip_of([("input.txt", CAT_DOG)], zipfile.ZIP_STORED)}, TWO, ["file input.zip"])
    several = zip_of([("a.txt", text("no matrix")), ("deep/b.txt", CAT_DOG), ("c.txt", text("no matrix"))])
    case("zip-several", "several files: the choice is asked for", {"input.zip": several},
         bad("bad-argument", "input.zip:MEMBER", "a.txt, deep/b.txt, c.txt"), ["file input.zip"])
    case("zip-member", "FILE.zip:member chooses", {"input.zip": several}, TWO, ["file input.zip:deep/b.txt"])
    case("zip-member-by-last-name", "its folders may be left out", {"input.zip": several}, TWO, ["file input.zip:b.txt"])
    case("zip-member-missing", "members are listed", {"input.zip": several}, bad("not-found", "no member", "d.txt", "a.txt, deep/b.txt, c.txt"),
         ["file input.zip:d.txt"])
    case("zip-member-of-no-zip", "only a zip has members", {"input.txt": CAT_DOG}, bad("bad-argument", "no zip"), ["file input.txt:x"])
    case("zip-empty", "an archive of nothing", {"input.zip": zip_of([])}, bad("bad-matrix", "holds no file"), ["file input.zip"])
    cut = zip_of([("input.txt", big)])
    case("zip-cut", "an archive that is cut off", {"input.zip": cut[:-3000]}, bad("bad-matrix", "cut off"), ["file input.zip"])
    damaged = bytearray(zip_of([("input.txt", CAT_DOG)], zipfile.ZIP_STORED))
    damaged[damaged.index(b"dog")] ^= 4
    case("zip-damaged", "a member whose sum does not hold", {"input.zip": bytes(damaged)}, bad("bad-matrix", "damaged"), ["file input.zip"])
    case("zip-encrypted", "a password is not asked for", {"input.zip": encrypted()}, bad("unsupported", "unpack it"), ["file input.zip"])
    case("zip-on-stdin", "needs its end first", {"input.zip": zipped}, bad("unsupported", "standard input"), ["stdin input.zip"])
    case("name-with-colon", "a file of that name wins over a member", {"input.zip": several, "input.zip:deep": CAT_DOG}, TWO, ["file input.zip:deep"])
    case("zip-member-with-a-line-feed", "names are bytes, and what is said of them is one line",
         {"input.zip": zip_of([("a\nb.txt", b""), ("c.txt", b"")])}, bad("bad-argument", "a\\x0Ab.txt, c.txt"), ["file input.zip"])
    coloured = "a\n\x1b[31mb.txt"
    case("zip-member-with-controls", "and nothing in it steers a terminal",
         {"input.zip": zip_of([(coloured, b""), ("c.txt", b"")])}, bad("bad-argument", 'a\\x0A\\x1B[31mb.txt, c.txt'), ["file input.zip"])
    case("zip-member-with-controls-missing", "also where a member is not found", {"input.zip": zip_of([(coloured, b""), ("c.txt", b"")])},
         bad("not-found", '"d.txt"; it holds a\\x0A\\x1B[31mb.txt, c.txt'), ["file input.zip:d.txt"])
    stored = bytearray(zip_of([(coloured, CAT_DOG)], zipfile.ZIP_STORED))
    stored[stored.index(b"dog")] ^= 4
    case("zip-member-with-controls-damaged", "or is damaged", {"input.zip": bytes(stored)},
         bad("bad-matrix", 'a\\x0A\\x1B[31mb.txt', "damaged"), ["file input.zip"])
    case("empty", "no bytes at all", {"input.txt": b""}, bad("bad-matrix", "no rows"))
    case("missing", "no such file", {}, bad("not-found", "input.txt"))


def encrypted():
    """A zip whose entry has the flag of encryption."""
    raw = bytearray(zip_of([("input.txt", CAT_DOG)], zipfile.ZIP_STORED))
    for at in (6, raw.index(b"PK\1\2") + 8):
        raw[at] |= 1
    return bytes(raw)


def arrays():
    numbers = [0.25, -0.5, 1.5, 2.5, 3.5, 4.5]
    names = text("cat", "dog", "at name@domain.com")
    three = [row("cat", 0.25, -0.5), row("dog", 1.5, 2.5), row("at name@domain.com", 3.5, 4.5)]

    def array(name, why, content, expected, words=names, options=(), file="input.npy"):
        case("npy-" + name, why, {file: content, "list.txt": words}, expected, ["file " + file, "words list.txt", *options])

    def rows(*expected, dim=2):
        return good("npy", dim, expected, declared=len(expected))

    plain = npy("<f4", (3, 2), numbers)
    array("f4", "as numpy.save writes it", plain, rows(*three))
    array("f4-big-endian", "another byte order", npy(">f4", (3, 2), numbers), rows(*three))
    array("f4-bits", "-0.0 and denormals", npy("<f4", (1, 3), struct.pack("<3I", 0x80000000, 1, 0x7F7FFFFF)),
          rows(row("cat", "bits:80000000", "bits:00000001", "bits:7f7fffff"), dim=3), text("cat"))
    array("f2", "halves are floats", npy("<f2", (3, 2), [0.1, -65504, 2**-24, 0, 1, 2]),
          rows(row("cat", 0.0999755859375, -65504), row("dog", 2**-24, 0), row("at name@domain.com", 1, 2)))
    array("f2-big-endian", "in another byte order", npy(">f2", (3, 2), numbers), rows(*three))
    array("f8", "doubles are rounded to nearest", npy("<f8", (3, 2), [0.1, -0.5, 1 + 2**-24, 1 + 3 * 2**-24, 1e-46, 1e-50]),
          rows(row("cat", 0.1, -0.5), row("dog", 1, "bits:3f800002"), row("at name@domain.com", 0, 0)))
    array("f8-big-endian", "in another byte order", npy(">f8", (3, 2), numbers), rows(*three))
    array("f8-beyond-float32", "what rounds to infinity is no number", npy("<f8", (3, 2), [0.25, -0.5, 1, 3.5e38, 3.5, 4.5]),
          good("npy", 2, [three[0], three[2]], 'skipped not_finite 1 row 1: "dog"', declared=3))
    array("not-finite", "and so are these", npy("<f2", (3, 2), [float("nan"), 1, 1, float("-inf"), 3.5, 4.5]),
          good("npy", 2, [three[2]], 'skipped not_finite 2 row 0: "cat"', declared=3))
    array("not-finite-strict", "unless it is an error", npy("<f4", (3, 2), [0, 1, 1, float("inf"), 3.5, 4.5]),
          bad("bad-matrix", 'row 1: "dog"', "infinite", position=1), options=["strict"])
    array("fortran", "columns lie together", npy("<f4", (3, 2), [0.25, 1.5, 3.5, -0.5, 2.5, 4.5], fortran=True), rows(*three))
    array("fortran-f8", "of doubles", npy(">f8", (3, 2), [0.25, 1.5, 3.5, -0.5, 2.5, 4.5], fortran=True), rows(*three))
    array("version-2", "a long length", npy("<f4", (3, 2), numbers, version=2), rows(*three))
    array("version-3", "UTF-8", npy("<f4", (3, 2), numbers, version=3), rows(*three))
    array("gzip", "compressed", gz(plain), rows(*three), file="input.npy.gz")
    array("npz", "numpy.savez of one array", zip_of([("arr_0.npy", plain)], zipfile.ZIP_STORED), rows(*three), file="input.npz")
    case("npy-npz-member", "of several", {"input.npz": zip_of([("a.npy", b"x"), ("b.npy", plain)]), "list.txt": names}, rows(*three),
         ["file input.npz:b.npy", "words list.txt"])
    case("npy-words-beside", "the list has the array's name", {"m.npy": plain, "m.words.txt": names}, rows(*three), ["file m.npy"])
    case("npy-words-beside-gzip", "and so when that is compressed", {"m.npy.gz": gz(plain), "m.words": names}, rows(*three), ["file m.npy.gz"])
    case("npy-words-missing", "an array has no words", {"m.npy": plain, "m.txt": names}, bad("bad-argument", "--words", "x.words.txt"),
         ["file m.npy"])
    case("npy-words-missing-on-stdin", "nor one without a name", {"m.npy": plain, "m.words.txt": names}, bad("bad-argument", "--words"),
         ["stdin m.npy"])
    case("npy-words-not-there", "a list that is named must be there", {"m.npy": plain}, bad("not-found", "nowhere.txt"), ["file m.npy", "words nowhere.txt"])
    case("npy-on-stdin", "with a list", {"m.npy": plain, "list.txt": names}, rows(*three), ["stdin m.npy", "words list.txt"])
    case("npy-words-of-another-format", "a list where it means nothing", {"input.txt": CAT_DOG, "list.txt": names},
         bad("bad-argument", "--words is for npy"), ["words list.txt"])
    array("words-fewer", "which row would lack one?", plain, bad("bad-matrix", "3 rows", "list.txt has 2 words"), text("cat", "dog"))
    array("words-more", "which word would be too many?", plain, bad("bad-matrix", "3 rows", "list.txt has 4 words"), names + b"more\n")
    array("words-crlf", "as Windows ends lines", plain, rows(*three), names.replace(b"\n", b"\r\n"))
    array("words-without-final-newline", "the last line may lack its end", plain, rows(*three), names[:-1])
    array("words-empty", "an empty line is the empty word", plain, rows(row("cat", 0.25, -0.5), row("", 1.5, 2.5), row(b"\xff ", 3.5, 4.5)),
          b"cat\n\n\xff \n")
    array("words-gzip", "compressed", plain, rows(*three), gz(names))
    array("words-too-long", "over 65,535 bytes", plain, bad("bad-matrix", "line 2", "65535", position=2), text("cat", "x" * 65536, "dog"))
    array("duplicates", "a word twice", plain, good("npy", 2, three[:2], 'skipped duplicate 1 row 2: "cat" (row 0 has it)', declared=3),
          text("cat", "dog", "cat"))
    array("limit", "the first rows of it", plain, good("npy", 2, three[:1], declared=3), options=["limit 1"])
    array("cut-off", "at byte 128 + 20", plain[:-4], bad("bad-matrix", "cut off", "148", "152", position=148))
    array("cut-off-fortran", "likewise", npy("<f4", (3, 2), numbers, fortran=True)[:-1], bad("bad-matrix", "cut off", position=151))
    array("cut-off-in-its-head", "before there is an array", plain[:60], bad("bad-matrix", "ends in its header", position=60))
    array("more-behind", "numpy.load would not see it", plain + plain, bad("bad-matrix", "more follows", position=152))
    array("forced", "by its name", plain, rows(*three), options=["format npy"])
    array("forced-on-text", "which this is not", CAT_DOG, bad("bad-matrix", "not a .npy file", position=0), options=["format npy"])
    array("forced-glove", "which this is not", plain, bad("unsupported", "--format npy"), options=["format glove"])
    array("one-dimension", "no matrix", npy("<f4", (6,), numbers), bad("bad-matrix", "1 dimensions"))
    array("three-dimensions", "more than a matrix", npy("<f4", (3, 1, 2), numbers), bad("bad-matrix", "3 dimensions"))
    array("integers", "no vectors", npy("<i8", (1, 2), [1, 2]), bad("bad-matrix", "'<i8'", "floats"), text("cat"))
    array("objects", "a pickle", npy("|O", (3, 2), b""), bad("unsupported", "'|O'"))
    array("no-rows", "an empty matrix", npy("<f4", (0, 2), b""), bad("bad-matrix", "no rows"), b"")
    array("no-columns", "another", npy("<f4", (3, 0), b""), bad("bad-matrix", "3 rows of 0 numbers"))
    array("too-many-columns", "a model has 65,536", npy("<f4", (1, 65537), bytes(4 * 65537)), bad("bad-matrix", "65537 numbers"), text("cat"))
    array("too-many-rows", "2^32 of them", npy("<f4", (2**32, 1), b""), bad("bad-matrix", "4294967296 rows"))
    array("head-of-no-sense", "where it stops to make sense",
          npy("<f4", (3, 2), numbers, header="{'descr': '<f4', 'fortran_order': Maybe, 'shape': (3, 2), }"),
          bad("bad-matrix", "byte 44", "True or False", position=44))
    array("head-of-a-huge-shape", "more bytes than there can be",
          npy("<f4", (3, 2), numbers, header="{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }"),
          bad("bad-matrix", "more bytes than there can be"))
    array("version-4", "not known", b"\x93NUMPY\4\0" + plain[8:], bad("unsupported", "4.0", position=6))


def foreign():
    def refused(name, why, content, *errors):
        case("refused-" + name, why, {"input.bin": content}, bad("unsupported", *errors), ["file input.bin"])

    refused("pickle", "a .bin that is a pickle (gensim)", b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94.", "pickle", "save_word2vec_format")
    refused("pickle-old", "protocol 0", b"ccopy_reg\n_reconstructor\np0\n(cgensim.models.keyedvectors\n", "pickle")
    refused("hdf5", "HDF5", b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5")
    json = b'{"embedding":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}'
    refused("safetensors", "safetensors", struct.pack("<Q", len(json)) + json + bytes(16), "safetensors")
    refused("sqlite", "Magnitude", b"SQLite format 3\0" + bytes(84), "SQLite")
    refused("xz", "another compression", b"\xfd7zXZ\0" + bytes(26), "xz")
    refused("bzip2", "whose mark could be a word", b"BZh91AY&SY" + bytes(range(40, 80)), "bzip2")
    refused("tar", "an archive", b"glove/".ljust(257, b"\0") + b"ustar\0" + b"00" + bytes(247), "tar")
    refused("gzip-in-gzip", "twice compressed", gz(gz(CAT_DOG)), "gzip inside")
    refused("html", "the error page of a download", b"<!DOCTYPE html>\n<html><body>404</body></html>\n", "HTML")
    refused("lfs", "a pointer", text("version https://git-lfs.github.com/spec/v1", "oid sha256:00", "size 5"), "LFS")
    refused("utf16", "UTF-16", "\ufeffcat 0.25 0.5\n".encode("utf-16-le"), "UTF-16")
    refused("lmdb", "a store file itself", bytes(16) + b"\xde\xc0\xef\xbe" + bytes(100), "LMDB")
    case("words-like-marks", "words that look like other formats' marks",
         {"input.txt": text("BZh 0.25 0.5", "PAR1 1.5 2.5", "<html 3.5 4.5", "GGUF 5.5 6.5")},
         good("glove", 2, [row("BZh", 0.25, 0.5), row("PAR1", 1.5, 2.5), row("<html", 3.5, 4.5), row("GGUF", 5.5, 6.5)]))
    case("noise", "bytes of no known meaning", {"input.bin": zlib.compress(bytes(range(256)) * 4, 0)}, bad("bad-matrix", "no word matrix"), ["file input.bin"])


# ---- fastText's binary models, written and computed here from what fastText's documentation and sources say of them

def f32(number):
    return struct.unpack("<f", struct.pack("<f", number))[0]


def bits(number):
    return "bits:%08x" % struct.unpack("<I", struct.pack("<f", number))


class FastText:
    """A model of dim 2 whose parts can be changed one by one before it is written."""

    def __init__(self, words, labels=(), minn=3, maxn=6, buckets=4, version=12, kind=2, kept=None, quantised=None):
        self.words, self.labels = [word.encode() if isinstance(word, str) else word for word in words], labels
        self.minn, self.maxn, self.buckets, self.version, self.kind = minn, maxn, buckets, version, kind
        self.kept = kept  # of a pruned model: buckets, in the order of their rows
        self.quantised = quantised  # None, "plain", "norms"
        self.dim = 2
        count = len(self.words) + (buckets if kept is None else len(kept))
        self.matrix = [(0.25 * row + 0.5, 1.5 - 0.1 * row) for row in range(count)]
        self.matrix = [tuple(f32(x) for x in vector) for vector in self.matrix]
        if quantised:
            self.quantise()

    def quantise(self):
        """One part of two dimensions; with norms of 1, 2 or 4 by row."""
        self.norms = [2.0 ** (row % 3) if self.quantised == "norms" else 1.0 for row in range(len(self.matrix))]
        self.centroids = [(f32(0.3 * code), f32(1 - 0.7 * code)) for code in range(256)]
        self.codes = bytes((7 * row + 3) % 256 for row in range(len(self.matrix)))
        self.matrix = [tuple(f32(norm * x) for x in self.centroids[code]) for norm, code in zip(self.norms, self.codes)]

    def head(self):
        arguments = struct.pack("<12id", self.dim, 5, 5, 1, 5, 1, 2, self.kind, self.buckets, self.minn, self.maxn, 100, 1e-4)
        counts = struct.pack("<3iq", len(self.words) + len(self.labels), len(self.words), len(self.labels), 77)
        if self.version == 0:
            return arguments + counts
        pruned = struct.pack("<q", -1 if self.kept is None else len(self.kept))
        return struct.pack("<2i", 793712314, self.version) + arguments + counts + pruned

    def dictionary(self):
        entries = [word + struct.pack("<Bqb", 0, 9, 0) for word in self.words]
        entries += [label.encode() + struct.pack("<Bqb", 0, 9, 1) for label in self.labels]
        return b"".join(entries)

    def table(self):
        return b"".join(struct.pack("<2i", bucket, row) for row, bucket in enumerate(self.kept or ()))

    def shape(self):
        return struct.pack("<2q", len(self.matrix), self.dim)

    def quantiser(self):
        return struct.pack("<4i", 2, 1, 2, 2) + b"".join(struct.pack("<2f", *centroid) for centroid in self.centroids)

    def norm_part(self):
        return (bytes(row % 3 for row in range(len(self.matrix))) + struct.pack("<4i", 1, 1, 1, 1) +
                struct.pack("<256f", *(2.0 ** code if code < 3 else 0 for code in range(256))))

    def input(self):
        if self.quantised:
            has_norms = self.quantised == "norms"
            return (struct.pack("<B", 1) + struct.pack("<B", has_norms) + self.shape() +
                    struct.pack("<i", len(self.codes)) + self.codes + self.quantiser() +
                    (self.norm_part() if has_norms else b""))
        flag = b"" if self.version == 0 else b"\0"
        return flag + self.shape() + b"".join(struct.pack("<2f", *vector) for vector in self.matrix)

    def output(self):
        return (b"" if self.version == 0 else b"\0") + struct.pack("<2q", 0, self.dim)

    def bytes(self):
        return self.head() + self.dictionary() + self.table() + self.input() + self.output()

    def rows_of(self, word):
        """The matrix's rows for the n-grams of a word."""
        if self.maxn == 0 or (self.version == 11 and self.kind == 3) or (word == b"</s>" and self.version > 0):
            return []
        text, rows = b"<" + word + b">", []
        starts = [i for i, byte in enumerate(text) if byte & 0xC0 != 0x80] + [len(text)]
        for first in range(len(starts) - 1):
            for last in range(first, len(starts) - 1):
                length = last - first + 1
                if not self.minn <= length <= self.maxn or length == 1 and (first == 0 or last == len(starts) - 2):
                    continue
                value = 2166136261
                for byte in text[starts[first]:starts[last + 1]]:
                    value = (value ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619 % 2 ** 32
                bucket = value % self.buckets
                if self.kept is None:
                    rows.append(len(self.words) + bucket)
                elif bucket in self.kept:
                    rows.append(len(self.words) + self.kept.index(bucket))
        return rows

    def vector(self, rows):
        total = [0.0] * self.dim
        for row in rows:
            total = [f32(a + b) for a, b in zip(total, self.matrix[row])]
        return [f32(x * f32(1.0 / len(rows))) for x in total]

    def known(self, count=None):
        words = self.words[:count]
        return [row(word, *map(bits, self.vector([i] + self.rows_of(word)))) for i, word in enumerate(words)]

    def unknown(self, *words):
        lines = []
        for word in (word.encode() if isinstance(word, str) else word for word in words):
            rows = self.rows_of(word)
            lines.append(row(word, *map(bits, self.vector(rows) if rows else ())).replace("row", "unknown", 1))
        return lines

    def subwords(self):
        rows = self.buckets if self.kept is None else len(self.kept)
        none = self.maxn == 0 or rows == 0 or (self.version == 11 and self.kind == 3)
        return ["subwords none" if none else "subwords %d %d %d %d" % (self.minn, self.maxn, self.buckets, rows)]

    def good(self, *unknown):
        return good("fasttext-bin", 2, self.known(), *self.subwords(), *self.unknown(*unknown), declared=len(self.words))


FT_WORDS = ["</s>", "cat", "na\u00efve", "a", "\u65e5\u672c\u8a9e"]
FT_UNKNOWN = ["dog", "cats", "\u65e5", "x", "", "d\u00f6g", b"\xff\xfe", b"a\x80\x80b", "</s", "a b c"]


def fasttext():
    def model(name, why, made, options=(), unknown=FT_UNKNOWN):
        case("fasttext-" + name, why, {"input.bin": made.bytes()}, made.good(*unknown), ["file input.bin", *options])

    model("bin", "version 12, n-grams of 3 to 6 characters; </s> has none", FastText(FT_WORDS))
    model("bin-short", "n-grams of one character: never a mark alone", FastText(FT_WORDS, minn=1, maxn=2, buckets=7))
    model("bin-least-of-zero", "as good as one", FastText(FT_WORDS, minn=0, maxn=1, buckets=3))
    model("bin-11", "version 11", FastText(FT_WORDS, version=11))
    model("bin-old", "the layout without mark: </s> has n-grams", FastText(FT_WORDS, version=0), unknown=FT_UNKNOWN[:3])
    model("bin-labels", "a supervised model: labels are no words", FastText(FT_WORDS, ["__label__a", "__label__b"], kind=3))
    model("bin-labels-11", "version 11: supervised models have no n-grams of characters",
          FastText(FT_WORDS, ["__label__a"], kind=3, version=11), unknown=())
    model("bin-no-ngrams", "no n-grams, and no rows of them", FastText(FT_WORDS, minn=0, maxn=0, buckets=0), unknown=())
    model("bin-word-ngrams", "rows of word pairs belong to no word", FastText(FT_WORDS, minn=0, maxn=0, buckets=9), unknown=())
    model("bin-forced", "forced", FastText(FT_WORDS), ["format fasttext-bin"])
    model("bin-long-word", "the longest word", FastText(["w" * 65535], buckets=2), unknown=())
    model("ftz", "quantised", FastText(FT_WORDS, quantised="plain"))
    model("ftz-norms", "quantised, and the norms too", FastText(FT_WORDS, quantised="norms"))
    model("ftz-pruned", "only some buckets are left, in any order", FastText(FT_WORDS, buckets=11, kept=[7, 2, 10, 0], quantised="norms"))
    model("ftz-pruned-of-all", "no n-gram is left", FastText(FT_WORDS, buckets=11, kept=[], quantised="plain"), unknown=())
    fasttext_containers()
    fasttext_rules()
    fasttext_cuts()
    fasttext_lies()


def fasttext_containers():
    made = FastText(FT_WORDS)
    case("fasttext-gzip", "gzipped", {"input.bin.gz": gz(made.bytes())}, made.good("dog"), ["file input.bin.gz"])
    case("fasttext-zip", "zipped", {"input.zip": zip_of([("m.bin", made.bytes())])}, made.good("dog"), ["file input.zip"])
    case("fasttext-stdin", "from standard input", {"input.bin": made.bytes()}, made.good("dog"), ["stdin input.bin"])
    case("fasttext-without-output", "what follows the input matrix is not looked at", {"input.bin": made.bytes()[:-len(made.output())]},
         made.good("dog"), ["file input.bin"])
    cut = gz(made.bytes())[:150]
    case("fasttext-gzip-cut", "a gzip that ends early", {"input.bin.gz": cut}, bad("bad-matrix", "gzip"), ["file input.bin.gz"])


def fasttext_rules():
    made = FastText(FT_WORDS)
    some = good("fasttext-bin", 2, made.known(2), *made.subwords(), *made.unknown("dog", "na\u00efve"), declared=5)
    case("fasttext-limit", "the first rows, and all n-grams", {"input.bin": made.bytes()}, some, ["file input.bin", "limit 2"])
    made = FastText(["cat", "dog", "cat"])
    at = len(made.head())
    known = made.known()
    skipped = 'skipped duplicate 1 byte %d: "cat" (%s)'
    case("fasttext-duplicates-first", "a dictionary that no program writes", {"input.bin": made.bytes()},
         good("fasttext-bin", 2, known[:2], skipped % (at + 26, "row 0 has it"), declared=3), ["file input.bin"])
    case("fasttext-duplicates-last", "the later row", {"input.bin": made.bytes()},
         good("fasttext-bin", 2, known[1:], skipped % (at, "byte %d has it again" % (at + 26)), *made.unknown("cats"), declared=3),
         ["file input.bin", "duplicates last"])
    made = FastText(["cat", b"\xff\xfe"])
    known = made.known()
    case("fasttext-encoding-replace", "the vector is that of the bytes", {"input.bin": made.bytes()},
         good("fasttext-bin", 2, [known[0], known[1].replace("%FF%FE", "%EF%BF%BD%EF%BF%BD")], declared=2),
         ["file input.bin", "encoding-errors replace"])
    made = FastText(["cat", "dog", "owl"])
    made.matrix[1] = (float("nan"), 1.0)
    known = made.known()
    nan = 'skipped not_finite 1 byte %d: "dog"' % (len(made.head()) + 13)
    case("fasttext-not-finite", "a word's row", {"input.bin": made.bytes()},
         good("fasttext-bin", 2, [known[0], known[2]], nan, *made.unknown("dog"), declared=3), ["file input.bin"])
    case("fasttext-not-finite-strict", "is an error", {"input.bin": made.bytes()},
         bad("bad-matrix", "NaN", position=len(made.head()) + 13), ["file input.bin", "strict"])


def fasttext_cuts():
    def cut(name, why, made, length, position, *errors):
        case("fasttext-cut-" + name, why, {"input.bin": made.bytes()[:length]}, bad("bad-matrix", "cut off", *errors, position=position), ["file input.bin"])

    made = FastText(FT_WORDS, ["__label__a"], kind=3)
    head, words = len(made.head()), len(made.head() + made.dictionary())
    cut("in-the-mark", "inside the version", made, 6, 6, "ends at byte 6")
    cut("in-the-head", "inside the arguments", made, 60, 60, "head")
    cut("behind-the-head", "before the first word", made, head, head, "entry 0")
    cut("in-a-word", "inside a word", made, head + 15, head + 14, "entry 1", "ends at byte %d" % (head + 15))
    cut("in-an-entry", "behind a word", made, head + 20, head + 14, "entry 1")
    cut("in-a-label", "inside a label", made, words - 12, words - 20, "entry 5")
    cut("behind-the-words", "before the matrix", made, words, words, "matrix")
    cut("in-the-shape", "inside the shape", made, words + 9, words + 1, "shape")
    cut("in-a-row", "inside a row", made, words + 17 + 12, words + 17 + 8, "row 1 of 9", "ends at byte %d" % (words + 29))
    cut("in-an-ngram", "inside the last row", made, words + 17 + 71, words + 17 + 64, "row 8 of 9")
    made = FastText(FT_WORDS, minn=0, maxn=0, buckets=9)
    cut("in-a-row-not-needed", "a row of word pairs", made, -len(made.output()) - 1, len(made.bytes()) - len(made.output()) - 8, "row 13 of 14")
    made = FastText(FT_WORDS, buckets=11, kept=[7, 2, 10, 0], quantised="norms")
    table = len(made.head() + made.dictionary())
    codes = table + 32 + 2 + 16 + 4
    centroids = codes + 9 + 16
    norms = centroids + 2048
    cut("in-the-table", "inside the table of a pruned model", made, table + 12, table, "table")
    cut("in-the-codes", "inside the codes", made, codes + 4, codes, "codes")
    cut("in-a-quantiser", "inside its numbers", made, codes + 12, codes + 9, "quantiser")
    cut("in-the-centroids", "inside the centroids", made, centroids + 5, centroids, "centroids")
    cut("in-the-norms", "inside the norms", made, norms + 5, norms, "norms")
    cut("in-the-norm-centroids", "inside the centroids of norms", made, norms + 9 + 16 + 5, norms + 9 + 16, "centroids")


def fasttext_lies():
    def lie(name, why, made, at, form, value, *errors, position=None, status="bad-matrix"):
        content = bytearray(made.bytes())
        struct.pack_into("<" + form, content, at, value)
        case("fasttext-lie-" + name, why, {"input.bin": bytes(content)}, bad(status, *errors, position=at if position is None else position),
             ["file input.bin"])

    made = FastText(FT_WORDS, ["__label__a"], kind=3)
    words = len(made.head() + made.dictionary())
    lie("version", "a version of the future", made, 4, "i", 13, "version 13", status="unsupported")
    lie("no-dimensions", "no dimensions", made, 8, "i", 0, "dimensions: 0")
    lie("many-dimensions", "too many", made, 8, "i", 65537, "dimensions: 65537")
    lie("model", "no kind of model", made, 36, "i", 4, "kind of model")
    lie("buckets", "fewer than none", made, 40, "i", -1, "buckets of n-grams: -1")
    lie("least", "shorter than nothing", made, 44, "i", -3, "least length")
    lie("greatest", "too long", made, 48, "i", 256, "greatest length of an n-gram: 256")
    lie("greatest-negative", "shorter than nothing", made, 48, "i", -1, "greatest length")
    lie("entries", "words and labels are not all", made, 64, "i", 7, "entries: 7")
    lie("words", "fewer than none", made, 68, "i", -1, "words: -1")
    lie("labels", "fewer than none", made, 72, "i", -1, "labels: -1")
    lie("pruned", "pruned to less than nothing", made, 84, "q", -2, "pruning: -2")
    lie("pruned-to-more", "pruned to more than there are", made, 84, "q", 5, "pruning: 5")
    lie("pruned-not-quantised", "which fastText refuses too", made, 84, "q", 0, "not quantised", position=words)
    lie("label-first", "a label among the words", made, 92 + 13, "b", 1, "entry 0", "no word", position=92)
    lie("word-last", "a word among the labels", made, words - 1, "b", 0, "entry 5", "no label", position=words - 20)
    lie("flag", "neither quantised nor not", made, words, "b", 7, "flag")
    lie("rows", "more rows than words and buckets", made, words + 1, "q", 10, "10 rows of 2 numbers, not 9 of 2")
    lie("rows-huge", "very many", made, words + 1, "q", 2 ** 62, "rows of 2")
    lie("width", "rows of another length", made, words + 9, "q", 3, "9 rows of 3 numbers", position=words + 1)
    lie("ngram-not-finite", "the row of an n-gram", made, words + 17 + 48, "f", float("inf"), "n-gram", "infinite")
    lie("ngram-too-large", "sums of it could overflow", made, words + 17 + 52, "f", -2e30, "1e30", position=words + 17 + 48)
    none = FastText([], ["__label__a"], kind=3)
    case("fasttext-lie-no-words", "labels alone", {"input.bin": none.bytes()}, bad("bad-matrix", "words: 0", position=68), ["file input.bin"])
    long = FastText(["w" * 65536])
    case("fasttext-word-too-long", "a word over the limit", {"input.bin": long.bytes()},
         bad("bad-matrix", "entry 0", "65535", position=92), ["file input.bin"])
    made = FastText(FT_WORDS, buckets=11, kept=[7, 2, 10, 0], quantised="norms")
    table = len(made.head() + made.dictionary())
    codes = table + 32 + 2 + 16 + 4
    lie("table-bucket", "a bucket that is none", made, table + 8, "i", 11, "leads out", position=table)
    lie("table-row", "a row that is none", made, table + 12, "i", -1, "leads out", position=table)
    lie("table-twice", "a bucket twice", made, table + 8, "i", 7, "twice", position=table)
    lie("norms", "neither with nor without norms", made, table + 33, "b", 2, "flag")
    lie("codes", "codes for half a row", made, codes - 4, "i", 10, "size of the codes")
    lie("codes-too-many", "more parts than dimensions", made, codes - 4, "i", 27, "size of the codes")
    lie("codes-negative", "fewer than none", made, codes - 4, "i", -9, "size of the codes")
    lie("quantiser-width", "of other vectors", made, codes + 9, "i", 3, "quantiser")
    lie("quantiser-parts", "of more parts", made, codes + 13, "i", 2, "quantiser", position=codes + 9)
    lie("quantiser-part", "of parts of nothing", made, codes + 17, "i", 0, "quantiser", position=codes + 9)
    lie("quantiser-last", "of a last part that is too long", made, codes + 21, "i", 3, "quantiser", position=codes + 9)
    lie("centroid", "which makes an n-gram infinite", made, codes + 9 + 16 + 8 * made.codes[8], "f", float("inf"), "n-gram", position=table + 33)
    case("fasttext-forced-on-text", "no such thing", {"input.txt": CAT_DOG}, bad("bad-matrix", "no binary model of fastText", position=0),
         ["format fasttext-bin"])
    case("fasttext-forced-otherwise", "it is recognised all the same", {"input.bin": made.bytes()},
         bad("unsupported", "fastText binary", "fasttext-bin"), ["file input.bin", "format glove"])


for write in (words, encodings, headers, lines, numbers, duplicates, word2vec, containers, arrays, foreign, fasttext):
    write()
for name in sorted(os.listdir(HERE)):
    if os.path.isdir(os.path.join(HERE, name)) and name not in made:
        print("not from here:", name)
print(len(made), "cases")
