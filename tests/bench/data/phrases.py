#!/usr/bin/python3
"""A matrix of 1,600,000 rows: that of the words, and behind them the phrases of two words that the corpus has most often.

The vector of a phrase is the mean of its words' vectors, each weighted by smooth inverse frequency: a / (a + p(word)), a = 0.001
(Arora, Liang and Ma 2017), which is how phrases are commonly looked up where only words were trained.

usage: phrases.py CORPUS MATRIX.vec MATRIX.gensim OUT.vec
"""
import array
import multiprocessing
import os
import sys

import numpy
from gensim.models import KeyedVectors

ROWS, SMOOTHING, CHUNK = 1_600_000, 1e-3, 4096


def token_rows(corpus, row_of):
    """The corpus as rows of the matrix; -1 for an unknown word and at the end of each line."""
    rows = array.array("i")
    with open(corpus, encoding="ascii") as lines:
        for line in lines:
            rows.extend([row_of.get(token, -1) for token in line.split()])
            rows.append(-1)
    return numpy.frombuffer(rows, dtype=numpy.int32)


def frequent_pairs(tokens, count, words):
    """The rows of both words of the `count` most frequent phrases, most frequent first."""
    left, right = tokens[:-1].astype(numpy.int64), tokens[1:]
    keys = (left * words + right)[(left >= 0) & (right >= 0)]
    keys, times = numpy.unique(keys, return_counts=True)
    if len(keys) < count:
        sys.exit(f"phrases.py: the corpus has {len(keys)} phrases of two words, fewer than the {count} wanted")
    chosen = keys[numpy.argsort(-times, kind="stable")[:count]]
    return numpy.stack([chosen // words, chosen % words], axis=1)


def lines_of(start):
    part = PAIRS[start:start + CHUNK]
    vectors = (WEIGHTED[part[:, 0]] + WEIGHTED[part[:, 1]]) / 2
    form = " ".join(["%.5g"] * vectors.shape[1])
    names = [f"{NAMES[a]}_{NAMES[b]}" for a, b in part]
    return "".join(f"{name} {form % tuple(vector)}\n" for name, vector in zip(names, vectors.tolist()))


def main():
    global PAIRS, WEIGHTED, NAMES  # inherited by the workers, not sent to them
    corpus, matrix, saved, out = sys.argv[1:]
    vectors = KeyedVectors.load(saved)
    NAMES = vectors.index_to_key
    tokens = token_rows(corpus, vectors.key_to_index)
    PAIRS = frequent_pairs(tokens, ROWS - len(NAMES), len(NAMES))
    counts = numpy.bincount(tokens[tokens >= 0], minlength=len(NAMES))
    weight = SMOOTHING / (SMOOTHING + counts / counts.sum())
    WEIGHTED = (vectors.vectors * weight[:, None]).astype(numpy.float32)
    with open(out, "wb") as file, open(matrix, "rb") as words, multiprocessing.Pool(os.cpu_count()) as pool:
        words.readline()
        file.write(f"{ROWS} {WEIGHTED.shape[1]}\n".encode())
        while block := words.read(1 << 24):
            file.write(block)
        for text in pool.imap(lines_of, range(0, len(PAIRS), CHUNK)):
            file.write(text.encode())


if __name__ == "__main__":
    main()
