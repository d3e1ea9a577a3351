#!/usr/bin/python3
"""wordvec eval against gensim's evaluate_word_analogies and evaluate_word_pairs: on the bundled sample, on a real matrix
and on one whose words differ in case alone."""

import gzip
import itertools
import json
import os
import random
import sys

import gensim.models

import oracle

NEAR = 1e-6  # gensim's similarities are sums of float32

CAPITALS = [('paris', 'france'), ('london', 'england'), ('rome', 'italy'), ('madrid', 'spain'), ('athens', 'greece'),
            ('berlin', 'germany'), ('vienna', 'austria'), ('lisbon', 'portugal'), ('moscow', 'russia')]
FAMILY = [('man', 'woman'), ('king', 'queen'), ('boy', 'girl'), ('father', 'mother'), ('son', 'daughter'),
          ('brother', 'sister'), ('uncle', 'aunt'), ('husband', 'wife'), ('prince', 'princess')]
# Words of which some share their upper case, and some have one of more characters.
CASES = ['The', 'THE', 'the', 'straße', 'STRASSE', 'Straße', 'ŉu', 'ʼNU', 'ﬁsh', 'FISH', 'Fish', 'ΐota', 'ſun', 'sun',
         'Sun', 'ıx', 'ix', 'İx', 'σς', 'ΣΣ', 'ǆem', 'ǅem', 'ᾳ', 'ΑΙ', 'мир', 'Мир', 'ꭰx', '𐐨x', '𐐀x', 'café', 'CAFÉ']


def section_of(name, pairs):
    lines = [f': {name}']
    lines += [f'{a} {b} {c} {d}' for (a, b), (c, d) in itertools.permutations(pairs, 2)]
    return lines


def plurals(words, ending, count):
    known = set(words)
    return [(word, word + ending) for word in words if len(word) > 2 and word + ending in known][:count]


def write(daemon, name, text, packed=False):
    path = os.path.join(daemon.folder, name)
    with gzip.open(path, 'wb') if packed else open(path, 'wb') as file:
        file.write(text.encode())
    return path


def evaluate(daemon, *flags, url=None):
    where = ['--url', url] if url else ['--store', daemon.store]
    code, out, err = oracle.run('eval', *flags, *where, '--format', 'json')
    if code != 0:
        sys.exit(f'eval {flags} exited with {code}: {err}')
    return out


def flags_of(restrict_vocab, case_insensitive, dummy4unknown):
    flags = ['--restrict-vocab', str(restrict_vocab)]
    return flags + ['--case-sensitive'] * (not case_insensitive) + ['--dummy4unknown'] * dummy4unknown


def analogies_agree(daemon, checks, name, vectors, path, chosen):
    for restrict_vocab, case_insensitive, dummy4unknown in chosen:
        text = f'{name} {os.path.basename(path)} {restrict_vocab} {case_insensitive} {dummy4unknown}'
        wanted, sections = vectors.evaluate_word_analogies(path, restrict_vocab, case_insensitive, dummy4unknown)
        got = json.loads(evaluate(daemon, name, '--analogies', path,
                                  *flags_of(restrict_vocab, case_insensitive, dummy4unknown)))
        checks.that(got['accuracy'] == wanted, f'{text}: {got["accuracy"]} against {wanted}')
        checks.that(len(got['sections']) == len(sections), f'{text}: {len(got["sections"])} sections')
        for ours, theirs in zip(got['sections'], sections):
            checks.that(ours['section'] == theirs['section'], f'{text}: {ours["section"]!r}, {theirs["section"]!r}')
            for outcome in ('correct', 'incorrect'):
                checks.that([tuple(question) for question in ours[outcome]] == theirs[outcome],
                            f'{text}: {ours["section"]}: other questions are {outcome}')


def pairs_agree(daemon, checks, name, vectors, path, delimiter, chosen):
    largest = 0
    for restrict_vocab, case_insensitive, dummy4unknown in chosen:
        text = f'{name} {os.path.basename(path)} {restrict_vocab} {case_insensitive} {dummy4unknown}'
        pearson, spearman, unknown = vectors.evaluate_word_pairs(
            path, delimiter, restrict_vocab=restrict_vocab, case_insensitive=case_insensitive,
            dummy4unknown=dummy4unknown)
        got = json.loads(evaluate(daemon, name, '--pairs', path, '--delimiter', delimiter,
                                  *flags_of(restrict_vocab, case_insensitive, dummy4unknown)))
        checks.that(got['oov_ratio'] == unknown, f'{text}: unknown {got["oov_ratio"]} against {unknown}')
        for ours, theirs in ((got['pearson'], pearson), (got['spearman'], spearman)):
            for value, wanted in zip((ours['statistic'], ours['pvalue']), theirs):
                difference = abs(value - wanted)
                largest = max(largest, difference)
                checks.that(difference < NEAR, f'{text}: {value} against {wanted}')
    return largest


