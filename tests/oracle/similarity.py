#!/usr/bin/python3
"""/similarity, /doesnt-match and /mean against gensim's methods, on the bundled sample and on a real matrix; similarities
also bit for bit against a float64 brute force. gensim reckons in float32: the largest differences are printed."""

import itertools
import os
import random

import gensim.models
import numpy

import oracle

REAL = os.path.join(oracle.TEST_DATA, 'glove.6B.100d.top2604.txt.gz')
TOLERANCE = 2e-6  # of gensim's float32


class Largest:
    """The largest difference from each of gensim's methods."""

    def __init__(self, checks):
        self.checks, self.differences = checks, {}

    def compare(self, method, got, wanted, text):
        got, wanted = numpy.asarray(got, numpy.float64), numpy.asarray(wanted, numpy.float64)
        self.checks.that(got.shape == wanted.shape, f'{method} {text}: the shape is {got.shape}, not {wanted.shape}')
        difference = float(numpy.max(numpy.abs(got - wanted), initial=0))
        self.differences[method] = max(difference, self.differences.get(method, 0))
        self.checks.that(difference <= TOLERANCE, f'{method} {text}: {difference} away')

    def report(self):
        for method, difference in self.differences.items():
            print(f'  {method}: at most {difference:.1e} from gensim')


def similarity(daemon, vectors, brute_force, checks, largest, draw):
    """similarity() and distance() of single pairs, and the same pairs in a batch."""
    pairs = [draw.sample(vectors.index_to_key, 2) for _ in range(oracle.effort(300))] + [[vectors.index_to_key[5]] * 2]
    batch = daemon.post('/similarity', pairs=pairs)['similarities']
    rows, others = ([vectors.key_to_index[word] for word in side] for side in zip(*pairs))
    wanted = brute_force.dots(brute_force.columns[:, rows], brute_force.columns[:, others]) / (
        brute_force.norms[rows] * brute_force.norms[others])
    for number, (a, b) in enumerate(pairs):
        answer = daemon.get('/similarity', a=a, b=b)
        exact = wanted[number]
        checks.that(answer['similarity'] == batch[number] == exact, f'{a}, {b}: {answer["similarity"]} for {exact}')
        largest.compare('similarity', answer['similarity'], vectors.similarity(a, b), f'{a}, {b}')
        largest.compare('distance', answer['distance'], vectors.distance(a, b), f'{a}, {b}')


def n_similarity(daemon, vectors, checks, largest, draw):
    sets = [[draw.sample(vectors.index_to_key, draw.randint(1, 9)) for _ in 'ab'] for _ in range(oracle.effort(200))]
    batch = daemon.post('/similarity', pairs=sets)['similarities']
    for number, (a, b) in enumerate(sets):
        answer = daemon.post('/similarity', a=a, b=b)['similarity']
        checks.that(answer == batch[number], f'{a}, {b}: {answer}, in a batch {batch[number]}')
        largest.compare('n_similarity', answer, vectors.n_similarity(a, b), f'{a}, {b}')
    known, unknown = ['the', 'man'], ['no-such-word', 'nor this']
    answer = daemon.post('/similarity', a=known + unknown, b=['woman'], oov='null')
    largest.compare('n_similarity', answer['similarity'], vectors.n_similarity(known + unknown, ['woman']), 'unknown')


def distances(daemon, vectors, brute_force, checks, largest, draw):
    """distances() of words and vectors to all rows and to some, and cosine_similarities()."""
    random_vectors = numpy.random.default_rng(4).standard_normal((20, vectors.vector_size)).astype(numpy.float32)
    for number in range(oracle.effort(20)):
        word, others = draw.choice(vectors.index_to_key), draw.sample(vectors.index_to_key, draw.randint(1, 40))
        got = daemon.get_npy('/similarity', word=word)
        checks.that(got.dtype == numpy.dtype('<f8') and got.shape == (1, len(vectors)), f'{got.dtype}, {got.shape}')
        checks.that((got[0] == brute_force.similarities(vectors[word])).all(), f'{word}: bits differ')
        largest.compare('distances', 1 - got[0], vectors.distances(word), word)
        got = daemon.get('/similarity', word=word, other=others)['similarities'][0]
        largest.compare('distances', 1 - numpy.array(got), vectors.distances(word, others), f'{word}, {others}')
        vector = random_vectors[number]
        listed = [float(value) for value in vector]
        got = daemon.post_npy('/similarity', words=[listed])[0]
        checks.that((got == brute_force.similarities(vector)).all(), f'vector {number}: bits differ')
        largest.compare('distances', 1 - got, vectors.distances(vector), f'vector {number}')
        got = daemon.post('/similarity', words=[listed], others=random_vectors.tolist())['similarities'][0]
        largest.compare('cosine_similarities', got, vectors.cosine_similarities(vector, random_vectors), f'{number}')


