#!/usr/bin/python3
"""Models that Debian's fastText trains here, and what it prints of them: every word, known and unknown, to its digits."""

import os
import random
import subprocess
import sys
import tempfile

import gensim.models.fasttext
import numpy

import oracle

LETTERS = ['a', 'e', 'o', 'r', 's', 't', 'é', 'ß', 'ж', 'и', '日', '本', '語', '𝄞', "'", '-', '<', '>', '/', '_', '1']

# Training and, for quantised ones, what follows it.
MODELS = {
    'skipgram': ('skipgram', []),
    'cbow': ('cbow', ['-minn', '2', '-maxn', '4', '-dim', '11']),
    'single-characters': ('skipgram', ['-minn', '1', '-maxn', '1', '-dim', '16', '-bucket', '97']),
    'from-single-characters': ('cbow', ['-minn', '1', '-maxn', '3', '-loss', 'hs', '-dim', '5']),
    'from-nothing': ('skipgram', ['-minn', '0', '-maxn', '2', '-dim', '4']),
    'without-ngrams': ('skipgram', ['-minn', '0', '-maxn', '0']),
    'supervised': ('supervised', []),
    'supervised-ngrams': ('supervised', ['-minn', '2', '-maxn', '5', '-bucket', '1500', '-dim', '13']),
    'supervised-word-ngrams': ('supervised', ['-wordNgrams', '2', '-bucket', '700']),
    'supervised-both': ('supervised', ['-wordNgrams', '2', '-minn', '3', '-maxn', '3', '-bucket', '700', '-loss', 'ova']),
    'quantised': ('supervised', ['-minn', '3', '-maxn', '6', '-bucket', '900'], []),
    'quantised-norms': ('supervised', ['-minn', '2', '-maxn', '3', '-bucket', '900', '-dim', '17'], ['-qnorm', '-dsub', '4']),
    'quantised-wide-parts': ('supervised', ['-minn', '2', '-maxn', '3', '-bucket', '900', '-dim', '9'], ['-dsub', '9']),
    'quantised-single': ('supervised', ['-minn', '0', '-maxn', '0', '-dim', '7'], ['-dsub', '1', '-qnorm']),
    'pruned': ('supervised', ['-minn', '3', '-maxn', '6', '-bucket', '900'], ['-cutoff', '700', '-qnorm']),
    'pruned-retrained': ('supervised', ['-minn', '2', '-maxn', '4', '-bucket', '900', '-dim', '13'],
                         ['-cutoff', '400', '-qnorm', '-retrain', '-dsub', '3', '-epoch', '1']),
    'pruned-without-ngrams': ('supervised', ['-minn', '0', '-maxn', '0', '-wordNgrams', '2', '-bucket', '500'], ['-cutoff', '300']),
}


def vocabulary(chance, count):
    """Made-up words of any letters, multi-byte ones among them."""
    words = {''.join(chance.choices(LETTERS, k=chance.randint(1, 9))) for _ in range(count)}
    return sorted(words)


def write_corpus(path, labelled):
    """Lines of words by Zipf's law, near words together, so that training moves every row."""
    chance = random.Random(4)
    words = vocabulary(chance, 500)
    with open(path, 'w', encoding='utf-8') as out:
        for _ in range(1200):
            topic = chance.randrange(5)
            line = [words[min(int(chance.paretovariate(0.8)) * 5 - 5 + topic, len(words) - 1 - topic)] for _ in range(12)]
            line += chance.choices(words, k=3)
            out.write((f'__label__{topic} ' if labelled else '') + ' '.join(line) + '\n')
    return words


def unknown_words(words):
    """Words that are nearly known, of other letters, long, and of bytes that are no text."""
    chance = random.Random(5)
    made = [word.encode() for word in vocabulary(chance, 150)]
    made += [word.encode() + b's' for word in words[:60]] + [word.encode()[:-1] for word in words[:60]]
    made += ['naïvetéish'.encode(), 'Großstadtmensch'.encode(), '日本語'.encode(), b'x' * 400, '語'.encode() * 90]
    made += [b'\xff\xfe', b'\x80', b'a\x80\xbfb', b'\xc3', b'<', b'>', b'<>', b'</s', b'</s>', b'/s>', b'__label__7']
    return [word for word in made if word]


def fasttext(*arguments, cwd, feed=None):
    done = subprocess.run(['fasttext', *arguments], cwd=cwd, input=feed, capture_output=True, check=False, timeout=600)
    if done.returncode != 0:
        sys.exit(f'fasttext {arguments} exited with {done.returncode}: {done.stderr.decode(errors="replace")}')
    return done.stdout


def train(folder, name):
    how, flags, *quantisation = MODELS[name]
    corpus = 'labelled.txt' if how == 'supervised' else 'plain.txt'
    fasttext(how, '-input', corpus, '-output', name, '-thread', '1', '-epoch', '2', '-minCount', '2', '-dim', '20',
             '-bucket', '1000', '-verbose', '0', *flags, cwd=folder)
    if not quantisation:
        return os.path.join(folder, name + '.bin')
    fasttext('quantize', '-input', corpus, '-output', name, '-thread', '1', '-verbose', '0', *quantisation[0], cwd=folder)
    return os.path.join(folder, name + '.ftz')


def lines_of(output, words):
    """A list of numbers as text for each word."""
    lines = output.split(b'\n')[:-1]
    if len(lines) != len(words):
        sys.exit(f'{len(lines)} lines for {len(words)} words')
    for line, word in zip(lines, words):
        if not line.startswith(word + b' '):
            sys.exit(f'a line begins with {line[:40]!r} instead of {word!r}')
    return [line[len(word):].split() for line, word in zip(lines, words)]


