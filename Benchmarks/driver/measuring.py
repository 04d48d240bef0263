"""Measures processes, and describes the machine."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform
import re
import sqlite3
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any, Optional, Sequence

from cases import PROJECT, TABLE
from servers import Server

PACKAGES = ["google-cloud-bigquery", "pandas", "pyarrow", "orjson", "urllib3"]


@dataclass(frozen=True)
class Usage:
    #: Seconds from start to exit.
    wall: float
    #: Seconds of user and system time.
    cpu: float
    #: Maximum resident set size, in bytes.
    peak_memory: int
    output: str


def run(command: Sequence[str], environment: dict[str, str]) -> Usage:
    """Runs a program; a failure ends the benchmarks."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            text = errors.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"error: exit {child.returncode} from {' '.join(command)}\n{text}")
        output.seek(0)
        # ru_maxrss is in kB on Linux.
        cpu = used.ru_utime + used.ru_stime
        return Usage(round(wall, 6), round(cpu, 6), used.ru_maxrss * 1024, output.read().decode())


# The emulator


def cpu_of(server: Server) -> float:
    """The CPU time of a running server, in seconds."""
    stat = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text()
    # User and system time are fields 14 and 15; the name in parentheses, field 2, can contain spaces.
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def save_pages(server: Server, sql: str, page_rows: int, folder: pathlib.Path) -> None:
    """Writes the compressed pages of a query's result into a new folder."""
    folder.mkdir(parents=True)
    values = json.loads(server.credentials.read_text())
    grant = {name: values[name] for name in ("client_id", "client_secret", "refresh_token")}
    form = urllib.parse.urlencode({**grant, "grant_type": "refresh_token"})
    token = json.loads(_response(values["token_uri"], {}, form.encode()))["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    project = f"{server.url}/bigquery/v2/projects/{PROJECT}"
    configuration = {"configuration": {"query": {"query": sql, "useLegacySql": False}}}
    job = json.loads(_response(f"{project}/jobs", headers, json.dumps(configuration).encode()))["jobReference"]
    result = f"{project}/queries/{job['jobId']}?location={job['location']}&prettyPrint=false"
    while not (page := json.loads(_response(f"{result}&maxResults=0", headers)))["jobComplete"]:
        time.sleep(0.1)
    headers |= {"Accept-Encoding": "gzip", "User-Agent": "benchmarks (gzip)"}
    for start in range(0, int(page["totalRows"]), page_rows):
        url = f"{result}&startIndex={start}&maxResults={page_rows}&formatOptions.useInt64Timestamp=true"
        (folder / f"{start}.json.gz").write_bytes(_response(url, headers))


def _response(url: str, headers: dict[str, str], body: Optional[bytes] = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
        return response.read()


# Databases


def remove(database: pathlib.Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        pathlib.Path(f"{database}{suffix}").unlink(missing_ok=True)


def row_count(database: pathlib.Path) -> int:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as opened:
        return opened.execute(f"SELECT count(*) FROM {TABLE}").fetchone()[0]


def digest(database: pathlib.Path) -> str:
    """A digest of all cells with their storage classes, in the order of the rows."""
    sha = hashlib.sha256()
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as opened:
        for row in opened.execute(f"SELECT * FROM {TABLE}"):
            sha.update(repr(row).encode("utf-8", "surrogatepass"))
    return sha.hexdigest()


@dataclass(frozen=True)
class Floor:
    """floor.c, compiled."""

    program: str
    environment: dict[str, str]

    def inflate(self, pages: pathlib.Path) -> dict[str, Any]:
        """One pass over the pages of a folder."""
        output = run([self.program, "inflate", str(pages), "--passes", "1"], self.environment).output
        report = json.loads(output)
        return {**report.pop("passes")[0], **report}

    def insert(
        self, staged: pathlib.Path, out: pathlib.Path, rows_per_transaction: int, page_sizes: list[int]
    ) -> dict[int, dict[str, Any]]:
        """Inserts the cells of a staged table with each page size."""
        remove(out)
        sizes = ",".join(map(str, page_sizes))
        options = ["--rows-per-transaction", str(rows_per_transaction), "--page-sizes", sizes]
        output = run([self.program, "insert", str(staged), TABLE, str(out), *options], self.environment).output
        return {record["page_size"]: record for record in json.loads(output)["runs"]}


# The machine


def machine(work: pathlib.Path) -> dict[str, Any]:
    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.+)", cpu)
    memory = re.search(r"MemTotal:\s*(\d+) kB", pathlib.Path("/proc/meminfo").read_text())
    mounts = (line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines())
    above = [(point, kind) for _, point, kind, *_ in mounts if work.resolve().is_relative_to(point)]
    return {
        "cpu": (model[1] if model else platform.machine()) + (" (virtual)" if " hypervisor" in cpu else ""),
        "cores": os.cpu_count(),
        "memory": int(memory[1]) * 1024 if memory else None,
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "kernel": platform.release(),
        "file_system": max(above, key=lambda mount: len(mount[0]))[1],
    }


def versions(bqpull: str, floor: str) -> dict[str, str]:
    root = pathlib.Path(__file__).resolve().parents[2]
    libraries = json.loads(_output(floor, "versions"))
    swift = re.search(r"Swift version (\S+)", _output("swift", "--version"))
    found = {
        "bqpull": _output(bqpull, "--version"),
        "commit": _output("git", "-C", str(root), "rev-parse", "--short", "HEAD"),
        "Swift": swift[1] if swift else "",
        "C compiler": _output("cc", "--version").partition("\n")[0],
        "SQLite": libraries["SQLite"],
        "zlib": libraries["zlib"],
        "Python": platform.python_version(),
        "SQLite in Python": sqlite3.sqlite_version,
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }
    return {name: version for name, version in found.items() if version}


def _output(*command: str) -> str:
    """The output of a program, empty if it fails or is not installed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
