"""What the oracle scripts share: a daemon on a store of its own, requests to it, and a count of checks."""

import http.client
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

import numpy

BINARY = os.environ.get('WORDVEC_BINARY') or 'build/release/wordvec'
WRAPPER = os.environ.get('WORDVEC_WRAPPER', '').split()
TEST_DATA = os.environ.get('TEST_DATA') or 'no folder given'
SAMPLE = os.path.join(os.path.dirname(__file__), '../../deploy/sample/classics.50d.txt.gz')
PATIENCE = 120  # seconds


def effort(full):
    """How often to try: `full`, or a tenth of it where ORACLE_EFFORT is set, for an instrumented binary, whose answers are
    those of the other one."""
    return full // 10 if os.environ.get('ORACLE_EFFORT') else full


def run(*arguments):
    """Runs wordvec to its end: (exit code, standard output, standard error)."""
    done = subprocess.run([*WRAPPER, BINARY, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=10 * PATIENCE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Daemon:
    """`wordvec serve` on a temporary store, for a `with` block."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix='wordvec-oracle.')
        self.store = os.path.join(self.folder, 'store')
        self.process = self.connection = None
        return self

    def add(self, path, name, *flags):
        code, out, err = run('import', path, '--store', self.store, '--name', name, '--report', 'json', *flags)
        if code != 0:
            sys.exit(f'import of {path} exited with {code}: {err}')
        return json.loads(out)

    def start(self, *flags):
        self.process = subprocess.Popen([*WRAPPER, BINARY, 'serve', '--store', self.store, '--listen', '127.0.0.1:0',
                                         '--log-format', 'off', *flags], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for line in self.process.stderr:
            found = re.search(rb'listening on http://127\.0\.0\.1:(\d+)', line)
            if found:
                break
        else:
            sys.exit('the daemon did not say where it listens')
        self.connection = http.client.HTTPConnection('127.0.0.1', int(found[1]), timeout=PATIENCE)

    def ask(self, method, target, body=None, accept='application/json'):
        headers = {'Accept': accept}
        if body is not None:
            headers['Content-Type'] = 'application/json'
            body = json.dumps(body)
        self.connection.request(method, target, body, headers)
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            sys.exit(f'{method} {target}: {answer.status} {data[:500]!r}')
        return data

    def get(self, path, **parameters):
        return json.loads(self.ask('GET', path + '?' + urllib.parse.urlencode(parameters, doseq=True)))

    def post(self, path, **parameters):
        return json.loads(self.ask('POST', path, parameters))

    def get_npy(self, path, **parameters):
        target = path + '?' + urllib.parse.urlencode(parameters, doseq=True)
        return numpy.load(io.BytesIO(self.ask('GET', target, accept='application/x-npy')))

    def post_npy(self, path, **parameters):
        return numpy.load(io.BytesIO(self.ask('POST', path, parameters, 'application/x-npy')))

    def words(self, model):
        """Every word of the model as bytes, in the order of its rows."""
        words, after = {}, {}
        while True:
            page = self.get('/words', model=model, limit=1000, **after)
            for entry in page['words']:
                exact = entry.get('word_bytes')
                words[entry['index']] = (urllib.parse.unquote_to_bytes(exact) if exact is not None
                                         else entry['word'].encode())
            if 'next' not in page:
                return [words[index] for index in range(len(words))]
            after = {'after': words[page['words'][-1]['index']]}

    def matrix(self, model, rows):
        return self.post_npy('/lookup', model=model, indices=list(range(rows)))

    def __exit__(self, *error):
        code = 0
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(PATIENCE)
        shutil.rmtree(self.folder)
        if code != 0 and error[0] is None:
            sys.exit(f'the daemon exited with {code}')


class Checks:
    """Counts checks; the first that does not hold ends the script."""

    def __init__(self, about):
        self.about, self.count, self.started = about, 0, time.monotonic()

    def that(self, holds, text):
        self.count += 1
        if not holds:
            sys.exit(f'{self.about}: {text}')

    def same_bits(self, got, wanted, text):
        wanted = numpy.ascontiguousarray(wanted, numpy.float32)
        self.that(got.dtype == numpy.dtype('<f4'), f'{text}: the type is {got.dtype}')
        self.that(got.shape == wanted.shape, f'{text}: the shape is {got.shape}, not {wanted.shape}')
        differ = numpy.argwhere(got.view(numpy.uint32) != wanted.view(numpy.uint32))
        self.that(len(differ) == 0, f'{text}: {len(differ)} floats differ, the first at {differ[:1].tolist()}')

    def report(self):
        print(f'{self.about}: {self.count} checks in {time.monotonic() - self.started:.1f} s')


class BruteForce:
    """Similarities of rows, in float64 and in the order of summing of store/matrix/rows.h."""

    def __init__(self, rows):
        self.columns = numpy.ascontiguousarray(self.widened(rows).T)
        self.norms = numpy.sqrt(self.dots(self.columns, self.columns))

    @staticmethod
    def widened(vectors):
        """As float64, with zeros up to a multiple of 16."""
        wide = numpy.zeros(vectors.shape[:-1] + (-(-vectors.shape[-1] // 16) * 16,))
        wide[..., :vectors.shape[-1]] = vectors
        return wide

    @staticmethod
    def dots(query, columns):
        """Of a query, or of as many as there are rows, with each row; a column at a time, which stays in the cache."""
        lanes = [numpy.zeros(columns.shape[1]) for _ in range(16)]
        product = numpy.empty(columns.shape[1])
        for at, column in enumerate(columns):
            numpy.multiply(column, query[at], out=product)
            lanes[at % 16] += product
        for half in (8, 4, 2, 1):
            lanes = [lanes[lane] + lanes[lane + half] for lane in range(half)]
        return lanes[0]

    def similarities(self, query):
        """Of a float32 query with every row."""
        wide = self.widened(query)
        norms = self.norms * numpy.sqrt(self.dots(wide, wide[:, None])[0])
        return numpy.divide(self.dots(wide, self.columns), norms, out=numpy.zeros(len(norms)), where=norms > 0)


def nearest(similarity, excluded, k):
    """The rows of the k highest, lower rows first among equals."""
    count = min(k + len(excluded), len(similarity))
    least = numpy.partition(similarity, len(similarity) - count)[len(similarity) - count] if count else 0
    rows = numpy.flatnonzero(similarity >= least)
    order = rows[numpy.lexsort((rows, -similarity[rows]))]
    return [row for row in order[:count].tolist() if row not in excluded][:k]
