"""The clients of a soak: good ones, which compare every answer, and bad ones, which must harm nobody.

Each runs in a process of its own until the event `end` is set, and gives its counts and what it found wrong.
"""

import collections
import http.client
import random
import socket
import struct
import time

from requests import forget

PATIENCE = 90
FINDINGS = 20


class Report:
    def __init__(self):
        self.counts = collections.Counter()
        self.wrong = []

    def find(self, what):
        self.counts["wrong"] += 1
        if len(self.wrong) < FINDINGS:
            self.wrong.append(what)


def ask(connection, request):
    """One exchange: (status, media type, body, ETag)."""
    method, target, headers, body, _ = request
    connection.request(method, target, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.headers.get("Content-Type"), answer.read(), answer.headers.get("ETag")


def golden_of(request, answer):
    """What is compared of an answer; `request` is in it so that a wrong one can be told."""
    status, media_type, body, _ = answer
    return status, media_type, forget(body, media_type) if request[0] != "HEAD" else b""


class GoodClient:
    """Asks one daemon over a connection that it keeps, opened anew now and then and when the daemon closes it. `asked`
    pairs each request with its allowed answers; None: only the status is known."""

    def __init__(self, port, asked, seed, report):
        self.port, self.asked, self.report = port, asked, report
        self.random = random.Random(seed)
        self.connection = None
        self.tags = {}

    def connect(self):
        if self.connection:
            self.connection.close()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.fresh = True

    def exchange(self, request):
        """A connection that was kept may have been closed by a daemon that ends: that is no failure, and asked again
        over a new one, which must be answered."""
        for _ in range(2):
            if not self.connection or not self.connection.sock or self.random.random() < 0.02:
                self.connect()
            fresh, self.fresh = self.fresh, False
            try:
                return ask(self.connection, request)
            except (http.client.HTTPException, ConnectionError, BrokenPipeError) as error:
                self.connection.close()
                self.connection = None
                if fresh:
                    raise
                self.report.counts["kept connections that were closed"] += 1
                last = error
        raise last

    def judge(self, request, allowed, answer):
        if allowed is None:
            if answer[0] != request[4]:
                self.report.find("%s %s: %d, not %d" % (request[0], request[1][:200], answer[0], request[4]))
        elif golden_of(request, answer) not in allowed:
            self.report.find("%s %s: no version's answer: %d %s %r" % (*request[:2], answer[0], answer[1], answer[2][:300]))

    def revalidate(self, request, place):
        """The same again with the tag of the last answer: unchanged, or another version's."""
        tag = self.tags.get(place)
        if request[0] != "GET" or not tag or self.random.random() < 0.8:
            return request
        return (request[0], request[1], {**request[2], "If-None-Match": tag}, None, request[4])

    def turn(self):
        place = self.random.randrange(len(self.asked))
        plain, allowed = self.asked[place]
        request = self.revalidate(plain, place)
        try:
            answer = self.exchange(request)
        except OSError as error:
            self.report.find("%s %s: %r on port %d" % (request[0], request[1][:200], error, self.port))
            self.connection = None
            return
        except http.client.HTTPException as error:
            self.report.find("%s %s: %r on port %d" % (request[0], request[1][:200], error, self.port))
            self.connection = None
            return
        self.report.counts["answers"] += 1
        self.report.counts["answers %d" % answer[0]] += 1
        if answer[0] == 304 and "If-None-Match" in request[2]:
            if answer[2]:
                self.report.find("%s: a 304 with a body" % request[1])
            return
        self.tags[place] = answer[3]
        self.judge(plain, allowed, answer)


def be_good(port, asked, seed, end, results):
    report = Report()
    client = GoodClient(port, asked, seed, report)
    while not end.is_set():
        client.turn()
    if client.connection:
        client.connection.close()
    results.put((report.counts, report.wrong))


# ---- bad ones


class BadClient:
    def __init__(self, port, seed, report):
        self.port, self.report = port, report
        self.random = random.Random(seed)
        self.idle = []
        self.ways = [
            self.send_garbage,
            self.close_half,
            self.dawdle,
            self.abort_reading,
            self.cut_body,
            self.break_chunks,
            self.frame_twice,
            self.pipeline,
            self.stay_idle,
            self.give_up_searching,
            self.flood_fields,
            self.expect_much,
            self.send_huge_batch,
        ]

    def open(self):
        made = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        made.settimeout(PATIENCE)
        return made

    @staticmethod
    def reset(made):
        """Closes so that the peer gets a reset."""
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        made.close()

    def read_all(self, made):
        parts = []
        try:
            while part := made.recv(65536):
                parts.append(part)
        except ConnectionError:
            pass
        made.close()
        return b"".join(parts)

    def expect(self, what, got, *starts):
        if not any(got.startswith(b"HTTP/1.1 %d" % start) for start in starts):
            self.report.find("%s: answered with %r" % (what, got[:200]))

    def send_garbage(self):
        made = self.open()
        made.sendall(self.random.randbytes(self.random.randrange(1, 3000)))
        made.shutdown(socket.SHUT_WR)
        self.read_all(made)

    def close_half(self):
        made = self.open()
        made.sendall(b"GET /vector?word=the&model=beta HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        made.shutdown(socket.SHUT_WR)
        self.read_all(made)

    def dawdle(self):
        made = self.open()
        for byte in b"GET /vector?word=the HTT":
            made.sendall(bytes([byte]))
            time.sleep(0.01)
        self.reset(made)

    def abort_reading(self):
        made = self.open()
        made.sendall(b"GET /matrix?model=beta&format=json HTTP/1.1\r\nHost: a\r\n\r\n")
        made.recv(self.random.randrange(1, 5000))
        self.reset(made)

    def cut_body(self):
        made = self.open()
        made.sendall(b"POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b'{"indices":[' * 100)
        if self.random.random() < 0.5:
            self.reset(made)
        else:
            made.close()

    def break_chunks(self):
        made = self.open()
        made.sendall(b"POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"ind\r\nzz\r\n\r\n")
        made.shutdown(socket.SHUT_WR)
        self.read_all(made)

    def frame_twice(self):
        made = self.open()
        made.sendall(b"POST /lookup HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")
        self.expect("two framings", self.read_all(made), 400)

    def pipeline(self):
        made = self.open()
        made.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n" * 19 + b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        got = self.read_all(made)
        if got.count(b"HTTP/1.1 200 ") != 20:
            self.report.find("20 requests at once: %d answers" % got.count(b"HTTP/1.1 200 "))

    def stay_idle(self):
        self.idle.append(self.open())
        if len(self.idle) > 50:
            self.idle.pop(self.random.randrange(len(self.idle))).close()

    def give_up_searching(self):
        made = self.open()
        made.sendall(b"GET /neighbors?word=the&k=500&model=beta HTTP/1.1\r\nHost: a\r\n\r\n")
        self.reset(made)

    def flood_fields(self):
        made = self.open()
        try:
            made.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n" + b"X-Field: " + b"x" * 60000 + b"\r\n\r\n")
            made.shutdown(socket.SHUT_WR)
        except ConnectionError:
            pass
        self.read_all(made)

    def expect_much(self):
        made = self.open()
        made.sendall(b"POST /lookup HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
        self.expect("a body beyond the limit", self.read_all(made), 413)

    def send_huge_batch(self):
        made = self.open()
        body = b'{"model":"beta","queries":[' + b",".join([b'{"word":"the","k":3}'] * 200) + b"]}"
        made.sendall(b"POST /neighbors HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        self.expect("a batch", self.read_all(made), 200, 503)

    def turn(self):
        way = self.random.choice(self.ways)
        self.report.counts["bad clients"] += 1
        self.report.counts["bad: " + way.__name__.replace("_", " ")] += 1
        try:
            way()
        except ConnectionError:
            self.report.counts["bad clients that were cut off"] += 1
        except OSError as error:
            self.report.find("%s: %r" % (way.__name__, error))


def be_bad(port, seed, end, results):
    report = Report()
    client = BadClient(port, seed, report)
    while not end.is_set():
        client.turn()
        time.sleep(0.01)
    for made in client.idle:
        made.close()
    results.put((report.counts, report.wrong))
