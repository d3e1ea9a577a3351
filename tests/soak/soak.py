#!/usr/bin/env python3
"""A daemon under everything at once, for as long as is wanted: good clients on all routes, each answer compared with
what a quiet daemon says of the same file; models swapped, added and removed, bad files put in their place; clients that
break off, dawdle and lie; a second daemon that is restarted all the while. In the end its memory and descriptors must
have been flat, and nothing may be left of all that.

usage: make soak (SOAK_SECONDS=1800)
  WORDVEC_BINARY, WORDVEC_WRAPPER   what is run, and within which command
  SOAK_MEMORY=no                    memory is shown and not judged: under a wrapper or sanitizers it is theirs
"""

import collections
import http.client
import multiprocessing
import os
import random
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clients
import daemon
import requests

SECONDS = float(os.environ.get("SOAK_SECONDS", "1800"))
JUDGE_MEMORY = os.environ.get("SOAK_MEMORY", "yes") != "no" and not daemon.WRAPPER
SAMPLE = "deploy/sample/classics.50d.txt.gz"
ROWS = 1500
GOOD, BAD = 6, 2
# Within a wrapper a connection may get no turn for seconds, and would be taken for a stalled one.
FLAGS = ("--log-format", "off", "--text-cache", "1M", "--timeout", "25" if daemon.WRAPPER else "5")


