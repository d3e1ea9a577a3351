#!/usr/bin/python3
"""Clients of word2vec-api as its users write them (urllib, json, base64, numpy), against gensim on the bundled sample."""

import base64
import json
import os
import random
import urllib.error
import urllib.parse
import urllib.request

import gensim.models
import numpy

import oracle

MANY = 400_000


class Client:
    def __init__(self, daemon):
        self.base = f'http://127.0.0.1:{daemon.connection.port}/word2vec/'

    def ask(self, method, **parameters):
        target = self.base + method + '?' + urllib.parse.urlencode(parameters, doseq=True)
        with urllib.request.urlopen(target) as answer:
            return json.loads(answer.read())

    def vector(self, word, **parameters):
        text = self.ask('model', word=word, **parameters)
        return None if text is None else numpy.frombuffer(base64.b64decode(text), dtype=numpy.float32)

    def refusal(self, method, **parameters):
        try:
            self.ask(method, **parameters)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())['message']
        return None


class Differences:
    """The largest difference from gensim, for each method."""

    def __init__(self, checks):
        self.checks, self.largest = checks, {}

    def near(self, method, got, wanted, text, limit=2e-6):  # gensim computes in float32
        self.checks.that(isinstance(got, float), f'{method} of {text} is {got!r}')
        difference = abs(got - float(wanted))
        self.checks.that(difference < limit, f'{method} of {text}: {got} against {wanted}')
        self.largest[method] = max(difference, self.largest.get(method, 0))


def pairs(client, model, differences, draw):
    for _ in range(200):
        a, b = draw.choices(model.index_to_key, k=2)
        differences.near('similarity', client.ask('similarity', w1=a, w2=b), model.similarity(a, b), f'{a} {b}')


def sets(client, model, differences, draw):
    for _ in range(200):
        first = draw.choices(model.index_to_key, k=draw.randint(1, 6))
        second = draw.choices(model.index_to_key, k=draw.randint(1, 6))
        got = client.ask('n_similarity', ws1=first + ['no such word'], ws2=second)
        differences.near('n_similarity', got, model.n_similarity(first, second), f'{first} {second}')


def neighbors(client, model, differences, draw):
    checks = differences.checks
    for number in range(60):
        names = draw.sample(model.index_to_key[:5000], draw.randint(1, 5))
        split = draw.randint(1, len(names))
        positive, negative, topn = names[:split], names[split:], draw.choice([1, 5, 10, 40])
        got = client.ask('most_similar', positive=positive + ['no such word'], negative=negative or [''], topn=topn)
        scores = model.most_similar_cosmul(positive=positive, negative=negative, topn=None)
        others = numpy.delete(scores, [model.key_to_index[name] for name in names])
        text = f'{positive} - {negative}'
        checks.that(len(got) == topn, f'{text}: {len(got)} words')
        for (word, score), nth in zip(got, -numpy.sort(-others)):
            scale = max(1.0, nth)
            differences.near('most_similar', score / scale, scores[model.key_to_index[word]] / scale, f'{word} of {text}')
            differences.near('most_similar', score / scale, nth / scale, text)
        checks.that(not {word for word, _ in got} & set(names), f'{text}: input words are in the answer')
    checks.that(len(client.ask('most_similar', positive='cat')) == 10, 'topn is not 10')
    checks.that(client.ask('most_similar', positive='cat', topn=0) == [], 'topn=0 has an answer')


def vectors(client, model, checks):
    for word in model.index_to_key[::500]:
        checks.same_bits(client.vector(word), model[word], word)
    checks.that(client.vector('no such word') is None, 'an unknown word has a vector')


def words(client, model, checks):
    checks.that(set(client.ask('model_word_set', model='classics')) == set(model.index_to_key), 'the words differ')
    many = client.ask('model_word_set', model='many')
    checks.that(many == [f'w{i}' for i in range(MANY)], f'{len(many)} of {MANY} words')


def errors(client, checks):
    for method, parameters, status, named in (
            ('similarity', {'w1': 'cat'}, 400, ['w2']), ('similarity', {}, 400, ['w1', 'w2']),
            ('n_similarity', {'ws2': 'cat'}, 400, ['ws1']), ('model', {}, 400, ['word']),
            ('most_similar', {'positive': 'cat', 'topn': 'ten'}, 400, ['topn']),
            ('similarity', {'w1': 'cat', 'w2': 'no such word'}, 404, None),
            ('n_similarity', {'ws1': 'cat', 'ws2': 'no such word'}, 404, None),
            ('most_similar', {'positive': 'no such word'}, 404, None), ('no_such_method', {}, 404, None)):
        code, message = client.refusal(method, **parameters)
        checks.that(code == status, f'{method} {parameters}: {code}')
        checks.that(sorted(message) == named if named else isinstance(message, str), f'{method}: {message}')


def main():
    checks = oracle.Checks('word2vec-api on the sample')
    model = gensim.models.KeyedVectors.load_word2vec_format(oracle.SAMPLE, no_header=True)
    with oracle.Daemon() as daemon:
        path = os.path.join(daemon.folder, 'many.txt')
        with open(path, 'w', encoding='ascii') as file:
            file.writelines(f'w{i} {i}.5 1.0\n' for i in range(MANY))
        daemon.add(oracle.SAMPLE, 'classics')
        daemon.add(path, 'many', '--no-index')
        daemon.start('--default-model', 'classics')
        client, draw, differences = Client(daemon), random.Random(4), Differences(checks)
        pairs(client, model, differences, draw)
        sets(client, model, differences, draw)
        neighbors(client, model, differences, draw)
        vectors(client, model, checks)
        words(client, model, checks)
        errors(client, checks)
    print('word2vec-api, largest difference from gensim: '
          + ', '.join(f'{method} {largest:.1e}' for method, largest in differences.largest.items()))
    checks.report()


main()
