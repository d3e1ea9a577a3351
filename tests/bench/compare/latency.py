#!/usr/bin/python3
"""What each client waits as more of them ask at once: p50 and p99 of lookups and searches, the server on one core."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402

SECONDS, CLIENTS = 2, (1, 2, 4, 8, 16, 32, 64)


def main():
    store, words = harness.model(), harness.vocabulary()
    vectors = [f"/vector?word={harness.quoted(word)}" for word in harness.zipf(words, 200_000)]
    searched = harness.searched(words, 2000)
    routes = {
        "/vector": harness.paths_file("latency.vector", vectors),
        "/neighbors, exact": harness.neighbor_paths("latency.exact", searched),
        "/neighbors, recall=0.95": harness.neighbor_paths("latency.approximate", searched, "&recall=0.95"),
    }
    with harness.Results("latency") as results, harness.Daemon(store) as daemon:
        for route, paths in routes.items():
            harness.load(daemon.port, paths, 8, 1)
            for clients in CLIENTS:
                got = harness.load(daemon.port, paths, clients, SECONDS)
                results.point("latency", f"{route}: p50", clients, got.p50)
                results.point("latency", f"{route}: p99", clients, got.p99)
                results.point("throughput", route, clients, got.rate)
                if clients in (1, 32):
                    results.claim(f"{route}, {clients} client{'s' * (clients > 1)}: rate, p50, p99",
                                  f"{harness.rate(got.rate)}, {harness.milliseconds(got.p50)}, {harness.milliseconds(got.p99)}")


if __name__ == "__main__":
    main()
