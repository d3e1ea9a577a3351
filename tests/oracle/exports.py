#!/usr/bin/python3
"""What `wordvec export` writes, read by those who are to read it: gensim, numpy and fastText; and numpy's arrays imported."""

import os
import shutil
import subprocess
import sys

import gensim.models
import numpy

import oracle

MATRICES = ['glove.6B.100d.top2604.txt.gz', 'word2vec-c.1186x200.bin']


def export(checks, daemon, name, form, file):
    path = os.path.join(daemon.folder, file)
    code, _, err = oracle.run('export', name, '--store', daemon.store, '--format', form, '--output', path, '--force')
    checks.that(code == 0, f'{name} as {form}: {err}')
    return path


def by_gensim(path, form):
    vectors = gensim.models.KeyedVectors.load_word2vec_format(path, binary=form == 'word2vec-binary', no_header=form == 'glove')
    return vectors.index_to_key, vectors.vectors


def by_numpy(path, form):
    words = path.replace('.npy', '.words.txt') if form == 'npy' else path.replace('vectors.tsv', 'metadata.tsv')
    with open(words, encoding='utf-8', newline='\n') as file:
        listed = file.read().split('\n')[:-1]
    if form == 'npy':
        return listed, numpy.load(path)
    return listed, numpy.loadtxt(path, delimiter='\t', dtype=numpy.float32)


READERS = [('word2vec-text', 'm.txt', by_gensim), ('word2vec-binary', 'm.bin', by_gensim), ('glove', 'm.glove.txt', by_gensim),
           ('fasttext-vec', 'm.vec', by_gensim), ('npy', 'm.npy', by_numpy), ('tensorflow-projector', 'vectors.tsv', by_numpy)]


def check_formats(checks, daemon, file):
    path = file if os.path.exists(file) else os.path.join(oracle.TEST_DATA, file)
    if not os.path.exists(path):
        print(f'skipped: no {file}')
        return
    report = daemon.add(path, 'm', '--force')
    first = None
    for form, name, read in READERS:
        words, vectors = read(export(checks, daemon, 'm', form, name), form)
        first = first or (words, vectors)
        checks.that(len(words) == report['rows'] and words == first[0], f'{file} as {form}: other words')
        checks.same_bits(numpy.asarray(vectors, numpy.float32), numpy.asarray(first[1], numpy.float32), f'{file} as {form}')
        if form != 'tensorflow-projector':
            again = daemon.add(os.path.join(daemon.folder, name), 'again', '--force')
            checks.that(again['digest'] == report['digest'], f'{file} as {form}: the digest is another')


def check_fasttext(checks, daemon):
    """fastText takes the .vec for pretrained vectors, trains nothing, and writes what it has: to five digits."""
    if not shutil.which('fasttext'):
        print('skipped: fastText as a reader of exports: install fasttext')
        return
    daemon.add(oracle.SAMPLE, 'm', '--force', '--limit', '2000')
    vec = export(checks, daemon, 'm', 'fasttext-vec', 'pretrained.vec')
    text, out = os.path.join(daemon.folder, 'train.txt'), os.path.join(daemon.folder, 'out')
    with open(text, 'w', encoding='utf-8') as file:
        file.write('__label__a the cat\n__label__b a dog\n')
    subprocess.run(['fasttext', 'supervised', '-input', text, '-output', out, '-pretrainedVectors', vec, '-dim', '50',
                    '-epoch', '1', '-lr', '0', '-maxn', '0', '-thread', '1', '-verbose', '0'], check=True, capture_output=True)
    ours, theirs = by_gensim(vec, 'fasttext-vec'), gensim.models.KeyedVectors.load_word2vec_format(out + '.vec')
    rows = [theirs.key_to_index[word] for word in ours[0]]
    difference = numpy.max(numpy.abs(theirs.vectors[rows] - ours[1]) / numpy.maximum(numpy.abs(ours[1]), 1e-3))
    checks.that(difference < 1e-4, f'fastText has other vectors, up to {difference} apart')
    print(f'fastText printed {len(rows)} pretrained vectors, at most {difference:.1e} apart (it prints five digits)')


