#!/usr/bin/python3
"""Every real file of TEST_DATA imports, verifies and gives back its words and floats bit for bit."""

import gzip
import os
import sys

import gensim.models
import numpy

import oracle

TEXT = ['classics.50d.txt.gz', 'duplicates.glove.txt', 'duplicates.word2vec.txt', 'glove.6B.100d.top2604.txt.gz',
        'glove.6B.50d.with-word2vec-header.txt.gz', 'wiki.en.header-disagrees.vec.gz', 'word2vec-c.1186x200.txt.gz']
BINARY = ['duplicates.word2vec.bin', 'word2vec-c.1186x200.bin']


def kept(rows):
    """First of each word."""
    first = {}
    for word, floats in rows:
        first.setdefault(word, floats)
    return list(first), numpy.array(list(first.values()), numpy.float32)


def read_text(path):
    """Words as bytes and floats by numpy's own parser; a first line of two numbers is a header."""
    with (gzip.open if path.endswith('.gz') else open)(path, 'rb') as file:
        lines = file.read().split(b'\n')
    if len(lines[0].split()) == 2:
        del lines[0]
    dim = len(lines[1].rstrip(b' ').split(b' ')) - 1
    rows = []
    for line in lines:
        fields = line.rstrip(b' ').split(b' ')
        if len(fields) > dim:
            rows.append((b' '.join(fields[:-dim]), [numpy.float32(field.decode()) for field in fields[-dim:]]))
    return kept(rows)


def read_binary(path):
    """word2vec's layout: "rows dim\\n", then word, space, little-endian floats; a newline before a word is not of it."""
    with open(path, 'rb') as file:
        data = file.read()
    header, at = data.split(b'\n', 1)[0], data.index(b'\n') + 1
    count, dim = map(int, header.split())
    rows = []
    for _ in range(count):
        space = data.index(b' ', at)
        floats = numpy.frombuffer(data, '<f4', dim, space + 1)
        rows.append((data[at:space].lstrip(b'\n'), floats))
        at = space + 1 + 4 * dim
    return kept(rows)


def read_gensim(path):
    """As gensim reads it; None where gensim cannot (a header that disagrees)."""
    try:
        no_header = 'glove' in path and 'with-word2vec-header' not in path or 'classics' in path
        model = gensim.models.KeyedVectors.load_word2vec_format(path, binary=path.endswith('.bin'),
                                                                no_header=no_header, unicode_errors='surrogateescape')
    except (EOFError, ValueError):
        return None
    # Where words repeat, gensim 4.2 leaves None for rows that it does not fill.
    words = [word.encode('utf-8', 'surrogateescape') for word in model.index_to_key if word is not None]
    return words, model.vectors[:len(words)]


def check_file(checks, path, read):
    name = os.path.basename(path)
    words, floats = read(path)
    with oracle.Daemon() as daemon:
        report = daemon.add(path, 'real')
        checks.that(report['rows'] == len(words), f'{name}: {report["rows"]} rows, not {len(words)}')
        checks.that(report['dim'] == floats.shape[1], f'{name}: {report["dim"]} dimensions')
        code, _, err = oracle.run('verify', 'real', '--store', daemon.store)
        checks.that(code == 0, f'{name}: verify says {err}')
        daemon.start()
        got = daemon.words('real')
        checks.that(got == words, f'{name}: the words differ')
        matrix = daemon.matrix('real', len(words))
        checks.same_bits(matrix, floats, name)
        other = read_gensim(path)
        if other:
            checks.that(other[0] == words, f'{name}: gensim reads other words')
            checks.same_bits(matrix, other[1], f'{name} against gensim')
        else:
            print(f'{name}: gensim cannot read it; compared with numpy alone')


def main():
    checks = oracle.Checks('real files')
    if not os.path.isdir(oracle.TEST_DATA):
        print(f'skipped: real files, as there is no folder {oracle.TEST_DATA}')
        sys.exit(0)
    for name in TEXT:
        check_file(checks, os.path.join(oracle.TEST_DATA, name), read_text)
    for name in BINARY:
        check_file(checks, os.path.join(oracle.TEST_DATA, name), read_binary)
    checks.report()


main()