class Soak:
    def __init__(self, folder):
        self.folder = folder
        self.store = os.path.join(folder, "store")
        self.random = random.Random(1)
        self.done = collections.Counter()
        self.wrong = []
        self.samples = []
        os.mkdir(self.store)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    # ---- models

    def make_models(self):
        """Two versions of "alpha", and others that stay."""
        os.mkdir(self.path("made"))
        daemon.run("import", SAMPLE, "--limit", str(ROWS), "--store", self.path("made"), "--name", "one")
        daemon.run("export", "one", "--store", self.path("made"), "--output", self.path("one.txt"), "--format", "glove")
        with open(self.path("one.txt"), encoding="utf-8") as lines, open(self.path("two.txt"), "w", encoding="utf-8") as out:
            for line in reversed(lines.readlines()):
                word, first, rest = line.split(" ", 2)
                out.write("%s %s %s" % (word, -float(first), rest))
        daemon.run("import", self.path("two.txt"), "--store", self.path("made"), "--name", "two")
        grams = "tests/cases/fasttext-bin/input.bin"
        daemon.run("import", grams, "--store", self.path("made"), "--name", "grams")
        with open(self.path("made", "one.mdb"), "rb") as whole, open(self.path("made", "bad.mdb"), "wb") as bad:
            data = bytearray(whole.read())
            data[len(data) // 2] ^= 1
            bad.write(data)
        with open(self.path("made", "cut.mdb"), "wb") as cut:
            cut.write(data[: len(data) // 3])
        self.put("one", "alpha")
        self.put("one", "beta")
        self.put("grams", "grams")

    def put(self, version, name):
        """Puts a file in the place of a model, as import does: whole, by its last step."""
        shutil.copyfile(self.path("made", version + ".mdb"), self.path("store", ".new"))
        os.rename(self.path("store", ".new"), self.path("store", name + ".mdb"))

    # ---- what is right

    def learn(self, port, allowed):
        """Asks a quiet daemon everything."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=clients.PATIENCE)
        for request, answers in allowed:
            answer = clients.ask(connection, request)
            if answer[0] != request[4]:
                self.wrong.append("%s %s: %d, not %d: %r" % (*request[:2], answer[0], request[4], answer[2][:300]))
            if answers is not None:
                answers.add(clients.golden_of(request, answer))
            if connection.sock is None:
                connection.close()
        connection.close()

    def learn_all(self):
        """The answers of each version of each model, from daemons that serve nothing else meanwhile."""
        models = ["alpha", "beta", "alpha,beta"]
        self.asked = [(request, set()) for model in models for request in requests.of_model(model)]
        self.asked += [(requests.get("/vector?word=cattle&oov=subword&model=grams"), set())]
        self.asked += [(request, set()) for request in requests.of_none()]
        self.asked += [(request, None) for request in requests.changing()]
        for version in ("one", "two"):
            self.put(version, "alpha")
            quiet = daemon.Daemon(self.store, self.path("quiet.log"), *FLAGS)
            self.learn(quiet.port, self.asked)
            self.expect(quiet.stop() == 0, "a quiet daemon ends well")

    def expect(self, holds, what):
        if not holds:
            self.wrong.append(what)

    # ---- what happens to the store

    def change_store(self):
        kind = self.random.randrange(8)
        if kind < 4:
            self.put(("one", "two")[self.done["swaps"] % 2], "alpha")
            self.done["swaps"] += 1
        elif kind == 4:
            self.put(self.random.choice(("bad", "cut")), "alpha")
            self.done["bad files"] += 1
        elif kind == 5:
            self.put("two", "extra")
            self.done["models added"] += 1
        elif kind == 6 and os.path.exists(self.path("store", "extra.mdb")):
            os.unlink(self.path("store", "extra.mdb"))
            self.done["models removed"] += 1
        if self.random.random() < 0.7:
            self.steady.hang_up()
            self.done["SIGHUP"] += 1

    def restart(self):
        """The new one listens before the old one is told to end: both hold the socket. Of a bad file it would have no
        older version."""
        self.put("one", "alpha")
        old = self.turns
        self.turns = daemon.Daemon(self.store, self.path("turns.log"), *FLAGS, listener=self.listener)
        code = old.stop()
        self.expect(code == 0, "a daemon that is restarted exits with %s" % code)
        self.done["restarts"] += 1

    def sample(self, since):
        steady = self.steady
        self.samples.append((time.monotonic() - since, steady.memory(), steady.descriptors(), steady.mapped()))

    # ---- the whole

    def start_clients(self):
        self.end = multiprocessing.Event()
        self.results = multiprocessing.Queue()
        make = multiprocessing.Process
        # One that drains says over kept connections, rightly, that it is not ready.
        beside = [pair for pair in self.asked if pair[0][1] != "/readyz"]
        kinds = [(self.steady.port, self.asked)] * (GOOD - 2) + [(self.turns.port, beside)] * 2
        self.crowd = [make(target=clients.be_good, args=(*kind, i, self.end, self.results)) for i, kind in enumerate(kinds)]
        self.crowd += [make(target=clients.be_bad, args=(self.steady.port, 100 + i, self.end, self.results)) for i in range(BAD)]
        for process in self.crowd:
            process.start()

    def end_clients(self):
        self.end.set()
        for _ in self.crowd:
            counts, wrong = self.results.get(timeout=3 * clients.PATIENCE)
            self.done.update(counts)
            self.wrong += wrong
        for process in self.crowd:
            process.join()

    def load(self):
        since = time.monotonic()
        pause = min(max(SECONDS / 400, 0.1), 5)
        sampled = restarted = since
        while time.monotonic() - since < SECONDS:
            self.change_store()
            now = time.monotonic()
            if now - sampled >= pause:
                self.sample(since)
                sampled = now
            if now - restarted >= max(SECONDS / 100, 2):
                self.restart()
                restarted = time.monotonic()
            for one in (self.steady, self.turns):
                if one.process.poll() is not None:
                    self.wrong.append("a daemon ended by itself with %d:\n%s" % (one.process.returncode, one.said()[-6000:]))
                    return
            time.sleep(self.random.uniform(0.05, 0.3))

    def run(self):
        self.make_models()
        self.learn_all()
        self.steady = daemon.Daemon(self.store, self.path("steady.log"), *FLAGS)
        self.listener = daemon.listening_socket()
        self.turns = daemon.Daemon(self.store, self.path("turns.log"), *FLAGS, listener=self.listener)
        self.learn(self.steady.port, self.asked)
        idle = self.await_rest(lambda descriptors, mapped: True)
        self.start_clients()
        self.load()
        self.end_clients()
        if os.path.exists(self.path("store", "extra.mdb")):
            os.unlink(self.path("store", "extra.mdb"))
        self.put("one", "alpha")
        self.steady.hang_up()
        rest = self.await_rest(lambda descriptors, mapped: descriptors <= idle[0] and mapped <= idle[1])
        self.expect(rest[0] <= idle[0], "descriptors: %d before, %d after" % (idle[0], rest[0]))
        self.expect(rest[1] <= idle[1], "mapped models: %d before, %d after" % (idle[1], rest[1]))
        for one in (self.steady, self.turns):
            code = one.stop()
            if code != 0:
                self.wrong.append("a daemon exits with %s:\n%s" % (code, one.said()[-6000:]))
        self.judge_samples()
        return idle, rest

    def await_rest(self, well):
        """Descriptors and mapped models when all clients have gone, or after some patience."""
        deadline = time.monotonic() + 30
        while True:
            time.sleep(0.2)
            state = (self.steady.descriptors(), self.steady.mapped(), self.steady.memory())
            if well(*state[:2]) or self.steady.process.poll() is not None or time.monotonic() > deadline:
                return state

    def judge_samples(self):
        """Flat: the last third is where the second one was. What a start fills (caches, threads' heaps) is the first."""
        third = len(self.samples) // 3
        if third < 5:
            self.expect(len(self.samples) > 3, "there are samples")
            return
        second, last = self.samples[third : 2 * third], self.samples[2 * third :]
        for place, what, factor, most in ((1, "MiB", 1.1, 4), (2, "descriptors", 1.25, 16), (3, "mapped models", 1, 2)):
            before, after = (statistics.median(sample[place] for sample in part) for part in (second, last))
            if place > 1 or JUDGE_MEMORY:
                self.expect(after <= before * factor + most, "%s grew: %.1f, then %.1f" % (what, before, after))

    def tell(self, idle, rest):
        step = max(len(self.samples) // 15, 1)
        print("counts: seconds/MiB/descriptors/mapped models: " + "  ".join("%d/%.1f/%d/%d" % sample for sample in self.samples[::step]))
        print("counts: idle before %d descriptors, %d models, %.1f MiB; after %d, %d, %.1f" % (*idle, *rest))
        ways = [count for what, count in self.done.items() if what.startswith("bad: ")]
        shown = sorted(item for item in self.done.items() if not item[0].startswith("bad: "))
        print("counts: " + ", ".join("%d %s" % (count, what) for what, count in shown), end=" ")
        print("(%d ways, each at least %d times)" % (len(ways), min(ways, default=0)))


def main():
    daemon.allow_descriptors()
    folder = tempfile.mkdtemp(prefix="wordvec-soak-")
    soak = Soak(folder)
    try:
        soak.tell(*soak.run())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for what in soak.wrong[:40]:
        print("wrong: " + what)
    print("soak: %d checks, %d failures" % (soak.done["answers"] + soak.done["bad clients"], len(soak.wrong)))
    return 1 if soak.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
