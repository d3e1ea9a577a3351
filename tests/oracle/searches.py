#!/usr/bin/python3
"""Searches as gensim has them, with all their parameters, against gensim itself on the sample and on real matrices:
most_similar, most_similar_cosmul, similar_by_vector, similar_by_word, rank, closer_than. gensim computes in float32, so
similarities agree to a few units of its last place, and words may change places only within that."""

import os
import random

import gensim.models
import numpy

import oracle

WORDS = oracle.effort(200)
TOLERANCE = 2e-6  # of a similarity; of a score relative to it, and of a sum of unit vectors relative to its length


def best(scores, rows, k):
    """The k of the rows (ascending) with the highest scores, lower rows first among equals."""
    return rows[numpy.lexsort((rows, -scores[rows]))[:k]].tolist()


class Differences:
    """The largest difference seen, by what was compared."""

    def __init__(self):
        self.seen = {}

    def note(self, about, difference):
        self.seen[about] = max(self.seen.get(about, 0), difference)

    def report(self, name):
        for about, difference in sorted(self.seen.items()):
            print(f'  {name}: {about}: largest difference {difference:.3g}')


class Side:
    """Both services for one matrix, and where what they answer is compared."""

    def __init__(self, daemon, served, model, checks, differences):
        self.daemon, self.served, self.model = daemon, served, model
        self.checks, self.differences = checks, differences
        self.brute_force = oracle.BruteForce(model.vectors)
        draw = random.Random(len(model))
        self.words = model.index_to_key[:WORDS // 2] + draw.sample(model.index_to_key[WORDS // 2:], WORDS // 2)

    def agree(self, about, answer, wanted, text, length=1.0):
        """`wanted` is gensim's list of (word, similarity); `length` that of the sum, whose rounding grows as it shrinks."""
        got = {hit['word']: hit['similarity'] for hit in answer['neighbors']}
        scale = max([1.0] + [abs(similarity) for _, similarity in wanted]) / min(1, length)
        if length < 0.1:
            about += ', terms nearly cancelling each other out'
        text = f'{about} {text}'
        last = min(got.values(), default=numpy.inf)
        for word, similarity in wanted:
            if word in got:
                difference = abs(got[word] - similarity)
                self.differences.note(about, difference)
                self.checks.that(difference / scale < TOLERANCE, f'{text}: {word} {got[word]} against {similarity}')
            else:
                self.checks.that(abs(similarity - last) / scale < TOLERANCE, f'{text}: {word} is missing')
        least = min([similarity for _, similarity in wanted], default=numpy.inf)
        for word in got.keys() - {word for word, _ in wanted}:
            self.checks.that(abs(got[word] - least) / scale < TOLERANCE, f'{text}: {word} is too many')
        order = [hit['similarity'] for hit in answer['neighbors']]
        self.checks.that(order == sorted(order, reverse=True), f'{text}: not in order')

    def length(self, terms):
        """Of gensim's sum of the terms, which are words or pairs of a word and its weight."""
        pairs = [term if isinstance(term, tuple) else (term, 1.0) for term in terms['positive']]
        pairs += [term if isinstance(term, tuple) else (term, -1.0) for term in terms['negative']]
        words, weights = zip(*pairs)
        return numpy.linalg.norm(self.model.get_mean_vector(list(words), numpy.array(weights), pre_normalize=True))

    def compare(self, about, request, wanted, text, k, length=1.0):
        answer = self.daemon.post('/neighbors', model=self.served, k=k, **request)
        self.checks.that(answer['exact'] is True, f'{about} {text}: not exact')
        self.checks.that(len(answer['neighbors']) == len(wanted), f'{about} {text}: {len(answer["neighbors"])} hits, not '
                         f'{len(wanted)}')
        self.agree(about, answer, wanted, text, length)


def sums(draw, words):
    """A query of up to five words, in our form and in gensim's."""
    chosen = draw.sample(words, draw.randint(1, 5))
    split = draw.randint(0, len(chosen))
    positive, negative = chosen[:split], chosen[split:]
    request = {'positive': positive, 'negative': negative}
    if draw.random() < 0.4:
        request['weights'] = [draw.choice([-2, -1, -0.5, 0.25, 1, 3]) for _ in chosen]
        weights = request['weights']
        return request, {'positive': list(zip(positive, weights)), 'negative': list(zip(negative, weights[split:]))}
    return request, dict(request)


def most_similar(side):
    draw = random.Random(1)
    rows = len(side.model)
    for number, word in enumerate(side.words):
        side.compare('most_similar of a word', {'positive': word}, side.model.most_similar(word), word, 10)
        request, terms = sums(draw, side.words)
        k = draw.choice([1, 5, 30])
        ranges = [{}, {'restrict_vocab': draw.randint(1, rows + 50)}, {'restrict_vocab': 0}, {'clip_end': 0},
                  {'clip_start': draw.randint(0, rows), 'clip_end': draw.randint(1, rows)},
                  {'clip_start': draw.randint(0, rows - 1)}, {'clip_end': -draw.randint(1, rows - 1)},
                  {'restrict_vocab': draw.randint(1, rows), 'clip_start': 7, 'clip_end': 9}][number % 8]
        wanted = side.model.most_similar(topn=k, **terms, **ranges)
        side.compare('most_similar', {**request, **ranges}, wanted, f'{request} {ranges}', k, side.length(terms))


def by_vector(side):
    draw = numpy.random.default_rng(2)
    for number, word in enumerate(side.words):
        vector = side.model[word] if number % 2 else draw.standard_normal(side.model.vector_size).astype(numpy.float32)
        restrict = [None, 1 + int(draw.integers(len(side.model)))][number % 3 == 0]
        request = {'vector': [float(value) for value in vector], 'restrict_vocab': restrict}
        wanted = side.model.similar_by_vector(vector, topn=15, restrict_vocab=restrict)
        side.compare('similar_by_vector', request, wanted, f'{word} {restrict}', 15)
        wanted = side.model.similar_by_word(word, topn=15, restrict_vocab=restrict)
        side.compare('similar_by_word', {'word': word, 'restrict_vocab': restrict}, wanted, f'{word} {restrict}', 15)


def within_sums(side):
    """Words and vectors in one sum."""
    draw = random.Random(3)
    for number in range(oracle.effort(60)):
        first, second, third = draw.sample(side.words, 3)
        vector = side.model[second] * numpy.float32(draw.choice([0.1, 1, 4]))
        request = {'positive': [first, [float(value) for value in vector]], 'negative': [third]}
        wanted = side.model.most_similar(positive=[first, vector], negative=[third])
        mean = side.model.get_mean_vector([first, vector, third], numpy.array([1, 1, -1]), pre_normalize=True)
        side.compare('most_similar with vectors', request, wanted, f'{first} {second} {third}', 10,
                     numpy.linalg.norm(mean))


def cosmul(side):
    draw = random.Random(4)
    unit = side.model.get_normed_vectors()
    for number, word in enumerate(side.words):
        request, terms = sums(draw, side.words)
        if not request['positive'] or 'weights' in request:
            request = terms = {'positive': [word], 'negative': draw.sample(side.words, 2)}
        wanted = side.model.most_similar_cosmul(topn=12, **terms)
        side.compare('most_similar_cosmul', {**request, 'objective': 'cosmul'}, wanted, str(request), 12)
        # gensim 4.2 takes restrict_vocab for most_similar_cosmul and ignores it: its scores of the rows are restricted here.
        end = draw.randint(1, len(side.model))
        scores = side.model.most_similar_cosmul(topn=None, **terms)[:end]
        taken = [side.model.key_to_index[name] for name in request['positive'] + request['negative']]
        wanted = [(side.model.index_to_key[row], float(scores[row]))
                  for row in best(scores, numpy.setdiff1d(numpy.arange(end), taken), 12)]
        side.compare('most_similar_cosmul, restricted', {**request, 'objective': 'cosmul', 'restrict_vocab': end},
                     wanted, f'{request} {end}', 12)
    for number in range(oracle.effort(40)):
        first, second = draw.sample(side.words, 2)
        vector = unit[side.model.key_to_index[second]]
        wanted = side.model.most_similar_cosmul(positive=[first, vector])
        request = {'positive': [first, [float(value) for value in vector]], 'objective': 'cosmul'}
        side.compare('most_similar_cosmul with vectors', request, wanted, f'{first} {second}', 10)


def analogies(side):
    draw = random.Random(5)
    for number in range(oracle.effort(100)):
        a, b, c = draw.sample(side.words, 3)
        answer = side.daemon.get('/analogy', model=side.served, a=a, b=b, c=c)
        terms = {'positive': [b, c], 'negative': [a]}
        side.checks.that(answer['expression'] == f'{b} - {a} + {c}', f'the expression is {answer["expression"]}')
        side.agree('analogy', answer, side.model.most_similar(**terms), f'{b} - {a} + {c}', side.length(terms))


def exactly(side):
    """What is left to be seen of scopes, bit for bit against numpy: negative starts, where gensim does not leave out the
    words of the query; candidates; min_similarity; weights of a product as exponents, which gensim does not have."""
    draw = random.Random(6)
    rows = len(side.model)
    for number in range(oracle.effort(100)):
        word = draw.choice(side.words)
        row = side.model.key_to_index[word]
        similarity = side.brute_force.similarities(side.model.vectors[row])
        start, end = draw.randint(-rows - 5, rows), draw.choice([0, draw.randint(-rows - 5, rows + 5)])
        candidates = draw.sample(range(rows), draw.randint(1, 200))
        least = draw.uniform(-0.2, 0.6)
        allowed = numpy.arange(rows)[start:end or None]
        request = {'clip_start': start, 'clip_end': end, 'min_similarity': least}
        if number % 2:
            allowed = numpy.intersect1d(allowed, candidates)
            request['candidates'] = [side.model.index_to_key[candidate] for candidate in candidates]
        allowed = allowed[(similarity[allowed] >= least) & (allowed != row)]
        wanted = best(similarity, allowed, 20)
        answer = side.daemon.post('/neighbors', model=side.served, word=word, k=20, **request)
        text = f'{word} {request}'
        side.checks.that([hit['index'] for hit in answer['neighbors']] == wanted, f'{text}: not the rows {wanted}')
        side.checks.that([hit['similarity'] for hit in answer['neighbors']] == similarity[wanted].tolist(),
                         f'{text}: similarities differ in a bit')
    for number in range(oracle.effort(100)):
        names = draw.sample(side.words, 3)
        weights = [draw.choice([1, 2, 0.5, 1.75]), draw.choice([1, 3]), draw.choice([-1, -0.5, -2])]
        score, denominator = numpy.ones(rows), numpy.ones(rows)
        for name, weight in zip(names, weights):
            cosine = side.brute_force.similarities(side.model.vectors[side.model.key_to_index[name]])
            power = numpy.clip((1 + cosine) / 2, 0, 1) ** abs(weight)
            if weight > 0:
                score *= power
            else:
                denominator *= power
        score /= denominator + 0.000001
        taken = [side.model.key_to_index[name] for name in names]
        wanted = best(score, numpy.setdiff1d(numpy.arange(rows), taken), 10)
        answer = side.daemon.post('/neighbors', model=side.served, positive=names[:2], negative=names[2:], weights=weights,
                                  objective='cosmul')
        got = {hit['index']: hit['similarity'] for hit in answer['neighbors']}
        for row in wanted:
            side.checks.that(row in got and abs(got[row] - score[row]) <= 1e-14 * score[row],
                             f'{names} by {weights}: {got.get(row)} against {score[row]}')
            side.differences.note('weights of a product, against numpy in float64', abs(got[row] - score[row]))


def ranks(side):
    """gensim's distances are float32: a row within their rounding of the other word may count or not."""
    draw = random.Random(7)
    for number, word in enumerate(side.words):
        other = word if number % 25 == 0 else draw.choice(side.words if number % 2 else side.model.index_to_key)
        row, place = side.model.key_to_index[word], side.model.key_to_index[other]
        similarity = side.brute_force.similarities(side.model.vectors[row])
        closer = numpy.setdiff1d(numpy.flatnonzero(similarity > similarity[place]), [row])
        text = f'{word} and {other}'
        rank = side.daemon.get('/rank', model=side.served, word=word, other=other)['rank']
        side.checks.that(rank == len(closer) + 1, f'{text}: rank {rank}, not {len(closer) + 1}')
        uncertain = int(numpy.sum(numpy.abs(similarity - similarity[place]) < 1e-6))
        wanted = side.model.rank(word, other)
        side.differences.note('rank', abs(rank - wanted))
        side.checks.that(abs(rank - wanted) <= uncertain, f'{text}: rank {rank}, in gensim {wanted}')
        answer = side.daemon.get('/closer-than', model=side.served, word=word, than=other, limit=1000)
        listed = [hit['index'] for hit in answer['words']]
        side.checks.that(answer['count'] == len(closer), f'{text}: {answer["count"]} are closer, not {len(closer)}')
        side.checks.that(listed == best(similarity, closer, 1000), f'{text}: not the nearest of the closer ones')
        if answer['count'] > len(listed):
            continue
        odd = set(listed) ^ {side.model.key_to_index[near] for near in side.model.closer_than(word, other)}
        side.differences.note('closer_than, words more or fewer', len(odd))
        side.checks.that(all(abs(similarity[near] - similarity[place]) < 1e-6 for near in odd),
                         f'{text}: gensim has other words closer')


def check_file(path, **how):
    name = os.path.basename(path)
    checks, differences = oracle.Checks(f'searches of {name}'), Differences()
    model = gensim.models.KeyedVectors.load_word2vec_format(path, **how)
    with oracle.Daemon() as daemon:
        daemon.add(path, 'm')
        daemon.start()
        side = Side(daemon, 'm', model, checks, differences)
        for part in (most_similar, by_vector, within_sums, cosmul, analogies, exactly, ranks):
            part(side)
    checks.report()
    differences.report(name)


def check_joined(paths):
    """Two models as one, whose vectors are concatenated: words that both have, in the order of the first."""
    checks, differences = oracle.Checks('searches of two models at once'), Differences()
    parts = [gensim.models.KeyedVectors.load_word2vec_format(path, no_header=True) for path in paths]
    words = [word for word in parts[0].index_to_key if word in parts[1]]
    model = gensim.models.KeyedVectors(sum(part.vector_size for part in parts))
    model.add_vectors(words, numpy.hstack([part[words] for part in parts]))
    with oracle.Daemon() as daemon:
        for path, name in zip(paths, ('a', 'b')):
            daemon.add(path, name)
        daemon.start()
        side = Side(daemon, 'a,b', model, checks, differences)
        side.words = side.words[::4]
        for part in (most_similar, by_vector, cosmul, analogies):
            part(side)
        for other in side.words[1::3]:
            rank = daemon.get('/rank', model='a,b', word=side.words[0], other=other)['rank']
            differences.note('rank', abs(rank - model.rank(side.words[0], other)))
            checks.that(abs(rank - model.rank(side.words[0], other)) <= 1, f'{side.words[0]} and {other}: rank {rank}')
    checks.report()
    differences.report('two models')


def main():
    check_file(oracle.SAMPLE, no_header=True)
    if not os.path.isdir(oracle.TEST_DATA):
        print(f'skipped: searches of real matrices, as there is no folder {oracle.TEST_DATA}')
        return
    glove = os.path.join(oracle.TEST_DATA, 'glove.6B.100d.top2604.txt.gz')
    check_file(glove, no_header=True)
    check_joined([oracle.SAMPLE, glove])
    check_file(os.path.join(oracle.TEST_DATA, 'word2vec-c.1186x200.bin'), binary=True)


main()