def chosen(checks, daemon, name, keys, *flags):
    """The words and vectors of an export of these words."""
    path, words = os.path.join(daemon.folder, 'chosen.npy'), os.path.join(daemon.folder, 'keys.txt')
    with open(words, 'w', encoding='utf-8') as file:
        file.write(''.join(key + '\n' for key in keys))
    code, _, err = oracle.run('export', name, '--store', daemon.store, '--format', 'npy', '--output', path, '--force', '--words',
                              words, *flags)
    checks.that(code == 0, f'{name}: {err}')
    return by_numpy(path, 'npy')


def check_vectors_for_all(checks, daemon):
    """KeyedVectors.vectors_for_all(): words that are not known are left out; by fastText's models they are inferred."""
    daemon.add(oracle.SAMPLE, 'm', '--force')
    vectors = by_gensim(export(checks, daemon, 'm', 'word2vec-binary', 'm.bin'), 'word2vec-binary')
    keyed = gensim.models.KeyedVectors.load_word2vec_format(os.path.join(daemon.folder, 'm.bin'), binary=True)
    keys = ['zebra', 'xyzzy', 'cat', 'dog', 'cat', 'Cat'] + vectors[0][::97] + ['plugh', 'zebra']
    expected = keyed.vectors_for_all(keys)
    words, matrix = chosen(checks, daemon, 'm', keys, '--oov', 'null')
    checks.that(words == expected.index_to_key, 'vectors_for_all: other words')
    checks.same_bits(matrix, expected.vectors, 'vectors_for_all')
    path = os.path.join(oracle.TEST_DATA, 'fasttext.skipgram.2061x70.bin')
    if not os.path.exists(path):
        print('skipped: vectors_for_all of a fastText model')
        return
    daemon.add(path, 'fasttext')
    keyed = gensim.models.fasttext.load_facebook_vectors(path)
    keys = ['xyzzy', 'unknownword', 'éàü'] + keyed.index_to_key[::11] + ['xyzzy']
    expected = keyed.vectors_for_all(keys)
    words, matrix = chosen(checks, daemon, 'fasttext', keys, '--oov', 'subword')
    checks.that(words == expected.index_to_key, 'vectors_for_all of a fastText model: other words')
    difference = float(numpy.max(numpy.abs(matrix - expected.vectors)))
    checks.that(difference < 1e-6, f'vectors_for_all of a fastText model: up to {difference} apart')
    print(f'vectors_for_all: {len(words)} words of a fastText model, at most {difference:.1e} apart')


def check_arrays(checks, daemon):
    """Arrays as numpy saves them: each type, order of bytes and order of rows and columns."""
    random = numpy.random.default_rng(5)
    exact = (random.standard_normal((700, 33)) * 10.0 ** random.integers(-3, 4, (700, 33)))
    words = os.path.join(daemon.folder, 'words.txt')
    with open(words, 'w', encoding='utf-8') as file:
        file.write(''.join(f'word {i}\n' for i in range(700)))
    path = os.path.join(daemon.folder, 'array.npy')
    for dtype in ('<f2', '>f2', '<f4', '>f4', '<f8', '>f8'):
        for order in 'CF':
            array = exact.astype(dtype, order=order)
            numpy.save(path, array)
            report = daemon.add(path, 'array', '--words', words, '--force')
            checks.that((report['rows'], report['dim'], report['source_format']) == (700, 33, 'npy'), f'{dtype} {order}: {report}')
            back = numpy.load(export(checks, daemon, 'array', 'npy', 'back.npy'))
            checks.same_bits(back, array.astype(numpy.float32), f'{dtype} in order {order}')
    for version in ((1, 0), (2, 0), (3, 0)):
        with open(path, 'wb') as file:
            numpy.lib.format.write_array(file, exact, version=version)
        daemon.add(path, 'array', '--words', words, '--force')
        back = numpy.load(export(checks, daemon, 'array', 'npy', 'back.npy'))
        checks.same_bits(back, exact.astype(numpy.float32), f'version {version}')


def main():
    checks = oracle.Checks('exports')
    with oracle.Daemon() as daemon:
        check_formats(checks, daemon, oracle.SAMPLE)
        for name in MATRICES:
            check_formats(checks, daemon, name)
        check_fasttext(checks, daemon)
        check_vectors_for_all(checks, daemon)
        check_arrays(checks, daemon)
    checks.report()


main()
