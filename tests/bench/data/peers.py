#!/usr/bin/python3
"""Keeps the matrix in gensim's own form, so that a benchmark of searching need not wait for its loading.

usage: peers.py MATRIX.vec OUT.gensim WORDS.txt
"""
import sys

from gensim.models import KeyedVectors


def main():
    vectors = KeyedVectors.load_word2vec_format(sys.argv[1])
    vectors.save(sys.argv[2])
    with open(sys.argv[3], "w", encoding="utf-8") as out:
        out.writelines(word + "\n" for word in vectors.index_to_key)


if __name__ == "__main__":
    main()
