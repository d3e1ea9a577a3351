#!/usr/bin/python3
"""Embeddings of texts against numpy's means of gensim's rows, the texts taken apart once more in Python."""

import base64
import random
import unicodedata

import gensim.models
import numpy

import oracle

TEXTS = [
    'The cat sat on the mat.', 'dog', 'DOG!', '"Don\'t," she said; "it\'s a cat’s life…"', 'state-of-the-art (u.s.) mouse',
    'a\u00a0b\u3000c\u2028d', '¿Where — on earth — is Paris?', 'naïve\tÉMILE\n\nEmile, Rat', 'x' * 70000 + ' king',
    'one two  three\x1cfour\x85five', '«London», 100% of $5', 'C++ & </s> ...cat'
]


def strip(piece):
    """Without the punctuation and symbols at its ends, by Unicode's categories."""
    kept = [i for i, c in enumerate(piece) if unicodedata.category(c)[0] not in 'PS']
    return piece[kept[0]:kept[-1] + 1] if kept else ''


class Finder:
    def __init__(self, model):
        self.model, self.folded = model, {}
        for row, word in enumerate(model.index_to_key):
            self.folded.setdefault(word.casefold(), row)

    def find(self, word):
        row = self.model.key_to_index.get(word)
        return self.folded.get(word.casefold()) if row is None else row

    def rows(self, text):
        found = []
        for piece in text.split():
            row = self.find(piece)
            if row is None and strip(piece):
                row = self.find(strip(piece))
            if row is not None:
                found.append(row)
        return found


def mean(model, rows):
    return model.vectors[rows].astype(numpy.float64).mean(axis=0).astype(numpy.float32)


def embeddings(daemon, inputs, **more):
    answer = daemon.post('/v1/embeddings', model='classics', input=inputs, **more)
    return answer, [entry['embedding'] for entry in answer['data']]


def ulps(got, wanted):
    """The largest distance, in float32 that lie between."""
    order = [numpy.where(bits < 0, -(bits & 0x7FFFFFFF), bits).astype(numpy.int64)
             for bits in (numpy.asarray(side, numpy.float32).view(numpy.int32) for side in (got, wanted))]
    return int(numpy.abs(order[0] - order[1]).max())


def main():
    checks = oracle.Checks('OpenAI embeddings on the sample')
    model = gensim.models.KeyedVectors.load_word2vec_format(oracle.SAMPLE, no_header=True)
    finder, draw, largest = Finder(model), random.Random(5), 0
    marks = ['', '', '', '', '.', ',', '!', '"', '(', '—', '’', '…', '$']
    texts = list(TEXTS)
    for _ in range(300):
        words = draw.choices(model.index_to_key[:8000], k=draw.randint(1, 40)) + ['qzxqzx']
        draw.shuffle(words)
        forms = [draw.choice([word, word, word.upper(), word.title()]) for word in words]
        texts.append(draw.choice([' ', '  ', '\n', '\u2003']).join(
            draw.choice(marks) + form + draw.choice(marks) for form in forms))
    with oracle.Daemon() as daemon:
        daemon.add(oracle.SAMPLE, 'classics')
        daemon.start()
        answer, vectors = embeddings(daemon, texts)
        _, encoded = embeddings(daemon, texts, encoding_format='base64')
        checks.that(answer['usage']['prompt_tokens'] == sum(len(text.split()) for text in texts), 'the usage differs')
        for text, vector, code in zip(texts, vectors, encoded):
            wanted = mean(model, finder.rows(text))
            got = numpy.array(vector, numpy.float32)
            checks.same_bits(numpy.frombuffer(base64.b64decode(code), '<f4'), got, f'base64 of {text[:60]!r}')
            largest = max(largest, ulps(got, wanted))
            checks.that(ulps(got, wanted) <= 1, f'{text[:60]!r}: {got[:3]} against {wanted[:3]}')
        tokens = [[draw.randrange(len(model)) for _ in range(draw.randint(1, 30))] for _ in range(100)]
        for rows, vector in zip(tokens, embeddings(daemon, tokens)[1]):
            largest = max(largest, ulps(vector, mean(model, rows)))
            checks.that(ulps(vector, mean(model, rows)) <= 1, f'tokens {rows}')
        checks.same_bits(numpy.array(embeddings(daemon, 'cat')[1][0], numpy.float32), model['cat'], 'one word')
        checks.same_bits(numpy.array(embeddings(daemon, [7])[1][0], numpy.float32), model.vectors[7], 'one token')
    print(f'OpenAI embeddings, largest difference from numpy\'s mean: {largest} ulp of float32')
    checks.report()


main()
