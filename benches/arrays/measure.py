"""Runs a process and measures it: seconds, peak memory, bytes read."""

import os
import signal
import tempfile
import threading
import time
from dataclasses import dataclass


@dataclass
class Run:
    """What a process did and needed. Its peak is never below this process's own, some 20 MB,
    since Linux hands that on over fork; so this process loads no NumPy."""

    seconds: float
    peak: float  # MB
    read: int  # bytes, by all its read calls
    code: int
    out: str
    err: str

    def fault(self):
        """Why it failed, in one line; nothing if it didn't."""
        if self.code == 0:
            return None
        lines = self.err.strip().splitlines() or [f"exit code {self.code}"]
        # Python names its exceptions at the end of a traceback, other programs begin with it
        return lines[-1 if lines[0].startswith("Traceback") else 0]


def run(command, limit=900):
    """Runs a command to its end, or kills it after a time."""
    command = [str(word) for word in command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
            (os.POSIX_SPAWN_DUP2, err.fileno(), 2),
        ]
        start = time.perf_counter()
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
        timer = threading.Timer(limit, os.kill, (pid, signal.SIGKILL))
        timer.start()
        # it stays a zombie for a moment, whose counts can still be read
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - start
        timer.cancel()
        with open(f"/proc/{pid}/io") as io:
            read = next(int(line.split()[1]) for line in io if line.startswith("rchar"))
        _, status, usage = os.wait4(pid, 0)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
        code = os.waitstatus_to_exitcode(status)
        return Run(seconds, usage.ru_maxrss * 1024 / 1e6, read, code, *texts)


def warm(path):
    """Reads a file, so that it is in the page cache."""
    with open(path, "rb", buffering=0) as f:
        buffer = bytearray(4 << 20)
        while f.readinto(buffer):
            pass
