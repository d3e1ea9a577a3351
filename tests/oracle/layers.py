#!/usr/bin/python3
"""What Keras and PyTorch are initialised with, against numpy: /matrix as their users build it in loops; layout=keras as
TextVectorization numbers words and pad_sequences pads them, both written here from Keras' documentation, as Keras itself is
not packaged; arrays as bodies, as numpy.save writes them."""

import io
import itertools
import json
import random
import urllib.parse

import gensim.models
import numpy

import oracle


def pad_sequences(sequences, maxlen=None, padding='pre', truncating='pre', value=0):
    """keras.utils.pad_sequences, with its defaults: 'pre' is before each sequence, or from its beginning."""
    length = max(map(len, sequences)) if maxlen is None else maxlen
    lines = []
    for sequence in sequences:
        sequence = list(sequence)
        if len(sequence) > length:
            sequence = sequence[-length:] if truncating == 'pre' else sequence[:length]
        fill = [value] * (length - len(sequence))
        lines.append(fill + sequence if padding == 'pre' else sequence + fill)
    return numpy.array(lines, numpy.int64).reshape(len(sequences), length)


class TextVectorization:
    """The numbers of keras.layers.TextVectorization(vocabulary=…): 0 is padding, 1 any other word, words from 2."""

    def __init__(self, vocabulary):
        self.numbers = {word: number for number, word in enumerate(vocabulary, 2)}

    def __call__(self, tokens):
        return [self.numbers.get(token, 1) for token in tokens]


def embedding_matrix(model, vocabulary, unknown):
    """As the guides to pretrained embeddings fill it: two rows, then a row for each word."""
    matrix = numpy.zeros((len(vocabulary) + 2, model.vector_size), numpy.float32)
    matrix[1] = unknown
    for number, word in enumerate(vocabulary, 2):
        matrix[number] = model[word] if word in model else unknown
    return matrix


def saved(array):
    body = io.BytesIO()
    numpy.save(body, array)
    return body.getvalue()


def send(daemon, path, array, accept='application/x-npy', **parameters):
    target = path + '?' + urllib.parse.urlencode(parameters, doseq=True)
    daemon.connection.request('POST', target, saved(array), {'Content-Type': 'application/x-npy', 'Accept': accept})
    answer = daemon.connection.getresponse()
    return answer.status, answer.read()


def unknown_of(model, policy):
    if policy == 'mean':
        return model.vectors.mean(axis=0, dtype=numpy.float64).astype(numpy.float32)
    return model['unk'] if policy == 'unk' else numpy.zeros(model.vector_size, numpy.float32)


def whole(daemon, model, checks):
    got = numpy.load(io.BytesIO(daemon.ask('GET', '/matrix', accept='*/*')))
    checks.same_bits(got, model.vectors, 'the whole matrix')
    zeros = numpy.zeros((2, model.vector_size), numpy.float32)
    checks.same_bits(daemon.get_npy('/matrix', layout='keras'), numpy.concatenate([zeros, model.vectors]), 'with two rows')


def lists(daemon, model, checks):
    draw = random.Random(4)
    for size, policy in itertools.product((0, 1, 30, 20000), ('zero', 'unk', 'mean')):
        vocabulary = [draw.choice(model.index_to_key) if draw.random() < 0.8 else f'no such {number}'
                      for number in range(size)]
        wanted = embedding_matrix(model, vocabulary, unknown_of(model, policy))
        got = daemon.post_npy('/matrix', words=vocabulary, layout='keras', oov=policy)
        checks.same_bits(got, wanted, f'{size} words, unknown ones {policy}')
        checks.same_bits(daemon.post_npy('/matrix', words=vocabulary, oov=policy), wanted[2:], f'{size} words alone')


