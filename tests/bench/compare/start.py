#!/usr/bin/python3
"""From exec to the first answer, and what memory a daemon has of its own after 100,000 requests."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402

ROUNDS, REQUESTS, DRAW = 7, 100_000, 200_000


def first_answer(store):
    with harness.Daemon(store, harness.BOTH_CORES, len(harness.BOTH_CORES)) as daemon:
        while not daemon.answers("/vector?index=0"):
            pass
        return (time.monotonic() - daemon.started) * 1e3


def ask_all(daemon, paths):
    done = 0
    while done < REQUESTS:
        done += harness.load(daemon.port, paths, 8, 2).requests


def main():
    store, words = harness.model(), harness.vocabulary()
    options = ("--text-cache", "0")
    paths = harness.paths_file("start", [f"/vector?word={harness.quoted(word)}" for word in harness.zipf(words, DRAW)])
    with harness.Results("start") as results:
        first_answer(store)
        took = harness.median([first_answer(store) for _ in range(ROUNDS)])
        results.claim("from exec to the first answer, checksums included", harness.milliseconds(took), target="≤ 200 ms",
                      met=took <= 200)
        with harness.Daemon(store, options=options) as first:
            ask_all(first, paths)
            own = harness.private_bytes(first.process.pid, without=store)
            results.claim(f"private memory after {REQUESTS:,} requests, without the text cache", harness.mebibytes(own),
                          target="≤ 20 MiB", met=own <= 20 * 2**20)
            with harness.Daemon(store, options=options) as second:
                ask_all(second, paths)
                more = harness.private_bytes(second.process.pid)
                size = os.path.getsize(os.path.join(store, "words.mdb"))
                results.claim(f"memory of a second daemon on the same file of {harness.mebibytes(size)}",
                              harness.mebibytes(more), target="no copy", met=more <= 20 * 2**20)


if __name__ == "__main__":
    main()
