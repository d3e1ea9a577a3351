#!/usr/bin/python3
"""The 99th percentile of GET /vector while exact searches keep every search thread busy, beside its idle value."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402

ROUNDS, SECONDS, CLIENTS, SEARCHERS = 5, 2, 4, 32


def main():
    store, words = harness.model(), harness.vocabulary()
    lookups = harness.paths_file("fair", [f"/vector?word={harness.quoted(word)}" for word in harness.zipf(words, 20_000)])
    searches = harness.neighbor_paths("busy", harness.searched(words, 2000))
    idle, busy, rates = [], [], []
    with harness.Results("fairness") as results, harness.Daemon(store) as daemon:
        harness.load(daemon.port, lookups, CLIENTS, 1)
        for _ in range(ROUNDS):
            idle.append(harness.load(daemon.port, lookups, CLIENTS, SECONDS).p99)
            others = harness.Load(daemon.port, searches, SEARCHERS, SECONDS + 2)
            busy.append(harness.load(daemon.port, lookups, CLIENTS, SECONDS).p99)
            rates.append(others.result().rate)
        before, after = harness.median(idle), harness.median(busy)
        results.claim(f"p99 of GET /vector beside {SEARCHERS} clients who search, one core", harness.milliseconds(after),
                      "idle", harness.milliseconds(before), target="within 4 × or 5 ms",
                      met=after <= 4 * before or after <= 5)
        results.claim("exact searches answered meanwhile", harness.rate(harness.median(rates)))


if __name__ == "__main__":
    main()
