#!/usr/bin/python3
"""Exact neighbours for many clients at once: queries that wait share a pass. faiss is given the same queries 32 at a time."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
import peers  # noqa: E402

ROUNDS, SECONDS, K, CLIENTS = 5, 2, 10, 32


def faiss_rate(matrix, words):
    start = time.monotonic()
    matrix.faiss(words, K + 1)
    return len(words) / (time.monotonic() - start)


def measure(store, matrix, words, threads):
    """Queries a second with that many threads: of one client, of 32, of faiss in batches of 32."""
    cores, load_cores = harness.CORES[:threads], harness.CORES[1:2] or harness.CORES
    paths = harness.neighbor_paths("clients", words)
    rates = {"one": [], "many": [], "faiss": []}
    with harness.Daemon(store, cores, threads) as daemon, matrix.threads(cores):
        harness.load(daemon.port, paths, CLIENTS, 1, load_cores)
        for turn in range(ROUNDS):
            rates["one"].append(harness.load(daemon.port, paths, 1, SECONDS, load_cores).rate)
            rates["many"].append(harness.load(daemon.port, paths, CLIENTS, SECONDS, load_cores).rate)
            for part in range(3):
                start = (turn * 3 + part) * CLIENTS
                rates["faiss"].append(faiss_rate(matrix, words[start:start + CLIENTS]))
    return {side: harness.median(values) for side, values in rates.items()}


def main():
    store, matrix = harness.model(), peers.Matrix()
    words = harness.searched(harness.vocabulary(), 2000)
    with harness.Results("clients") as results:
        for threads in range(1, 1 + min(2, len(harness.CORES))):
            got = measure(store, matrix, words, threads)
            suffix = f"{threads} search thread{'s' * (threads > 1)}"
            results.claim(f"exact neighbours, {CLIENTS} clients, {suffix}", harness.rate(got["many"]), "wordvec, one client",
                          harness.rate(got["one"]), got["many"] / got["one"], 8 if threads == 1 else None)
            results.claim(f"exact neighbours, {CLIENTS} clients, {suffix}", harness.rate(got["many"]),
                          f"faiss, batches of {CLIENTS}", harness.rate(got["faiss"]), got["many"] / got["faiss"], 1)


if __name__ == "__main__":
    main()
