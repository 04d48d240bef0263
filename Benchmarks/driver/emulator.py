"""`bqpull emulator` as the service that everybody reads from."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.parse
import urllib.request
from typing import Iterator, Optional

import child
import names

START_SECONDS = 60
_announcement = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")


class Emulator:
    def __init__(self, url: str, credentials: pathlib.Path, pid: int) -> None:
        self.url = url
        self.credentials = credentials
        self.pid = pid

    def cpu(self) -> float:
        """The seconds of CPU that it has used so far."""
        stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text()
        # The name in parentheses may hold anything; user and system time are the 14th and 15th field.
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def save_pages(self, sql: str, page_rows: int, folder: pathlib.Path) -> None:
        """Writes the pages of a query's result into the folder as they are sent: gzip."""
        folder.mkdir(parents=True)
        headers = {"Authorization": f"Bearer {self._access_token()}", "Content-Type": "application/json"}
        project = f"{self.url}/bigquery/v2/projects/{names.PROJECT}"
        configuration = {"configuration": {"query": {"query": sql, "useLegacySql": False}}}
        job = json.loads(_answer(f"{project}/jobs", headers, json.dumps(configuration).encode()))["jobReference"]
        result = f"{project}/queries/{job['jobId']}?location={job['location']}&prettyPrint=false"
        while not (told := json.loads(_answer(f"{result}&maxResults=0", headers)))["jobComplete"]:
            time.sleep(0.1)
        headers |= {"Accept-Encoding": "gzip", "User-Agent": "benchmarks (gzip)"}
        for start in range(0, int(told["totalRows"]), page_rows):
            wanted = f"{result}&startIndex={start}&maxResults={page_rows}&formatOptions.useInt64Timestamp=true"
            (folder / f"{start}.json.gz").write_bytes(_answer(wanted, headers))

    def _access_token(self) -> str:
        values = json.loads(self.credentials.read_text())
        grant = {name: values[name] for name in ("client_id", "client_secret", "refresh_token")}
        form = urllib.parse.urlencode({**grant, "grant_type": "refresh_token"})
        return json.loads(_answer(values["token_uri"], {}, form.encode()))["access_token"]


def _answer(url: str, headers: dict[str, str], body: Optional[bytes] = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
        return response.read()


@contextlib.contextmanager
def running(bqpull: str, folder: pathlib.Path, *options: str) -> Iterator[Emulator]:
    """The emulator on a free port until the block ends; what it says and its credentials are in the folder."""
    folder.mkdir(parents=True)
    credentials = folder / "credentials.json"
    log = folder / "emulator.log"
    command = [bqpull, "emulator", "--project", names.PROJECT, "--credentials-file", str(credentials), *options]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            env=child.plain_environment(folder / "home"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Emulator(_url(server, log), credentials, server.pid)
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _url(server: "subprocess.Popen[bytes]", log: pathlib.Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while True:
        said = log.read_text(errors="replace")
        if match := _announcement.search(said):
            return match.group(1)
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"error: the emulator did not start (exit {server.poll()}): {said[-2000:]}")
        time.sleep(0.05)
