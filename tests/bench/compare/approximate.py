#!/usr/bin/python3
"""Approximate neighbours beside hnswlib's (tests/bench/graph.cc): recall@10 and queries a second, one thread; build; bytes."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402

NUMBER = r"([\d.]+)"


def compare():
    """What the program prints about both graphs."""
    model = os.path.join(harness.model(), "words.mdb")
    command = [*harness.pin(harness.BOTH_CORES), os.path.join(harness.PROGRAMS, "graph"), model, str(len(harness.BOTH_CORES))]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def numbers(pattern, text):
    found = re.search(pattern, text)
    if not found:
        sys.exit(f"bench: no {pattern!r} in: {text}")
    return [float(group) for group in found.groups()]


def main():
    with harness.Results("approximate") as results:
        text = compare()
        for recall in (0.95, 0.99):
            ours, theirs = numbers(rf"at {recall:.3f}: ours +{NUMBER}, hnswlib +{NUMBER}", text)
            results.claim(f"approximate neighbours at recall@10 of {recall}, 1 thread", harness.rate(ours), "hnswlib",
                          harness.rate(theirs), ours / theirs if theirs else 0, 2)
        (ours,), (theirs,) = numbers(rf"ours: build {NUMBER}", text), numbers(rf"hnswlib .*build {NUMBER}", text)
        results.claim("building the graph, seconds of a core", f"{ours:.0f} s", "hnswlib", f"{theirs:.0f} s", theirs / ours, 1)
        (ours,), (theirs,) = numbers(rf"ours: .*\s+links\s+{NUMBER} MB", text), numbers(rf"hnswlib .*links {NUMBER} MB", text)
        results.claim("links of the graph", f"{ours:.1f} MB", "hnswlib", f"{theirs:.1f} MB", theirs / ours, 1)
        for side, recall, rate in re.findall(rf"^(ours|hnswlib) .*recall@10 {NUMBER} +{NUMBER} queries/s", text, re.M):
            results.point("approximate", "wordvec" if side == "ours" else side, float(recall), float(rate))


if __name__ == "__main__":
    main()
