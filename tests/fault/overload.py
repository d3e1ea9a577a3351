#!/usr/bin/env python3
"""Twice the load that a daemon can bear, of searches, of batches and of lookups: what it can bear is measured first, by
clients that wait for each answer; then twice as much is sent at fixed times. The excess must be refused with 503 and
Retry-After without waiting for its turn (searches and batches by a full queue, lookups, which have none, by the number
of connections), health routes must answer all the while, memory must be flat, and afterwards
all must be as before. Then clients that ask for every order of joined models must not keep others from searching.

Times are shown; what is asserted of them is far from what is seen, or one time against another of the same run.
"""

import asyncio
import itertools
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
import time

# A plain build: the memory that is judged is the daemon's, and not that of sanitizers.
os.environ["WORDVEC_BINARY"] = os.environ.get("RELEASE_BINARY") or os.environ.get("WORDVEC_BINARY", "build/release/wordvec")
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "soak"))
import daemon

PATIENCE = 60
CLIENTS = 48
QUEUE = 8
SECONDS = float(os.environ.get("OVERLOAD_SECONDS", "0.8"))
ROWS, DIM = 60000, 64
HEAD = "Host: a\r\n"


def get(target):
    return ("GET %s HTTP/1.1\r\n%s\r\n" % (target, HEAD)).encode()


def post(target, body):
    return ("POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s" % (target, HEAD, len(body), body)).encode()


class Client:
    """A connection that is kept."""

    def __init__(self, port):
        self.port = port
        self.writer = None

    async def ask(self, request):
        """(status, Retry-After, milliseconds that it waited for a thread)."""
        if not self.writer:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        if fields.get("transfer-encoding") == "chunked":
            while size := int(await self.reader.readline(), 16):
                await self.reader.readexactly(size + 2)
            await self.reader.readline()
        else:
            await self.reader.readexactly(int(fields.get("content-length", 0)))
        if fields.get("connection") == "close":
            self.close()
        waited = re.search(r"queue;dur=([0-9.]+)", fields.get("server-timing", ""))
        return int(head.split()[1]), fields.get("retry-after"), float(waited.group(1)) if waited else 0

    def close(self):
        if self.writer:
            self.writer.close()
        self.writer = None


class Tally:
    """What came of requests: times in milliseconds by status."""

    def __init__(self):
        self.times = {}
        self.waited = []
        self.without_retry = 0

    def add(self, status, retry_after, waited, milliseconds):
        self.waited.append(waited)
        self.times.setdefault(status, []).append(milliseconds)
        self.without_retry += status == 503 and not int(retry_after or 0) >= 1

    def count(self, status):
        return len(self.times.get(status, ()))

    def median(self, status):
        return statistics.median(self.times.get(status, [0]))

    def text(self):
        def shares(times):
            times = sorted(times)
            return "/".join("%.1f" % times[min(int(len(times) * share), len(times) - 1)] for share in (0.5, 0.9, 0.99, 1))

        return ", ".join("%d of %d in %s ms" % (len(times), status, shares(times)) for status, times in sorted(self.times.items()))


async def timed(client, request, tally):
    since = time.monotonic()
    status, retry_after, waited = await client.ask(request)
    tally.add(status, retry_after, waited, 1000 * (time.monotonic() - since))


async def closed_loop(port, requests, clients, seconds):
    """As fast as answers come."""
    tally, end = Tally(), time.monotonic() + seconds

    async def work(client):
        while time.monotonic() < end:
            await timed(client, next(requests), tally)
        client.close()

    await asyncio.gather(*(work(Client(port)) for _ in range(clients)))
    return tally


