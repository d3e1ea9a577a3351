#!/usr/bin/python3
"""One exact query at a time: wordvec over HTTP, gensim's most_similar and faiss's IndexFlatIP in their own process.

The same words, one behind the other, each side alone on its cores. wordvec's time holds HTTP and JSON; the peers' do not.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402
import peers  # noqa: E402

ROUNDS, K, CHECKED = 5, 10, 100
QUERIES = {"gensim": 20, "faiss": 6}  # a round


def answers_agree(daemon, matrix, words):
    """How many of wordvec's neighbors are the peers' too; a near tie may fall either way."""
    same = 0
    for word in words:
        ours = daemon.ask(f"/neighbors?word={harness.quoted(word)}&k={K}")["neighbors"]
        gensim = dict(matrix.gensim(word, K + 1))
        faiss = dict(matrix.faiss([word], K + 2)[0])
        last = ours[-1]["similarity"]
        for hit in ours:
            tie = hit["similarity"] - last < 1e-6
            same += tie or all(abs(side.get(hit["word"], 9) - hit["similarity"]) < 1e-5 for side in (gensim, faiss))
    return same


def time_peer(search, words):
    start = time.monotonic()
    for word in words:
        search(word)
    return (time.monotonic() - start) * 1e3 / len(words)


def measure(store, matrix, words, threads):
    """Milliseconds a query of each side with that many threads: means of rounds that alternate, and the median of those."""
    cores = harness.CORES[:threads]
    paths = harness.neighbor_paths("exact", words)
    times = {"wordvec": [], "gensim": [], "faiss": []}
    with harness.Daemon(store, cores, threads) as daemon, matrix.threads(cores):
        harness.load(daemon.port, paths, 1, 1, harness.BOTH_CORES[-1:])
        for turn in range(ROUNDS):
            times["wordvec"].append(harness.load(daemon.port, paths, 1, 2, harness.BOTH_CORES[-1:]).mean)
            for side, search in (("gensim", lambda word: matrix.gensim(word, K)),
                                 ("faiss", lambda word: matrix.faiss([word], K + 1))):
                count = QUERIES[side]
                times[side].append(time_peer(search, words[turn * count:(turn + 1) * count]))
    return {side: harness.median(values) for side, values in times.items()}


def main():
    store, matrix = harness.model(), peers.Matrix()
    words = harness.searched(harness.vocabulary(), CHECKED)
    with harness.Results("exact") as results:
        with harness.Daemon(store, harness.BOTH_CORES, len(harness.BOTH_CORES)) as daemon:
            same = answers_agree(daemon, matrix, words)
        one = measure(store, matrix, words, 1)
        for peer, least in (("gensim", 4), ("faiss", 10)):
            results.claim("exact neighbours, one query, 1 thread", harness.milliseconds(one["wordvec"]), peer,
                          harness.milliseconds(one[peer]), one[peer] / one["wordvec"], least)
        two = measure(store, matrix, words, 2) if len(harness.CORES) > 1 else one
        for peer, least in (("gensim", 8), ("faiss", 20)):
            results.claim("the same, 2 threads against the peer's 1", harness.milliseconds(two["wordvec"]), peer,
                          harness.milliseconds(one[peer]), one[peer] / two["wordvec"], least)
        for peer in ("gensim", "faiss"):
            results.claim("the same, 2 threads against the peer's 2", harness.milliseconds(two["wordvec"]), peer,
                          harness.milliseconds(two[peer]), two[peer] / two["wordvec"])
        results.claim("neighbours that are gensim's and faiss's too", f"{same} of {CHECKED * K}", target="all",
                      met=same == CHECKED * K)


if __name__ == "__main__":
    main()
