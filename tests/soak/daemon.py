"""A real `wordvec serve` that a soak starts, over a port of its own choice or over a socket that it inherits."""

import os
import re
import resource
import shlex
import signal
import socket
import subprocess
import time

BINARY = os.environ.get("WORDVEC_BINARY", "build/release/wordvec")
WRAPPER = shlex.split(os.environ.get("WORDVEC_WRAPPER", ""))
PATIENCE = 90


def run(*arguments):
    """Runs wordvec to its end, which must be a good one."""
    done = subprocess.run([BINARY, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit("wordvec %s: exit %d: %s" % (" ".join(arguments), done.returncode, done.stderr.decode()))


class Daemon:
    """With `listener` the daemon inherits that socket as LISTEN_FDS has it; without, it makes one."""

    def __init__(self, store, log, *flags, listener=None):
        self.log = log
        self.port = listener.getsockname()[1] if listener else None
        address = "127.0.0.1:%d" % (self.port or 0)
        command = [*WRAPPER, BINARY, "serve", "--store", store, "--listen", address, *flags]
        environment = dict(os.environ)
        if listener:
            # LISTEN_PID is known only behind the fork: a shell that becomes the daemon fills it in.
            environment["LISTEN_FDS"] = "1"
            script = 'exec 3<&"$1"; shift; LISTEN_PID=$$ exec "$@"'
            command = ["/bin/sh", "-c", script, "sh", str(listener.fileno()), *command]
        self.start = os.path.getsize(log) if os.path.exists(log) else 0
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
                pass_fds=(listener.fileno(),) if listener else (),
            )
        self.pid = self.process.pid
        self.await_listening()

    def said(self):
        with open(self.log, "rb") as log:
            log.seek(self.start)
            return log.read().decode(errors="replace")

    def await_listening(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            found = re.search(r'http://127\.0\.0\.1:(\d+)["\s]', self.said())  # as text or as JSON
            if found:
                self.port = int(found.group(1))
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the daemon does not listen:\n" + self.said()[-4000:])
            time.sleep(0.02)

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        """Stops it as an operator does, and gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "no end after SIGTERM"

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.pid))

    def mapped(self):
        """How many files of models it has mapped."""
        with open("/proc/%d/maps" % self.pid, encoding="utf-8", errors="replace") as maps:
            files = {tuple(line.split()[3:5]) for line in maps if ".mdb" in line}
        return len(files)

    def memory(self):
        """MiB that are its own and no file's: models are mapped and belong to the page cache."""
        with open("/proc/%d/smaps_rollup" % self.pid, encoding="utf-8") as rollup:
            for line in rollup:
                if line.startswith("Anonymous:"):
                    return int(line.split()[1]) / 1024
        return 0.0


def listening_socket():
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", 0))
    made.listen(1024)
    return made


def allow_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