def matrix(daemon, vectors, brute_force, checks, draw):
    rows, others = draw.sample(range(len(vectors)), 150), draw.sample(range(len(vectors)), 90)
    wanted = numpy.stack([brute_force.similarities(vectors.vectors[row])[others] for row in rows])
    words = [vectors.index_to_key[row] for row in rows]
    got = daemon.post_npy('/similarity', words=words, others=others)
    checks.that(got.shape == wanted.shape and (got == wanted).all(), 'a matrix differs in a bit')
    got = daemon.post('/similarity', words=words, others=others)
    checks.that(got['shape'] == [150, 90] and got['similarities'] == wanted.tolist(), 'a matrix as JSON differs')


def doesnt_match(daemon, vectors, checks, largest, draw):
    known = daemon.get('/doesnt-match', word=['breakfast', 'dinner', 'supper', 'horse'])['word'] if (
        'supper' in vectors) else 'horse'
    checks.that(known == 'horse', f'{known} does not match')
    for _ in range(oracle.effort(300)):
        words = draw.sample(vectors.index_to_key, draw.randint(1, 8))
        answer = daemon.post('/doesnt-match', words=words)
        ranked = vectors.rank_by_centrality(words)
        by_word = {word: similarity for similarity, word in ranked}
        # Both are compared as cosines: gensim's vectors are of length one but for what float32 leaves over.
        largest.compare('rank_by_centrality', answer['similarities'], [by_word[word] for word in words], str(words))
        checks.that(answer['word'] == words[answer['position']], f'{words}: {answer}')
        checks.that(answer['index'] == vectors.key_to_index[answer['word']], f'{words}: {answer}')
        # Of two words both are equally far from the middle.
        close = by_word[answer['word']] - ranked[-1][0] < TOLERANCE
        checks.that(answer['word'] == vectors.doesnt_match(words) or close, f'{words}: {answer["word"]}')


def means(daemon, vectors, checks, largest, draw):
    """get_mean_vector() with all of its parameters."""
    settings = itertools.cycle(itertools.product([False, True], repeat=4))
    for number, (weighted, pre, post, missing) in zip(range(oracle.effort(320)), settings):
        keys = draw.sample(vectors.index_to_key, draw.randint(1, 6))
        keys += draw.sample(range(len(vectors)), draw.randint(0, 2))
        for _ in range(draw.randint(0, 2)):
            keys.append(numpy.random.default_rng(number).standard_normal(vectors.vector_size).astype(numpy.float32))
        if missing:
            keys.insert(draw.randint(0, len(keys)), 'no-such-word')
        weights = [draw.choice([-2, -0.5, 0.25, 1, 3, 1e-3]) for _ in keys] if weighted else None
        request = {'words': [key.tolist() if isinstance(key, numpy.ndarray) else key for key in keys]}
        if weighted:
            request['weights'] = weights
        if missing:
            request['oov'] = 'null'
        request.update(pre_normalize=pre, post_normalize=post)
        wanted = vectors.get_mean_vector(keys, weights, pre_normalize=pre, post_normalize=post, ignore_missing=missing)
        text = f'{number}: {weights} {pre} {post} {missing}'
        got = daemon.post_npy('/mean', **request)
        checks.that(got.dtype == numpy.dtype('<f4'), f'{text}: {got.dtype}')
        largest.compare('get_mean_vector', got, wanted, text)
        checks.same_bits(numpy.array(daemon.post('/mean', **request)['vector'], numpy.float32), got, text)
    plain = [draw.sample(vectors.index_to_key, 5) for _ in range(oracle.effort(50))]
    got = daemon.post_npy('/mean', queries=[{'words': words} for words in plain])
    largest.compare('get_mean_vector', got, [vectors.get_mean_vector(words) for words in plain], 'a batch')


def compare(path, name, about):
    checks, draw = oracle.Checks(f'similarities and means on {about}'), random.Random(1)
    vectors = gensim.models.KeyedVectors.load_word2vec_format(path, no_header=True)
    brute_force, largest = oracle.BruteForce(vectors.vectors), Largest(checks)
    with oracle.Daemon() as daemon:
        daemon.add(path, name)
        daemon.start()
        similarity(daemon, vectors, brute_force, checks, largest, draw)
        n_similarity(daemon, vectors, checks, largest, draw)
        distances(daemon, vectors, brute_force, checks, largest, draw)
        matrix(daemon, vectors, brute_force, checks, draw)
        doesnt_match(daemon, vectors, checks, largest, draw)
        means(daemon, vectors, checks, largest, draw)
    checks.report()
    largest.report()


def main():
    compare(oracle.SAMPLE, 'classics', 'the sample')
    if os.path.exists(REAL):
        compare(REAL, 'glove', os.path.basename(REAL))
    else:
        print(f'skipped: similarities and means on a real matrix: no {REAL}')


main()
