#!/usr/bin/python3
"""Runs the examples of README.md and compares what they print with what the page shows.

usage: tests/readme/check.py BINARY

Of each block marked console, the lines that begin with "$ " are run, in a folder of their own with the sample served, on port 8081 to
those who show a key; the lines behind one are what it must print, where … stands for anything. The Python client and the recipes are run as they stand, but for the port, and for what needs Keras or PyTorch.
"""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SAMPLE = "deploy/sample/classics.50d.txt.gz"


def examples(text):
    """Yields (command, expected output) for each command of the page's console blocks."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.S | re.M):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, expected = part.partition("\n")
            yield command, expected


def matches(expected, printed):
    pattern = ".*?".join(re.escape(piece) for piece in expected.strip("\n").split("…"))
    return re.fullmatch(pattern, printed.strip("\n"), re.S) is not None


def start_daemon(binary, store, *flags):
    command = [binary, "serve", "--store", store, "--listen", "127.0.0.1:0", *flags]
    daemon = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in daemon.stderr:
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
        if found:
            return daemon, found.group(1)
    sys.exit("readme: the daemon did not start")


def drain(daemon):
    """Keeps the daemon's log from filling its pipe."""
    import threading
    threading.Thread(target=daemon.stderr.read, daemon=True).start()


def start_with_keys(binary, store, folder):
    """The daemon on port 8081 of the page."""
    keys = os.path.join(folder, "keys")
    with open(keys, "w", encoding="ascii") as file:
        file.write("# the web shop\nYXJlYWxvbmV3b3VsZGJlcmFuZG9t\n")
    os.chmod(keys, 0o600)
    return start_daemon(binary, store, "--api-key-file", keys, "--cors-origin", "https://app.example.com")


def run(command, folder, binary, port, port_with_keys):
    command = command.replace("localhost:8080", "127.0.0.1:" + port).replace("localhost:8081", "127.0.0.1:" + port_with_keys)
    command = re.sub(r"^curl", "curl -s", command)
    command = re.sub(r"(^|\| )wordvec", rf"\1{binary}", command)
    return subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False).stdout


def check_recipe(recipe, folder, port):
    """Runs a recipe up to where it goes on with Keras or PyTorch, which are not here; it prints the shape that its comment gives."""
    recipe = re.split(r"^import (?:keras|torch)$", recipe, flags=re.M)[0].replace("localhost:8080", "127.0.0.1:" + port)
    shown = re.search(r"# (\(.*\))$", recipe, re.M).group(1)
    result = subprocess.run([sys.executable, "-c", recipe], cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0 or result.stdout.strip() != shown:
        print(f"readme: a recipe printed\n{result.stdout}{result.stderr}instead of {shown}")
        return 1
    return 0


def check_client(client, folder, port):
    """Runs the Python client of the page; its first line of output must be the shape that its comment gives."""
    client = client.replace("localhost:8080", "127.0.0.1:" + port)
    shown = re.search(r"# (\(.*\))$", client, re.M).group(1)
    result = subprocess.run([sys.executable, "-c", client], cwd=folder, capture_output=True, text=True, check=False)
    lines = result.stdout.splitlines()
    if result.returncode != 0 or len(lines) != 2 or lines[0] != shown:
        print(f"readme: the Python client printed\n{result.stdout}{result.stderr}")
        return 1
    return 0


def main():
    binary = os.path.abspath(sys.argv[1])
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as page:
        text = page.read()
    failed = ran = 0
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(ROOT, "deploy"), os.path.join(folder, "deploy"))
        store = os.path.join(folder, "served")
        subprocess.run([binary, "import", os.path.join(ROOT, SAMPLE), "--store", store], check=True, capture_output=True)
        daemon, port = start_daemon(binary, store)
        keyed, port_with_keys = start_with_keys(binary, store, folder)
        drain(daemon)
        drain(keyed)
        try:
            for command, expected in examples(text):
                ran += 1
                printed = run(command, folder, binary, port, port_with_keys)
                if not matches(expected, printed):
                    failed += 1
                    print(f"readme: $ {command}\n  shown:   {expected.strip()}\n  printed: {printed.strip()[:2000]}")
            for block in re.findall(r"^```python\n(.*?)^```", text, re.S | re.M):
                ran += 1
                failed += (check_client if "def ask(" in block else check_recipe)(block, folder, port)
        finally:
            for process in (daemon, keyed):
                process.terminate()
                process.wait()
    print(f"readme: {ran} examples run, {failed} differ")
    sys.exit(1 if failed or ran < 10 else 0)


if __name__ == "__main__":
    main()