def judged_pairs(words, draw, count, delimiter='\t'):
    lines = ['# judged by chance']
    for number in range(count):
        a, b = draw.sample(words, 2)
        lines.append(delimiter.join((a, b, draw.choice(['7', '3.5', '1e0', ' 2 ', '1_0', '-4', '0.25']))))
        if number % 7 == 0:
            lines.append(delimiter.join((a.upper(), 'no such word', '3')))
        if number % 11 == 0:
            lines += [delimiter.join((a, b)), delimiter.join((a, b, 'much')), delimiter.join((a, b, '1', '2')), '']
    return '\r\n'.join(lines[:count // 2]) + '\n' + '\n'.join(lines[count // 2:])


def sample(daemon, checks):
    vectors = gensim.models.KeyedVectors.load_word2vec_format(oracle.SAMPLE, no_header=True)
    words = vectors.index_to_key
    lines = section_of('capitals: of countries  ', CAPITALS) + section_of('family', FAMILY)
    lines += section_of('plurals', plurals(words, 's', 10)) + ['not four words', '', 'cat xyzzy dog cats']
    lines += section_of('Past Tense', [(a.title(), b.upper()) for a, b in plurals(words, 'ed', 7)]) + [': ', ':: empty ']
    lines += ['king\tqueen \u00a0man\u2003woman', 'cat dog cat dog', 'cat cat dog dog', 'cat dog dog cat']
    path = write(daemon, 'sample.txt', '\n'.join(lines))
    everything = [(300000, True, False), (300000, False, True), (2000, True, True), (2000, False, False)]
    analogies_agree(daemon, checks, 'sample', vectors, path, everything)
    analogies_agree(daemon, checks, 'sample', vectors, write(daemon, 'sample.txt.gz', '\r\n'.join(lines), True),
                    everything[:1])
    pairs = write(daemon, 'sample.tsv', judged_pairs(words[:4000], random.Random(1), 400))
    largest = pairs_agree(daemon, checks, 'sample', vectors, pairs, '\t', everything)
    pairs = write(daemon, 'sample.csv', judged_pairs(words, random.Random(2), 90, ', '))
    return max(largest, pairs_agree(daemon, checks, 'sample', vectors, pairs, ', ', everything[:2]))


def cases(daemon, checks):
    """The first rows of the sample under words of all cases."""
    with gzip.open(oracle.SAMPLE, 'rt', encoding='utf-8') as file:
        rows = [line.split(' ', 1) for line in itertools.islice(file, 2000)]
    draw = random.Random(3)
    taken = {word for word, _ in rows}
    for word, place in zip(CASES, draw.sample(range(len(rows)), len(CASES))):
        if word not in taken:
            rows[place][0] = word
    for place in draw.sample(range(len(rows)), 600):
        if rows[place][0] not in CASES and rows[place][0].upper() not in taken:
            rows[place][0] = draw.choice([str.title, str.upper])(rows[place][0])
    unique = list({word: floats for word, floats in rows}.items())
    path = write(daemon, 'cases.vec', f'{len(unique)} 50\n' + ''.join(f'{word} {floats}' for word, floats in unique))
    daemon.add(path, 'cases')
    vectors = gensim.models.KeyedVectors.load_word2vec_format(path)
    words = vectors.index_to_key
    lines = [': cases']
    for number in range(400):
        four = draw.sample(words[:300] + CASES, 4)
        if number % 3 == 0:  # one that some answer: the nearest of a sum
            three = draw.sample(words[:300], 3)
            nearest = vectors.most_similar(positive=three[1:], negative=three[:1], topn=2)
            four = three + [draw.choice(nearest)[0]]
        lines.append(' '.join(draw.choice([str, str.upper, str.lower, str.title])(word) for word in four))
    path = write(daemon, 'cases.txt', '\n'.join(lines) + '\n')
    everything = list(itertools.product([300000, 500], [True, False], [True, False]))
    analogies_agree(daemon, checks, 'cases', vectors, path, everything)
    pairs = write(daemon, 'cases.tsv', judged_pairs(words[:100] + CASES, draw, 200))
    return pairs_agree(daemon, checks, 'cases', vectors, pairs, '\t', everything)


def real(daemon, checks, file):
    daemon.add(file, 'real')
    vectors = gensim.models.KeyedVectors.load_word2vec_format(file, no_header=True)
    words = vectors.index_to_key
    lines = section_of('capitals', CAPITALS) + section_of('family', FAMILY) + section_of('s', plurals(words, 's', 12))
    path = write(daemon, 'real.txt', '\n'.join(lines))
    chosen = [(300000, True, False), (1000, True, True)]
    analogies_agree(daemon, checks, 'real', vectors, path, chosen)
    pairs = write(daemon, 'real.tsv', judged_pairs(words, random.Random(4), 300))
    return pairs_agree(daemon, checks, 'real', vectors, pairs, '\t', chosen)


def by_url(daemon, checks):
    """A daemon is asked for the same."""
    daemon.start()
    url = f'http://127.0.0.1:{daemon.connection.port}'
    for name in ('sample', 'cases'):
        flags = [name, '--analogies', os.path.join(daemon.folder, f'{name}.txt'),
                 '--pairs', os.path.join(daemon.folder, f'{name}.tsv')]
        checks.that(evaluate(daemon, *flags) == evaluate(daemon, *flags, url=url), f'{name}: other bytes by --url')


def main():
    checks = oracle.Checks('eval against gensim')
    with oracle.Daemon() as daemon:
        daemon.add(oracle.SAMPLE, 'sample')
        largest = max(sample(daemon, checks), cases(daemon, checks))
        glove = os.path.join(oracle.TEST_DATA, 'glove.6B.100d.top2604.txt.gz')
        if os.path.exists(glove):
            largest = max(largest, real(daemon, checks, glove))
        else:
            print(f'skipped: a real matrix: no {glove}')
        by_url(daemon, checks)
    checks.report()
    print(f'  the largest difference of a correlation or its probability: {largest:.1e}')


main()
