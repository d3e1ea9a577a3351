#!/usr/bin/python3
"""Puts the results together: README.md and the plots beside them, and the tables in the README of the project.

usage: tests/bench/report.py NAME...       the comparisons in the order of the tables; those not measured are left out
"""
import os
import re
import sys

import matplotlib
matplotlib.use("svg")
import matplotlib.pyplot as pyplot  # noqa: E402

import harness  # noqa: E402

PROJECT = os.path.join(harness.HERE, "..", "..", "README.md")
BEGIN, END = "<!-- written by make bench -->", "<!-- until here -->"
# In the plots wordvec has one colour and peers another, by name.
COLOURS = {"wordvec": "#0b6e4f", "hnswlib": "#c8553d", "/vector": "#0b6e4f", "/neighbors, exact": "#c8553d",
           "/neighbors, recall=0.95": "#3a6ea5"}


def read(name):
    """The lines of a comparison by kind."""
    lines = {"run": [], "claim": [], "point": []}
    path = os.path.join(harness.RESULTS, name + ".tsv")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                kind, *fields = line.rstrip("\n").split("\t")
                lines[kind].append(fields)
    return lines


def table(claims):
    rows = ["| what | wordvec | beside | it has | ratio | target | met |", "|---|---|---|---|---|---|---|"]
    for what, ours, peer, theirs, ratio, target, met in claims:
        rows.append(f"| {what} | {ours} | {peer} | {theirs} | {ratio} | {target} | {met and ('yes' if met == 'yes' else '**no**')} |")
    return "\n".join(rows)


def series_of(points, plot):
    series = {}
    for name, label, x, y in points:
        if name == plot:
            series.setdefault(label, []).append((float(x), float(y)))
    return series


def new_plot(title, x, y):
    figure, axes = pyplot.subplots(figsize=(7, 4))
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(which="both", alpha=0.25)
    return figure, axes


def save(figure, axes, name):
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(os.path.join(harness.RESULTS, name + ".svg"), metadata={"Date": None})
    pyplot.close(figure)


def plot_approximate(points):
    figure, axes = new_plot("Approximate neighbours, one thread", "recall@10", "queries a second")
    for label, dots in series_of(points, "approximate").items():
        axes.plot(*zip(*sorted(dots)), marker="o", markersize=4, label=label, color=COLOURS.get(label))
    axes.set_yscale("log")
    axes.set_xlim(left=max(0.8, axes.get_xlim()[0]))
    save(figure, axes, "approximate")


def plot_by_clients(points, plot, title, y, name):
    figure, axes = new_plot(title, "clients at once", y)
    for label, dots in series_of(points, plot).items():
        route = re.sub(r": p\d+$", "", label)
        axes.plot(*zip(*dots), marker="o", markersize=4, label=label, color=COLOURS.get(route),
                  linestyle="--" if label.endswith("p99") else "-")
    ticks = sorted({float(x) for _, _, x, _ in points})
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    save(figure, axes, name)


def plot_growth(points):
    figure, axes = new_plot("Growth", "rows", "milliseconds, or seconds of an import")
    for label, dots in series_of(points, "growth").items():
        axes.plot(*zip(*dots), marker="o", markersize=4, label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    save(figure, axes, "growth")


PLOTS = {
    "approximate": [("approximate", plot_approximate)],
    "latency": [("latency", lambda points: plot_by_clients(points, "latency", "Latency under load, server on one core",
                                                           "milliseconds", "latency")),
                ("throughput", lambda points: plot_by_clients(points, "throughput", "Throughput, server on one core",
                                                              "answers a second", "throughput"))],
    "growth": [("growth", plot_growth)],
}


def pictures(name, lines, folder):
    shown = []
    for plot, draw in PLOTS.get(name, []):
        if lines["point"]:
            draw(lines["point"])
            shown.append(f"![{plot}]({folder}{plot}.svg)")
    return shown


def page(measured, folder):
    """The tables, the plots, and what was measured when and where."""
    runs = {}
    for name, lines in measured.items():
        for date, commit, machine in lines["run"]:
            runs.setdefault(machine, {}).setdefault((date, commit), []).append(name)
    parts = [table([claim for lines in measured.values() for claim in lines["claim"]])]
    parts += [shown for name, lines in measured.items() for shown in pictures(name, lines, folder)]
    for machine, commits in runs.items():
        when = "; ".join(f"{', '.join(names)} on {date} at {commit}" for (date, commit), names in commits.items())
        parts += [f"Measured on {machine}: {when}."]
    return "\n\n".join(parts)


def put_into_project(text):
    with open(PROJECT, encoding="utf-8") as file:
        before = file.read()
    if BEGIN not in before:
        return
    after = re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: f"{BEGIN}\n{text}\n{END}", before, flags=re.S)
    if after != before:
        with open(PROJECT, "w", encoding="utf-8") as file:
            file.write(after)


def main():
    matplotlib.rcParams.update({"svg.hashsalt": "wordvec", "svg.fonttype": "none"})
    measured = {name: lines for name in sys.argv[1:] if (lines := read(name))["run"]}
    if not measured:
        sys.exit("bench: nothing was measured yet")
    with open(os.path.join(harness.RESULTS, "README.md"), "w", encoding="utf-8") as out:
        out.write("# Results\n\nWritten by `make bench`; [how they are measured](../README.md).\n\n" + page(measured, "") + "\n")
    if harness.RESULTS == os.path.join(harness.HERE, "results"):
        put_into_project(page(measured, "tests/bench/results/"))


if __name__ == "__main__":
    main()
