"""A child process, and what it took."""

from __future__ import annotations

import os
import pathlib
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import Sequence

#: Nothing in it that could name other credentials or change what a program does.
KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True)
class Usage:
    #: Seconds from start to end.
    wall: float
    #: Seconds of user and system time.
    cpu: float
    #: The most that was resident, in bytes.
    peak_memory: int
    output: str


def plain_environment(home: pathlib.Path) -> dict[str, str]:
    home.mkdir(parents=True, exist_ok=True)
    return {**{name: os.environ[name] for name in KEPT if name in os.environ}, "HOME": str(home)}


def run(command: Sequence[str], environment: dict[str, str]) -> Usage:
    """Runs a program to its end; one that fails ends the benchmarks."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            said = errors.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"error: exit {child.returncode} from {' '.join(command)}\n{said}")
        output.seek(0)
        # Linux counts kilobytes.
        cpu = used.ru_utime + used.ru_stime
        return Usage(round(wall, 6), round(cpu, 6), used.ru_maxrss * 1024, output.read().decode())
