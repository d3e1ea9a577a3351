#!/usr/bin/python3
"""Lookups on the bundled sample: numpy.load of every .npy answer is gensim's floats bit for bit; padding is Keras'."""

import random

import gensim.models
import numpy

import oracle


def pad_sequences(sequences, maxlen=None, padding='post', truncating='post', value=-1):
    """The semantics of Keras' function of that name, with post as the default of both sides."""
    if maxlen is None:
        maxlen = max((len(sequence) for sequence in sequences), default=0)
    padded = numpy.full((len(sequences), maxlen), value)
    for line, sequence in enumerate(sequences):
        kept = sequence[max(0, len(sequence) - maxlen):] if truncating == 'pre' else sequence[:maxlen]
        if kept and padding == 'pre':
            padded[line, maxlen - len(kept):] = kept
        elif kept:
            padded[line, :len(kept)] = kept
    return padded


def vectors(daemon, model, checks):
    for row in range(0, len(model), 250):
        word = model.index_to_key[row]
        checks.same_bits(daemon.get_npy('/vector', word=word), model[word], word)
        answer = daemon.get('/vector', index=row)
        checks.that(answer['word'] == word, f'row {row} is {answer["word"]}')
        checks.same_bits(numpy.array(answer['vector'], numpy.float32), model[word], f'{word} as JSON')


def batches(daemon, model, checks):
    draw = random.Random(1)
    for size in (0, 1, 2, 17, 1000):
        words = draw.choices(model.index_to_key, k=size)
        wanted = numpy.zeros((size, model.vector_size), numpy.float32)
        if words:
            wanted = model[words]
        checks.same_bits(daemon.post_npy('/vectors', words=words), wanted, f'{size} words')
        answer = daemon.post('/vectors', words=words)
        checks.that(answer['shape'] == list(wanted.shape) and all(answer['found']), f'{size} words as JSON')
        if words:
            checks.same_bits(numpy.array(answer['vectors'], numpy.float32), wanted, f'{size} words as JSON')
    got = daemon.post_npy('/vectors', words=['cat', 'zzzzz', 'dog'], oov='zero')
    wanted = numpy.stack([model['cat'], numpy.zeros(model.vector_size, numpy.float32), model['dog']])
    checks.same_bits(got, wanted, 'an unknown word as zeros')


def indexing(daemon, model, checks):
    """E[X] for X of one and two dimensions."""
    draw = numpy.random.default_rng(2)
    for shape in ((0,), (1,), (1000,), (0, 0), (3, 0), (1, 1), (20, 30), (200, 5)):
        indices = draw.integers(0, len(model), shape)
        wanted = model.vectors[indices]
        if shape == (0, 0):  # JSON cannot tell [] of two dimensions from [] of one
            wanted = wanted.reshape(0, model.vector_size)
        checks.same_bits(daemon.post_npy('/lookup', indices=indices.tolist()), wanted, f'E[X] of {shape}')


def padded(daemon, model, checks):
    draw = random.Random(3)
    for number in range(oracle.effort(200)):
        sequences = [[draw.randrange(len(model)) for _ in range(draw.randrange(8))] for _ in range(draw.randint(1, 6))]
        request, cells = {}, {}
        for name in ('padding', 'truncating'):
            if draw.random() < 0.7:
                request[name] = cells[name] = draw.choice(['pre', 'post'])
        if draw.random() < 0.6:
            request['maxlen'] = cells['maxlen'] = draw.randint(1, 9)
        grid = pad_sequences(sequences, **cells)
        table, pad = model.vectors, numpy.zeros(model.vector_size, numpy.float32)
        if draw.random() < 0.5:
            request['value'] = draw.choice([0.1, -1, 3e-5, 7])
            pad[:] = request['value']
        elif draw.random() < 0.5:
            request['pad_index'] = draw.randrange(len(model))
            pad = table[request['pad_index']]
        wanted = numpy.where((grid < 0)[..., None], pad, table[grid])
        text = f'{sequences} {request}'
        checks.same_bits(daemon.post_npy('/lookup', indices=sequences, **request), wanted, text)
        answer = daemon.post('/lookup', indices=sequences, **request)
        checks.that(answer['mask'] == (grid >= 0).tolist(), f'{text}: the mask is {answer["mask"]}')
        checks.that(answer['lengths'] == (grid >= 0).sum(axis=1).tolist(), f'{text}: lengths {answer["lengths"]}')
        checks.that(answer['shape'] == list(wanted.shape), f'{text}: the shape is {answer["shape"]}')
        words = [[model.index_to_key[row] for row in sequence] for sequence in sequences]
        checks.same_bits(daemon.post_npy('/vectors', words=words, **request), wanted, f'words of {text}')


def main():
    checks = oracle.Checks('lookups on the sample')
    model = gensim.models.KeyedVectors.load_word2vec_format(oracle.SAMPLE, no_header=True)
    with oracle.Daemon() as daemon:
        daemon.add(oracle.SAMPLE, 'classics')
        daemon.start()
        vectors(daemon, model, checks)
        batches(daemon, model, checks)
        indexing(daemon, model, checks)
        padded(daemon, model, checks)
    checks.report()


main()
