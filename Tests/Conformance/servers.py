"""Starts and stops the programs that the witnesses talk to, all on 127.0.0.1, and runs bqpull."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any, Iterator, Optional, Sequence

START_SECONDS = 60
PULL_SECONDS = 300


@dataclass(frozen=True)
class Endpoint:
    """A running server, and the credentials file for it if it wants one."""

    url: str
    credentials: Optional[pathlib.Path] = None
    process: Optional["subprocess.Popen[bytes]"] = None

    def hang_up(self) -> None:
        """Has `bqpull emulator` read its files again."""
        if self.process:
            self.process.send_signal(signal.SIGHUP)


@dataclass(frozen=True)
class Pull:
    """What a run of `bqpull query` left behind."""

    exit_code: int
    report: dict[str, Any]
    messages: str
    database: pathlib.Path
    table: str

    def open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)


@contextlib.contextmanager
def bqpull_emulator(binary: str, folder: pathlib.Path, project: str, *options: str) -> Iterator[Endpoint]:
    """`bqpull emulator` on a free port, with its credentials file in `folder`."""
    credentials = folder / "credentials.json"
    command = [
        binary,
        "emulator",
        "--port",
        "0",
        "--project",
        project,
        "--credentials-file",
        str(credentials),
        *options,
    ]
    with _running(command, r"listening on (http://127\.0\.0\.1:\d+)", folder, plain_environment(folder)) as started:
        url, process = started
        yield Endpoint(url, credentials, process)


@contextlib.contextmanager
def bqemulator(folder: pathlib.Path, project: str) -> Iterator[Endpoint]:
    """bqemulator from PyPI on a free port, without network and away from the user's home."""
    command = [
        str(pathlib.Path(sys.executable).parent / "bqemulator"),
        "start",
        "--rest-port",
        "0",
        "--grpc-port",
        "0",
        "--project",
        project,
        "--log-level",
        "info",
    ]
    environment = plain_environment(folder)
    environment["TMPDIR"] = str(folder)  # it would leave a folder in the common one
    environment["BQEMU_ENABLE_FORMAT_EXTENSIONS"] = "false"  # else it asks extensions.duckdb.org
    _provide_duckdb_extensions(pathlib.Path(environment["HOME"]))
    with _running(command, r"Uvicorn running on (http://127\.0\.0\.1:\d+)", folder, environment) as (url, _):
        yield Endpoint(url)


def pull(
    binary: str,
    endpoint: Endpoint,
    project: str,
    sql: str,
    database: pathlib.Path,
    *options: str,
    table: str = "results",
) -> Pull:
    """Runs `bqpull query` with nothing in its environment that could name other credentials."""
    command = [
        binary,
        "query",
        sql,
        "--into",
        str(database),
        "--table",
        table,
        "--project",
        project,
        "--endpoint",
        endpoint.url,
        "--json",
        "--quiet",
        *options,
    ]
    if endpoint.credentials:
        command += ["--credentials", str(endpoint.credentials)]
    done = subprocess.run(
        command,
        env=plain_environment(database.parent),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PULL_SECONDS,
    )
    report = json.loads(done.stdout) if done.returncode == 0 else {}
    return Pull(done.returncode, report, done.stderr.strip(), database, table)


def run_bqpull(binary: str, folder: pathlib.Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs any command with a home folder of its own, in which it keeps its credentials."""
    return subprocess.run(
        [binary, *arguments],
        env=plain_environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PULL_SECONDS,
    )


def start_bqpull(binary: str, folder: pathlib.Path, *arguments: str) -> "subprocess.Popen[bytes]":
    """Starts any command with a home folder of its own, and says nothing of what it says."""
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(
        [binary, *arguments], env=plain_environment(folder), stdin=nowhere, stdout=nowhere, stderr=nowhere
    )


def told(binary: str, endpoint: Endpoint, project: str, folder: pathlib.Path, *arguments: str) -> Any:
    """What a command of bqpull about the server tells as JSON."""
    options = ["--json", "--project", project, "--endpoint", endpoint.url]
    if endpoint.credentials:
        options += ["--credentials", str(endpoint.credentials)]
    done = run_bqpull(binary, folder, *arguments, *options)
    if done.returncode != 0:
        raise RuntimeError(f"bqpull {' '.join(arguments)}: {done.stderr[-400:]}")
    return json.loads(done.stdout)


def plain_environment(folder: pathlib.Path) -> dict[str, str]:
    """The environment of a program that shall find no credentials but those that it is given."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    kept = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, "HOME": str(home)}


@contextlib.contextmanager
def _running(
    command: Sequence[str], announcement: str, folder: pathlib.Path, environment: dict[str, str]
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Runs a server until the block ends; yields what the announcement's first group matched in its output, and it."""
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            said = log.read_text(errors="replace")
            match = re.search(announcement, said)
            if match:
                break
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start (exit {server.poll()}): {said[-2000:]}")
            time.sleep(0.05)
        yield match.group(1), server
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _provide_duckdb_extensions(home: pathlib.Path) -> None:
    """Puts the extensions that came as Python packages where DuckDB looks before it would download them."""
    import duckdb

    version = duckdb.__version__
    (platform,) = duckdb.execute("PRAGMA platform").fetchone() or ("",)
    folder = home / ".duckdb" / "extensions" / f"v{version}" / platform
    folder.mkdir(parents=True)
    for name in ("icu", "spatial"):
        package = importlib.util.find_spec(f"duckdb_extension_{name}")
        if package is None or package.origin is None:
            raise RuntimeError(f"the package duckdb-extension-{name} is not installed")
        file = f"{name}.duckdb_extension"
        (folder / file).symlink_to(pathlib.Path(package.origin).parent / "extensions" / f"v{version}" / file)