def ask_fasttext(folder, path, words):
    return lines_of(fasttext('print-word-vectors', path, cwd=folder, feed=b'\n'.join(words) + b'\n'), words)


def ask_wordvec(store, name, words, *flags):
    """From the command line."""
    command = [*oracle.WRAPPER, oracle.BINARY, 'vector', '--store', store, '--model', name, *flags]
    done = subprocess.run(command, input=b'\n'.join(words) + b'\n', capture_output=True, check=False, timeout=600)
    if done.returncode != 0:
        sys.exit(f'{command} exited with {done.returncode}: {done.stderr.decode(errors="replace")}')
    return lines_of(done.stdout, words)


def compare(checks, name, words, got, wanted):
    """Digit by digit, as fastText prints a float; returns how much lies behind the digits at most."""
    largest = 0
    for word, ours, theirs in zip(words, got, wanted):
        ours = numpy.array(ours, numpy.float32)
        printed = [b'%.5g' % number for number in ours]
        checks.that(printed == theirs, f'{name}: {word!r} is {printed[:4]}, and fastText says {theirs[:4]}')
        largest = max(largest, float(numpy.max(numpy.abs(ours - numpy.array(theirs, numpy.float64)))))
    return largest


def check_model(checks, folder, name, words):
    path = train(folder, name)
    store = os.path.join(folder, 'store')
    code, _, err = oracle.run('import', path, '--store', store, '--name', name)
    checks.that(code == 0, f'{name}: import says {err}')
    code, _, err = oracle.run('verify', name, '--store', store)
    checks.that(code == 0, f'{name}: verify says {err}')
    code, out, _ = oracle.run('info', name, '--store', store)
    flags = ['--oov', 'subword'] if 'subwords' in out else []
    if not flags:  # then fastText prints zeros for what it does not know, and wordvec has no such policy
        known = fasttext('dump', path, 'dict', cwd=folder).split(b'\n')[1:]
        known = {line.rsplit(b' ', 2)[0] for line in known if line.endswith(b' word')}
        words = [word for word in words if word in known]
        checks.that(len(words) > 100, f'{name}: {len(words)} words')
    wanted = ask_fasttext(folder, path, words)
    behind = compare(checks, name, words, ask_wordvec(store, name, words, *flags), wanted)
    check_export(checks, folder, name, words, wanted)
    return len(words), behind


def check_export(checks, folder, name, words, wanted):
    """fastText reads what is written of the model, and prints the same of it; gensim reads it too."""
    store, path = os.path.join(folder, 'store'), os.path.join(folder, 'exported.bin')
    code, out, _ = oracle.run('info', name, '--store', store)
    pruned = ' of them kept' in out
    code, _, err = oracle.run('export', name, '--store', store, '--format', 'fasttext-bin', '--output', path, '--force')
    checks.that((code != 0 and 'pruned' in err) if pruned else code == 0, f'{name}: export exited with {code}: {err}')
    if pruned:
        return
    got = ask_fasttext(folder, path, words)
    for word, ours, theirs in zip(words, got, wanted):
        checks.that(ours == theirs, f'{name}, exported: {word!r} is {ours[:4]} to fastText, which said {theirs[:4]}')
    model = gensim.models.fasttext.load_facebook_model(path)
    known = set(lines_of_words(store, name)) - {b'</s>'}  # which gensim cuts into n-grams, as fastText does not
    known = [word for word in words if word in known][:100]
    for word, numbers in zip(known, ask_wordvec(store, name, known)):
        near = numpy.allclose(model.wv[word.decode()], numpy.array(numbers, numpy.float32), 1e-4, 1e-6)
        checks.that(near, f'{name}, exported: gensim reads {word!r} otherwise')


def lines_of_words(store, name):
    """The words of a model that are text and hold no space."""
    text = subprocess.run([*oracle.WRAPPER, oracle.BINARY, 'export', name, '--store', store, '--format', 'glove', '--output', '-'],
                          capture_output=True, check=True, timeout=600).stdout
    return [line.split(b' ', 1)[0] for line in text.split(b'\n')[:-1]]


def check_matrix_without_ngrams(checks, folder):
    """A matrix that is not fastText's becomes a model of it, without n-grams."""
    store, path = os.path.join(folder, 'store'), os.path.join(folder, 'sample.bin')
    code, _, err = oracle.run('import', oracle.SAMPLE, '--store', store, '--name', 'sample', '--limit', '3000')
    checks.that(code == 0, f'sample: {err}')
    code, _, err = oracle.run('export', 'sample', '--store', store, '--format', 'fasttext-bin', '--output', path)
    checks.that(code == 0, f'sample: {err}')
    words = lines_of_words(store, 'sample')
    got = [[b'0.0' if number == b'-0.0' else number for number in numbers]  # fastText's sums begin at +0.0
           for numbers in ask_wordvec(store, 'sample', words)]
    compare(checks, 'sample', words, got, ask_fasttext(folder, path, words))
    return len(words)


def main():
    checks = oracle.Checks('fastText')
    with tempfile.TemporaryDirectory(prefix='wordvec-fasttext.') as folder:
        words = write_corpus(os.path.join(folder, 'plain.txt'), False)
        write_corpus(os.path.join(folder, 'labelled.txt'), True)
        words = [b'</s>', *(word.encode() for word in words), *unknown_words(words)]
        for name in sys.argv[1:] or MODELS:
            count, largest = check_model(checks, folder, name, words)
            print(f'fastText: {name}: {count} words, all digits agree (what is behind them: {largest:.1e})')
        count = check_matrix_without_ngrams(checks, folder)
        print(f'fastText: the sample, exported: {count} words, all digits agree')
    checks.report()


main()
