#!/usr/bin/python3
"""Importing the text of the matrix, to disk and synced, beside gensim's loading of the same file into its memory."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402

ROUNDS = 3
GENSIM = "import sys; from gensim.models import KeyedVectors; KeyedVectors.load_word2vec_format(sys.argv[1])"


def run_import(*options):
    store = os.path.join(harness.STORE, "import")
    os.makedirs(store, exist_ok=True)
    return harness.run_watched([*harness.pin(harness.BOTH_CORES), harness.BINARY, "import", harness.WORDS, "--store", store,
                                "--name", "import", "--force", *options], without=store)


def main():
    megabytes = os.path.getsize(harness.WORDS) / 1e6
    with open(harness.WORDS, "rb") as source:  # into the page cache: neither side is to wait for the disk
        while source.read(1 << 24):
            pass
    with harness.Results("import") as results:
        runs = [run_import("--no-index") for _ in range(ROUNDS)]
        ours, peak = harness.median([run[0] for run in runs]), max(run[1] for run in runs)
        theirs, their_peak = harness.run_watched([*harness.pin(harness.BOTH_CORES), "/usr/bin/python3", "-c", GENSIM,
                                                  harness.WORDS])
        whole, whole_peak = run_import()
        results.claim(f"import of {megabytes:,.0f} MB of text, 2 cores, codes for exact search included", f"{ours:.1f} s",
                      "gensim", f"{theirs:.1f} s", theirs / ours, 10)
        results.claim("private memory of the import, peak", harness.mebibytes(peak), "gensim", harness.mebibytes(their_peak),
                      their_peak / peak, target="≤ 256 MiB", met=peak <= 256 * 2**20)
        results.claim("the same import with its index", f"{whole:.1f} s, {harness.mebibytes(whole_peak)} private")


if __name__ == "__main__":
    main()
