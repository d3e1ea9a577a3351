"""What the comparisons share: cores, the model and the daemon they ask, wrk as the load, memory, and the file of results.

The Makefile hands over where things are: BENCH_BINARY, BENCH_DATA and BENCH_RESULTS. Every comparison is a program of its own
under compare/ and writes one file, RESULTS/NAME.tsv, whose lines report.py reads (see Results).
"""
import datetime
import http.client
import json
import os
import platform
import random
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
BINARY = os.path.abspath(os.environ.get("BENCH_BINARY", "build/release/wordvec"))
PROGRAMS = os.path.join(os.path.dirname(BINARY), "tests", "bench")
DATA = os.path.abspath(os.environ.get("BENCH_DATA", "build/bench"))
RESULTS = os.path.abspath(os.environ.get("BENCH_RESULTS", os.path.join(HERE, "results")))
STORE = os.path.join(DATA, "store")
WORDS, LARGE = os.path.join(DATA, "words.vec"), os.path.join(DATA, "large.vec")

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES, LOAD_CORES = CORES[:1], CORES[1:2] or CORES[:1]
BOTH_CORES = CORES[:2]


def median(values):
    return statistics.median(values)


def pin(cores):
    return ["taskset", "-c", ",".join(map(str, cores))]


# ---- The model

def import_model(source, name, store=STORE, options=(), cores=None):
    """Imports anew; returns the seconds that it took, its exit and the sync to disk included."""
    os.makedirs(store, exist_ok=True)
    command = [*pin(cores or BOTH_CORES), BINARY, "import", source, "--store", store, "--name", name, "--force", *options]
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def model(name="words"):
    """The store that holds the words of the matrix under that name alone; imports when the program is newer than the file."""
    store = os.path.join(STORE, name)
    path = os.path.join(store, name + ".mdb")
    if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(BINARY):
        say(f"importing {WORDS}")
        import_model(WORDS, name, store)
    return store


def vocabulary():
    with open(os.path.join(DATA, "words.txt"), encoding="utf-8", errors="surrogateescape") as lines:
        return [line.rstrip("\n") for line in lines]


def zipf(words, count):
    """Draws by Zipf's law with exponent 1: the word of rank i is asked for in proportion to 1/i."""
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    return random.Random(1).choices(words, weights, k=count)


def searched(words, count):
    """Distinct words out of such a draw, in its order: frequent ones and rare ones, which are not equally hard to search for."""
    return list(dict.fromkeys(zipf(words, count * 20)))[:count]


def quoted(word):
    return urllib.parse.quote(word.encode("utf-8", "surrogateescape"), safe="")


def paths_file(name, paths):
    """Writes the targets that wrk asks for in turn, one a line."""
    path = os.path.join(DATA, "paths." + name)
    with open(path, "w", encoding="ascii") as out:
        out.writelines(target + "\n" for target in paths)
    return path


def neighbor_paths(name, words, more=""):
    return paths_file(name, [f"/neighbors?word={quoted(word)}&k=10{more}" for word in words])


# ---- The daemon

class Daemon:
    """`wordvec serve` of one store on a port that was free, ready to be asked; a context manager."""

    def __init__(self, store, cores=None, search_threads=1, options=()):
        self.port = free_port()
        command = [BINARY, "serve", "--store", store, "--listen", f"127.0.0.1:{self.port}", "--log-format", "off",
                   "--threads", "1", "--search-threads", str(search_threads), *options]
        self.command = [*pin(cores or SERVER_CORES), *command]

    def __enter__(self):
        self.started = time.monotonic()
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not self.answers("/readyz"):
            if self.process.poll() is not None:
                sys.exit("bench: the daemon did not start: " + " ".join(self.command))
            time.sleep(0.0005)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def answers(self, path):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False

    def ask(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path)
        return json.load(connection.getresponse())


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# ---- The load

class Load:
    """wrk at work: `connections` clients who each ask for one path of the file after another, as fast as answers come."""

    def __init__(self, port, paths, connections, seconds, cores=None):
        command = [*pin(cores or LOAD_CORES), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s",
                   "-s", os.path.join(HERE, "paths.lua"), f"http://127.0.0.1:{port}"]
        self.connections = connections
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "BENCH_PATHS": paths})

    def result(self):
        """What wrk counted: requests, rate (a second), mean, p50, p90, p99 (milliseconds) and failed, as attributes."""
        text = self.process.communicate()[0]
        line = re.search(r"^bench (.*)$", text, re.M)
        if not line:
            sys.exit("bench: wrk said: " + text)
        for pair in line.group(1).split():
            name, value = pair.split("=")
            setattr(self, name, float(value))
        self.mean = self.connections * 1e3 / self.rate
        if self.failed:
            sys.exit(f"bench: {self.failed:.0f} requests failed: " + text)
        return self


def load(port, paths, connections, seconds, cores=None):
    return Load(port, paths, connections, seconds, cores).result()


# ---- Memory

def private_bytes(pid, without=None):
    """Private memory of a process; pages of files under the folder `without` are the page cache's and are left out."""
    total, counted = 0, True
    try:
        with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                    counted = not (without and without in line)
                elif counted and line.startswith("Private_"):
                    total += int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return total


def run_watched(command, without=None):
    """Runs to the end; returns (seconds, the most private bytes seen, looking fifty times a second)."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        most = max(most, private_bytes(process.pid, without))
        time.sleep(0.02)
    if process.returncode != 0:
        sys.exit("bench: failed: " + " ".join(command))
    return time.monotonic() - start, most


# ---- Results

def say(text):
    print("    " + text, file=sys.stderr, flush=True)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        cpu = re.search(r"model name\s*: (.*)", lines.read())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    with open("/etc/os-release", encoding="utf-8") as lines:
        system = re.search(r'PRETTY_NAME="(.*)"', lines.read()).group(1)
    name = " ".join(cpu.group(1).split()) if cpu else platform.machine()
    return f"{len(CORES)} cores of {name}, {memory:.0f} GiB, {system}"


def commit():
    found = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


class Results:
    """The file of one comparison, written whole or not at all. Fields are parted by tabs:

    run    date, commit, machine
    claim  what, ours, peer, theirs, ratio, target, met      one line of the table; ratio, target and met may be empty
    point  plot, series, x, y                                 one dot of a plot
    """

    def __init__(self, name):
        self.path = os.path.join(RESULTS, name + ".tsv")
        today = datetime.date.today().isoformat()
        self.lines = [("run", today, commit(), machine())]

    def claim(self, what, ours, peer="", theirs="", ratio=None, least=None, target=None, met=None):
        """With `least` the ratio must reach it; else `target` says in words what is wanted, and `met` whether it is."""
        if least is not None:
            target, met = f"≥ {least:g} ×", ratio >= least
        self.lines.append(("claim", what, ours, peer, theirs, f"{ratio:.2f}" if ratio is not None else "", target or "",
                           {None: "", True: "yes", False: "no"}[met]))
        say("  ".join(str(field) for field in self.lines[-1][1:] if field))

    def point(self, plot, series, x, y):
        self.lines.append(("point", plot, series, f"{x:g}", f"{y:g}"))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            return
        os.makedirs(RESULTS, exist_ok=True)
        with open(self.path + ".part", "w", encoding="utf-8") as out:
            out.writelines("\t".join(line) + "\n" for line in self.lines)
        os.rename(self.path + ".part", self.path)


def rate(value):
    return f"{value:,.0f}/s"


def milliseconds(value):
    return f"{value:.3g} ms" if value < 100 else f"{value:.0f} ms"


def mebibytes(value):
    return f"{value / 2**20:.1f} MiB"