async def open_loop(port, requests, rate, seconds):
    """At fixed times, whatever becomes of the others; a client that is still waiting for an answer is not used."""
    tally, free, running = Tally(), [Client(port) for _ in range(CLIENTS)], set()
    since = time.monotonic()

    async def one(client):
        await timed(client, next(requests), tally)
        free.append(client)

    sent = 0
    while time.monotonic() - since < seconds:
        due = int((time.monotonic() - since) * rate)
        while sent < due and free:
            task = asyncio.create_task(one(free.pop()))
            running.add(task)
            task.add_done_callback(running.discard)
            sent += 1
        sent = due
        await asyncio.sleep(0.001)
    await asyncio.gather(*running)
    for client in free:
        client.close()
    return tally


class Watch:
    """Asks the health routes over connections of their own, and looks at the memory, until it is told to end."""

    def __init__(self, served):
        self.served, self.tally, self.memory, self.ends = served, Tally(), [], False

    async def run(self):
        for target in itertools.cycle(("/livez", "/readyz", "/metrics")):
            if self.ends:
                return
            client = Client(self.served.port)
            await timed(client, get(target), self.tally)
            client.close()
            self.memory.append(self.served.memory())
            await asyncio.sleep(0.02)


class Overload:
    def __init__(self, folder):
        self.folder, self.checks, self.wrong = folder, 0, []
        numbers = itertools.count()
        self.searches = (get("/neighbors?model=a&exact=true&k=10&index=%d" % (i * 7 % ROWS)) for i in numbers)
        self.batches = (
            post("/neighbors", '{"model":"a","exact":true,"queries":[%s]}' % ",".join('{"index":%d}' % ((i * 11 + j) % ROWS) for j in range(8)))
            for i in numbers
        )
        self.lookups = (
            post("/lookup", '{"model":"a","indices":[%s]}' % ",".join(str((i * 13 + j) % ROWS) for j in range(400))) for i in numbers
        )

    def expect(self, holds, what):
        self.checks += 1
        if not holds:
            self.wrong.append(what)

    def start(self, *flags, log="off"):
        return daemon.Daemon(self.folder, os.path.join(self.folder, "log"), "--log-format", log, "--threads", "2", "--search-threads", "1", *flags)

    async def overload(self, what, served, requests):
        await closed_loop(served.port, requests, QUEUE // 2, 0.3)
        bears = await closed_loop(served.port, requests, QUEUE // 2, SECONDS)
        rate = bears.count(200) / SECONDS
        watch = Watch(served)
        watching = asyncio.create_task(watch.run())
        tally = await open_loop(served.port, requests, 2 * rate, 2 * SECONDS)
        watch.ends = True
        await watching
        since = time.monotonic()
        after = Tally()
        await timed(Client(served.port), next(requests), after)
        again = 1000 * (time.monotonic() - since)
        print("counts: %s: bears %.0f/s; twice that: %s" % (what, rate, tally.text()))
        print("counts: %s: health: %s; MiB %.1f to %.1f; afterwards %s" % (what, watch.tally.text(), min(watch.memory), max(watch.memory), after.text()))
        self.expect(set(tally.times) <= {200, 503}, "%s: statuses %s" % (what, sorted(tally.times)))
        self.expect(tally.without_retry == 0, "%s: %d of 503 without Retry-After" % (what, tally.without_retry))
        self.expect(tally.count(200) > rate * SECONDS / 10, "%s: hardly any is answered" % what)
        self.expect(tally.count(503) > 0, "%s: nothing was refused" % what)
        # A queue of so many, at the rate that was seen: twenty times that, and seconds for a machine that is busy itself.
        bound = 20 * 1000 * (QUEUE + CLIENTS) / max(rate, 1) + 20000
        self.expect(max(max(times) for times in tally.times.values()) < bound, "%s: above %d ms" % (what, bound))
        self.expect(set(watch.tally.times) == {200}, "%s: health routes answer %s" % (what, sorted(watch.tally.times)))
        half = len(watch.memory) // 2
        self.expect(max(watch.memory[half:]) < 1.5 * max(watch.memory[:half], default=1000) + 8, "%s: memory grew" % what)
        self.expect(after.count(200) == 1 and again < bound, "%s: afterwards %s" % (what, after.text()))

    async def refuse_at_once(self):
        """One batch on the only thread, a queue full of others, and one more: the log has it before those that wait.
        Should all of them be done before it comes, it is tried again."""
        served = self.start("--limit-search-batch", "2", "--limit-search-queue", str(QUEUE), log="json")
        for _ in range(10):
            body = '{"model":"a","exact":true,"queries":[%s]}' % ",".join(['{"index":1}'] * 150)
            waiting = [asyncio.create_task(Client(served.port).ask(post("/neighbors", body))) for _ in range(QUEUE + 2)]
            answers = await asyncio.gather(*waiting)
            if any(status == 503 for status, _, _ in answers):
                break
        self.expect(served.stop() == 0, "the daemon ends well")
        ended = [int(json.loads(line)["status"]) for line in served.said().splitlines() if '"/neighbors"' in line][-QUEUE - 2 :]
        print("counts: of %d batches at once, in the order of their ends: %s" % (QUEUE + 2, " ".join(map(str, ended))))
        self.expect(503 in ended and ended.index(503) < 2, "the excess is not refused at once")

    async def permute(self, served):
        """Clients that ask for one order of five models after the other, and one that searches in one model."""
        orders = ["&".join(("/neighbors?index=1", "exact=true", "k=1", "model=" + ",".join(order))) for order in itertools.permutations("abcde")]
        requests = (get(order.replace("index=1", "word=%d" % i)) for i, order in enumerate(itertools.cycle(orders)))
        alone = await closed_loop(served.port, self.searches, 1, SECONDS / 2)
        flood = asyncio.create_task(closed_loop(served.port, requests, 16, 2 * SECONDS))
        singles = await closed_loop(served.port, self.searches, 1, 2 * SECONDS)
        joined = await flood
        print("counts: one model, alone: %s; beside the joined: %s" % (alone.text(), singles.text()))
        waited = [statistics.median(tally.waited) for tally in (singles, joined)]
        print("counts: joined in every order: %s; of that for a thread %.2f, the others %.2f" % (joined.text(), waited[1], waited[0]))
        self.expect(set(singles.times) == {200}, "beside joined searches, others are answered with %s" % sorted(singles.times))
        self.expect(set(joined.times) <= {200, 503} and joined.without_retry == 0, "joined searches: %s" % sorted(joined.times))
        self.expect(joined.count(200) > 0, "no joined search is answered")
        self.expect(waited[0] < waited[1] / 4, "others wait for a thread with joined searches")

    async def run(self):
        daemon.run("init", "--store", self.folder, "--name", "a", "--rows", str(ROWS), "--dim", str(DIM), "--no-index")
        served = self.start("--limit-search-batch", "2", "--limit-search-queue", str(QUEUE), "--search-timeout", "2")
        await self.overload("searches", served, self.searches)
        await self.overload("batches", served, self.batches)
        self.expect(served.stop() == 0, "the daemon ends well")
        served = self.start("--limit-connections", "12")
        await self.overload("lookups", served, self.lookups)
        self.expect(served.stop() == 0, "the daemon ends well")
        await self.refuse_at_once()
        for name in "bcde":
            os.link(os.path.join(self.folder, "a.mdb"), os.path.join(self.folder, name + ".mdb"))
        served = self.start("--limit-search-batch", "2", "--limit-search-queue", "64")
        await self.permute(served)
        self.expect(served.stop() == 0, "the daemon ends well")


def main():
    daemon.allow_descriptors()
    folder = tempfile.mkdtemp(prefix="wordvec-overload-")
    overload = Overload(folder)
    try:
        asyncio.run(asyncio.wait_for(overload.run(), 10 * PATIENCE))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for what in overload.wrong:
        print("wrong: " + what)
    print("overload: %d checks, %d failures" % (overload.checks, len(overload.wrong)))
    return 1 if overload.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