def numbered(daemon, model, checks):
    """Texts → TextVectorization → pad_sequences → Embedding, and the same by asking."""
    draw = random.Random(5)
    vectorize = TextVectorization(model.index_to_key)
    layers = {policy: embedding_matrix(model, model.index_to_key, unknown_of(model, policy))
              for policy in ('zero', 'unk', 'mean')}
    for number in range(oracle.effort(200)):
        texts = [[draw.choice(model.index_to_key) if draw.random() < 0.8 else 'no such word'
                  for _ in range(draw.randrange(8))] for _ in range(draw.randint(1, 6))]
        policy = draw.choice(['zero', 'unk', 'mean'])
        shape = {'padding': draw.choice(['pre', 'post']), 'truncating': draw.choice(['pre', 'post'])}
        if draw.random() < 0.6:
            shape['maxlen'] = draw.randint(1, 9)
        layer = layers[policy]
        numbers = [vectorize(text) for text in texts]
        grid = pad_sequences(numbers, **shape)
        text = f'{numbers} {shape} {policy}'
        request = {'layout': 'keras', 'oov': policy}
        checks.same_bits(daemon.post_npy('/lookup', indices=numbers, **shape, **request), layer[grid], text)
        checks.same_bits(daemon.post_npy('/lookup', indices=grid.tolist(), **request), layer[grid], f'padded before: {text}')
        checks.same_bits(daemon.post_npy('/vectors', words=texts, **shape, **request), layer[grid], f'words: {text}')
        answer = daemon.post('/vectors', words=texts, **shape, **request)
        checks.that(answer['indices'] == grid.tolist(), f'{text}: the numbers are {answer["indices"]}')
        answer = daemon.post('/lookup', indices=grid.tolist(), **request)
        checks.that(answer['mask'] == (grid != 0).tolist(), f'{text}: mask_zero gives another mask')
        status, body = send(daemon, '/lookup', grid, **request)
        checks.that(status == 200, f'{text}: {status} {body[:300]!r}')
        checks.same_bits(numpy.load(io.BytesIO(body)), layer[grid], f'as an array: {text}')
    # What Keras does when nothing is said is one word more here.
    grid = pad_sequences([[3, 4, 5], [6]], maxlen=2)
    got = daemon.post_npy('/lookup', indices=[[3, 4, 5], [6]], maxlen=2, padding='pre', truncating='pre', layout='keras')
    checks.same_bits(got, layers['zero'][grid], "Keras' defaults")


def arrays(daemon, model, checks):
    draw = numpy.random.default_rng(6)
    for kind, order, shape in itertools.product(
            ('<i1', '<u1', '<i2', '>i2', '<u2', '>u2', '<i4', '>i4', '<u4', '>u4', '<i8', '>i8', '<u8', '>u8'), 'CF',
            ((0,), (1,), (300,), (0, 3), (1, 1), (7, 20))):
        most = min(len(model), numpy.iinfo(kind).max)
        indices = numpy.asarray(draw.integers(0, most, shape), dtype=kind, order=order)
        status, body = send(daemon, '/lookup', indices)
        checks.that(status == 200, f'{kind} {shape}: {status} {body[:300]!r}')
        checks.same_bits(numpy.load(io.BytesIO(body)), model.vectors[indices.astype(int)], f'{kind} {order} {shape}')
    for kind, order in itertools.product(('<f2', '>f2', '<f4', '>f4', '<f8', '>f8'), 'CF'):
        queries = numpy.asarray(model.vectors[draw.integers(0, len(model), 5)], dtype=kind, order=order)
        status, body = send(daemon, '/neighbors', queries, 'application/json', k=3)
        wanted = daemon.post('/neighbors', queries=[{'vector': query.astype('f4').tolist()} for query in queries], k=3)
        checks.that(status == 200 and json.loads(body) == wanted, f'{kind} {order}: {status} {body[:300]!r}')
    for array in (numpy.array(1), numpy.zeros((2, 2, 2), int), numpy.array([1.0]), numpy.array([True]),
                  numpy.array(['a']), numpy.array([1 + 1j]), numpy.array([(1, 2)], 'i4, i4'),
                  numpy.array([None], object), numpy.array(['2020-01-01'], 'M8[D]'), numpy.array([-1]),
                  numpy.array([len(model)]), numpy.array([2**64 - 1], 'u8')):
        status, body = send(daemon, '/lookup', array)
        checks.that(status == 422 and json.loads(body)['errors'], f'{array!r}: {status} {body[:300]!r}')


def renamed(model):
    """With a row for unknown words, which the sample has not: one of its words gives its own."""
    copy = gensim.models.KeyedVectors(model.vector_size)
    copy.add_vectors(['unk' if word == 'dog' else word for word in model.index_to_key], model.vectors)
    return copy


def main():
    checks = oracle.Checks('layers of Keras and PyTorch')
    model = gensim.models.KeyedVectors.load_word2vec_format(oracle.SAMPLE, no_header=True)
    model = renamed(model)
    with oracle.Daemon() as daemon:
        path = daemon.folder + '/renamed.bin'
        model.save_word2vec_format(path, binary=True)
        daemon.add(path, 'renamed')
        daemon.start()
        whole(daemon, model, checks)
        lists(daemon, model, checks)
        numbered(daemon, model, checks)
        arrays(daemon, model, checks)
    checks.report()


main()
