#!/usr/bin/python3
"""Lookups beside nginx serving the same bytes as files (tests/bench/lookups), and, for scale, Redis."""
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness  # noqa: E402

VALUE = 1200  # bytes: 300 floats


def lookups_and_nginx():
    with tempfile.NamedTemporaryFile() as figures:
        environment = {"WORDVEC_BINARY": harness.BINARY, "BENCH_STORE": os.path.join(harness.model(), "words.mdb")}
        subprocess.run([os.path.join(harness.HERE, "lookups"), figures.name], check=True, stdout=sys.stderr,
                       env={**os.environ, **environment})
        with open(figures.name, encoding="ascii") as lines:
            return {name: float(value) for name, value in (line.split("\t") for line in lines)}


def redis_rate():
    """Gets a second of one value of Redis, by 32 clients on the other core."""
    port = str(harness.free_port())
    server = subprocess.Popen([*harness.pin(harness.SERVER_CORES), "redis-server", "--port", port, "--bind", "127.0.0.1",
                               "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL)
    try:
        while subprocess.run(["redis-cli", "-p", port, "ping"], check=False, capture_output=True).returncode:
            time.sleep(0.01)
        client = [*harness.pin(harness.LOAD_CORES), "redis-benchmark", "-p", port, "-d", str(VALUE), "-c", "32"]
        subprocess.run([*client, "-t", "set", "-n", "20000", "-r", "1000", "-q"], check=True, capture_output=True)
        text = subprocess.run([*client, "-t", "get", "-n", "300000", "-r", "1000", "--csv"], check=True, capture_output=True,
                              text=True).stdout
        return float(re.search(r'^"GET","([\d.]+)"', text, re.M).group(1))
    finally:
        server.terminate()
        server.wait()


def main():
    with harness.Results("lookups") as results:
        got, redis = lookups_and_nginx(), redis_rate()
        vector, lookup = got["vector_wordvec"], got["lookup_wordvec"]
        results.claim("GET /vector, JSON, words by Zipf's law, 32 clients", harness.rate(vector), "nginx, files",
                      harness.rate(got["vector_nginx"]), vector / got["vector_nginx"], 0.9)
        folded = got.get("vector_nginx_folded")
        if folded:
            results.claim("the same, nginx with no more files than it can hold open", harness.rate(vector), "nginx, files",
                          harness.rate(folded), vector / folded, 0.9)
        results.claim("POST /lookup, 1,000 rows as npy", harness.rate(lookup), "nginx, files",
                      harness.rate(got["lookup_nginx"]), lookup / got["lookup_nginx"], 0.8)
        results.claim(f"for scale: GET /vector, and GET of {VALUE:,} bytes", harness.rate(vector), "Redis",
                      harness.rate(redis), vector / redis)


if __name__ == "__main__":
    main()
