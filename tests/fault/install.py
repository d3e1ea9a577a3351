#!/usr/bin/python3
"""make install and the units of systemd: what is put where, that systemd finds nothing wrong with it, how exposed it judges
the service to be, and that what was installed serves the installed sample over a socket that systemd's own tool hands on.

Takes RELEASE_BINARY, which has been built. What cannot be had here is a running systemd; its tools read the units alone.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
VARIANT = os.path.basename(os.path.dirname(os.environ.get("RELEASE_BINARY") or "build/release/wordvec"))
EXPOSURE_MOST = 20  # of 100: "2.0 or less"
PATIENCE = 60
EXPECTED = """
bin/wordvec
lib/systemd/system/wordvec-metrics.socket
lib/systemd/system/wordvec.service
lib/systemd/system/wordvec.socket
share/bash-completion/completions/wordvec
share/doc/wordvec/CHANGELOG.md
share/doc/wordvec/FORMAT.md
share/doc/wordvec/LICENSE
share/doc/wordvec/README.md
share/doc/wordvec/SECURITY.md
share/man/man1/wordvec.1
share/wordvec/sample/README.md
share/wordvec/sample/classics.50d.txt.gz
share/wordvec/sample/questions.txt
share/zsh/site-functions/_wordvec
""".split()

checks = failures = 0


def check(holds, what):
    global checks, failures
    checks += 1
    if not holds:
        failures += 1
        print(f"failed: {what}")


def make(target, destination, prefix):
    command = ["make", "-s", "SETUP=no", f"VARIANT={VARIANT}", f"DESTDIR={destination}", f"PREFIX={prefix}", target]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    check(result.returncode == 0, f"{' '.join(command)}\n{result.stdout}{result.stderr}")


def files_under(folder):
    return sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def check_units(units):
    """Both are right, and the service is as confined as it is meant to be."""
    result = run("systemd-analyze", "verify", "--man=no", *(os.path.join(units, name) for name in os.listdir(units)))
    check(result.returncode == 0 and not result.stderr, f"systemd-analyze verify: {result.stdout}{result.stderr}")
    result = run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MOST}", "--no-pager",
                 os.path.join(units, "wordvec.service"))
    level = re.search(r"Overall exposure level for \S+: (\S+)", result.stdout)
    check(result.returncode == 0 and level, f"systemd-analyze security: {result.stdout[-300:]}{result.stderr}")
    return level.group(1) if level else "?"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, target):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{target}", timeout=PATIENCE) as answer:
        return answer.status, answer.read().decode()


def wait_for_listener(port):
    """Whether systemd-socket-activate listens; a connection would start the daemon, so it is looked for in the kernel's list."""
    wanted = f"0100007F:{port:04X} 00000000:0000 0A"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if wanted in read("/proc/net/tcp"):
            return True
        time.sleep(0.01)
    return False


def check_service(binary, sample, folder):
    """The first connection starts the daemon, is answered, and SIGTERM ends it well."""
    store = os.path.join(folder, "store")
    result = run(binary, "import", sample, "--store", store)
    check(result.returncode == 0, f"import: {result.stderr}")
    port = free_port()
    environment = {**os.environ, "WORDVEC_STORE": store}
    names = ["-E", "WORDVEC_STORE"]
    if "LD_LIBRARY_PATH" in environment:
        names += ["-E", "LD_LIBRARY_PATH"]
    daemon = subprocess.Popen(["systemd-socket-activate", "-l", f"127.0.0.1:{port}", *names, binary, "serve"],
                              env=environment, stderr=subprocess.PIPE, text=True)
    try:
        check(wait_for_listener(port), "systemd-socket-activate does not listen")
        status, body = get(port, "/vector?word=cat")
        check(status == 200 and '"word":"cat"' in body, f"/vector: {status} {body[:200]}")
        daemon.send_signal(signal.SIGTERM)  # the tool has become the daemon
        _, log = daemon.communicate(timeout=PATIENCE)
        check(daemon.returncode == 0, f"exit status {daemon.returncode}: {log[-1000:]}")
        check(f"listening on http://127.0.0.1:{port}" in log, f"it served over another socket: {log[-1000:]}")
    finally:
        daemon.kill()


def main():
    # Not where TMPDIR says: programs are run from it.
    with tempfile.TemporaryDirectory(dir=os.path.join(ROOT, "build")) as folder:
        # As a package would, and by itself; the second is where systemd's tools look for the command.
        packaged = os.path.join(folder, "packaged")
        make("install-built", packaged, "/usr")
        check(files_under(os.path.join(packaged, "usr")) == EXPECTED, f"installed: {files_under(packaged)}")
        unit = read(os.path.join(packaged, "usr/lib/systemd/system/wordvec.service"))
        check("\nExecStart=/usr/bin/wordvec serve\n" in unit, "the unit does not start what was installed")
        make("uninstall", packaged, "/usr")
        check(files_under(packaged) == [], f"left behind: {files_under(packaged)}")

        prefix = os.path.join(folder, "local")
        make("install-built", "", prefix)
        binary = os.path.join(prefix, "bin/wordvec")
        check(os.access(binary, os.X_OK), f"{binary} cannot be run")
        level = "not judged"
        if shutil.which("systemd-analyze"):
            level = check_units(os.path.join(prefix, "lib/systemd/system"))
            check_service(binary, os.path.join(prefix, "share/wordvec/sample/classics.50d.txt.gz"), folder)
        else:
            print("skipped: the units of systemd (systemd-analyze is not installed: deploy/setup check)")
    print(f"counts: {len(EXPECTED)} files installed and removed again; exposure of the service by systemd-analyze: {level}")
    print(f"100%: Checks: {checks}, Failures: {failures}, Errors: 0")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
