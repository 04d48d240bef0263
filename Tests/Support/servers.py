"""Starts servers on 127.0.0.1 for the tests, the benchmarks and the documentation."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import subprocess
import time
from dataclasses import dataclass
from typing import Iterator, Optional, Sequence

#: What `bqpull emulator` and Uvicorn print when they accept connections.
LISTENING = r"listening on (\S+)\n"
UVICORN = r"Uvicorn running on (\S+) "

START_SECONDS = 60
STOP_SECONDS = 15


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: pathlib.Path
    credentials: Optional[pathlib.Path] = None


def plain_environment(home: pathlib.Path) -> dict[str, str]:
    """An environment without credentials, and with an empty home folder."""
    home.mkdir(parents=True, exist_ok=True)
    kept = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, "HOME": str(home)}


@contextlib.contextmanager
def running(
    command: Sequence[str],
    announcement: str,
    log: pathlib.Path,
    environment: dict[str, str],
    folder: Optional[pathlib.Path] = None,
    credentials: Optional[pathlib.Path] = None,
) -> Iterator[Server]:
    """Runs a server until the block ends; the first group of `announcement` is its URL in its output."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (match := re.search(announcement, text := log.read_text(errors="replace"))):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(command)} did not start (exit {process.poll()}): {text[-2000:]}")
            time.sleep(0.05)
        yield Server(match[1], process, log, credentials)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def bqpull_emulator(
    binary: str, folder: pathlib.Path, project: str, *options: str, environment: Optional[dict[str, str]] = None
) -> Iterator[Server]:
    """`bqpull emulator` on a free port, unless the options name one; its log and credentials file are in the folder."""
    credentials = folder / "credentials.json"
    command = [binary, "emulator", "--project", project, "--credentials-file", str(credentials), *options]
    environment = environment or plain_environment(folder / "home")
    with running(command, LISTENING, folder / "server.log", environment, credentials=credentials) as server:
        yield server
