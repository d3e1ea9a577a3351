#!/usr/bin/python3
"""What more rows cost: import with its index, one exact and one approximate query, at four sizes of one matrix.

The first three sizes are heads of the matrix of words; the fourth is the longer one (data/phrases.py).
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402

SIZES, ROUNDS, SECONDS = (25_000, 100_000, 400_000, 1_600_000), 3, 2


def latencies(store, words):
    """Milliseconds of an exact query and of an approximate one: means of rounds that alternate, and the median of those."""
    exact, approximate = [], []
    paths = harness.neighbor_paths("growth.exact", words)
    near = harness.neighbor_paths("growth.approximate", words, "&recall=0.95")
    with harness.Daemon(store) as daemon:
        harness.load(daemon.port, paths, 4, 1)
        harness.load(daemon.port, near, 4, 1)
        for _ in range(ROUNDS):
            exact.append(harness.load(daemon.port, paths, 1, SECONDS).mean)
            approximate.append(harness.load(daemon.port, near, 1, SECONDS).mean)
        return harness.median(exact), harness.median(approximate)


def main():
    words = harness.vocabulary()
    with harness.Results("growth") as results:
        for size in SIZES:
            source = harness.WORDS if size <= len(words) else harness.LARGE
            store = os.path.join(harness.STORE, f"growth{size}")
            rows = harness.import_model(source, "growth", store, ["--limit", str(size), "--no-index"])
            whole = harness.import_model(source, "growth", store, ["--limit", str(size)])
            file = os.path.join(store, "growth.mdb")
            exact, approximate = latencies(store, harness.searched(words[:size], 2000))
            results.claim(f"{size:,} rows: import, the same with index, file, exact, approximate (recall 0.95)",
                          f"{rows:.1f} s, {whole:.1f} s, {os.path.getsize(file) / 1e6:,.0f} MB, "
                          f"{harness.milliseconds(exact)}, {harness.milliseconds(approximate)}")
            for series, value in (("import, s", rows), ("import with index, s", whole), ("exact query, ms", exact),
                                  ("approximate query, ms", approximate)):
                results.point("growth", series, size, value)
            os.remove(file)


if __name__ == "__main__":
    main()
