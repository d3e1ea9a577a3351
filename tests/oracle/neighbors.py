#!/usr/bin/python3
"""Neighbours on the bundled sample: against gensim's most_similar, and bit for bit against a float64 brute force."""

import random

import gensim.models
import numpy

import oracle

WORDS = oracle.effort(1000)
ANALOGIES = oracle.effort(100)


def gensim_agrees(checks, answer, wanted, text):
    """Similarities equal to 1e-6, and the same words but for those within 1e-6 of the last one."""
    got = {hit['word']: hit['similarity'] for hit in answer['neighbors']}
    last = min(got.values())
    for word, similarity in wanted:
        checks.that(word in got or abs(similarity - last) < 1e-6, f'{text}: {word} is missing')
        if word in got:
            checks.that(abs(got[word] - similarity) < 1e-6, f'{text}: {word} {got[word]} against {similarity}')
    least = min(similarity for _, similarity in wanted)
    for word in got.keys() - {word for word, _ in wanted}:
        checks.that(abs(got[word] - least) < 1e-6, f'{text}: {word} is too many')


def brute_force_agrees(checks, answer, query, brute_force, excluded, text):
    similarity = brute_force.similarities(query)
    wanted = oracle.nearest(similarity, excluded, len(answer['neighbors']))
    checks.that([hit['index'] for hit in answer['neighbors']] == wanted, f'{text}: not the rows {wanted}')
    checks.that([hit['similarity'] for hit in answer['neighbors']] == similarity[wanted].tolist(),
                f'{text}: similarities differ in a bit')
    checks.that(answer['exact'] is True, f'{text}: not exact')


def sum_query(rows, norms, chosen, weights):
    """The query of a sum: weights times unit rows, added in float64 over the sum of absolute weights, then rounded to
    float32. One row with a positive weight is that row."""
    if len(chosen) == 1 and weights[0] > 0:
        return rows[chosen[0]]
    total = numpy.zeros(rows.shape[1])
    for row, weight in zip(chosen, weights):
        total += weight * (rows[row].astype(numpy.float64) / norms[row])
    return (total / sum(map(abs, weights))).astype(numpy.float32)


def words(daemon, vectors, brute_force, checks):
    # The most frequent half, and the other half spread over the rest.
    chosen = list(range(WORDS // 2))
    chosen += numpy.linspace(WORDS // 2, len(vectors) - 1, WORDS - len(chosen)).astype(int).tolist()
    for row in chosen:
        word = vectors.index_to_key[row]
        answer = daemon.get('/neighbors', word=word)
        brute_force_agrees(checks, answer, vectors.vectors[row], brute_force, [row], word)
        gensim_agrees(checks, answer, vectors.most_similar(word), word)


def sums(daemon, vectors, brute_force, checks):
    draw = random.Random(1)
    cases = [(['king', 'woman'], ['man'], None), (['paris', 'england'], ['france'], None)]
    for number in range(ANALOGIES):
        names = draw.sample(vectors.index_to_key[:5000], draw.randint(1, 5))
        split = draw.randint(0, len(names))
        weights = [draw.choice([-2, -1, -0.25, 0.5, 1, 3.5]) for _ in names] if number % 2 else None
        cases.append((names[:split], names[split:], weights))
    for positive, negative, weights in cases:
        text = f'{positive} - {negative} by {weights}'
        names = positive + negative
        signs = weights or [1.0] * len(positive) + [-1.0] * len(negative)
        request = {'positive': positive, 'negative': negative}
        wanted_positive, wanted_negative = positive, negative
        if weights:
            request['weights'] = weights
            # gensim's own form of a weight is a pair (word, weight).
            wanted_positive, wanted_negative = list(zip(names, weights)), []
        answer = daemon.post('/neighbors', **request)
        wanted = vectors.most_similar(positive=wanted_positive, negative=wanted_negative)
        gensim_agrees(checks, answer, wanted, text)
        rows = [vectors.key_to_index[name] for name in names]
        query = sum_query(vectors.vectors, brute_force.norms, rows, signs)
        brute_force_agrees(checks, answer, query, brute_force, rows, text)


def by_vector(daemon, vectors, brute_force, checks):
    draw = numpy.random.default_rng(1)
    for number in range(oracle.effort(50)):
        query = draw.standard_normal(vectors.vector_size).astype(numpy.float32)
        answer = daemon.post('/neighbors', vector=[float(value) for value in query], k=20)
        brute_force_agrees(checks, answer, query, brute_force, [], f'vector {number}')
        gensim_agrees(checks, answer, vectors.similar_by_vector(query, topn=20), f'vector {number}')


def known(daemon, checks):
    found = [hit['word'] for hit in daemon.get('/neighbors', word='cat', k=5)['neighbors']]
    checks.that(found == ['mouse', 'rat', 'hen', 'kitten', 'dog'], f'cat has the neighbours {found}')
    found = daemon.get('/neighbors', positive=['king', 'woman'], negative='man', k=1)['neighbors'][0]['word']
    checks.that(found == 'queen', f'king - man + woman is {found}')
    found = daemon.get('/neighbors', positive=['paris', 'england'], negative='france', k=1)['neighbors'][0]['word']
    checks.that(found == 'london', f'paris - france + england is {found}')


def main():
    checks = oracle.Checks('neighbours on the sample')
    vectors = gensim.models.KeyedVectors.load_word2vec_format(oracle.SAMPLE, no_header=True)
    brute_force = oracle.BruteForce(vectors.vectors)
    with oracle.Daemon() as daemon:
        daemon.add(oracle.SAMPLE, 'classics')
        daemon.start()
        known(daemon, checks)
        words(daemon, vectors, brute_force, checks)
        sums(daemon, vectors, brute_force, checks)
        by_vector(daemon, vectors, brute_force, checks)
    checks.report()


main()
