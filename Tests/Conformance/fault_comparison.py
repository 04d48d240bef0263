#!/usr/bin/env python3
"""Injects the same faults into bqpull and into a short program on Google's client.

Both read the same rows from `bqpull emulator`, and the fault is injected at the same point, such as the second page.
Then the same command runs again without the fault.

Usage: fault_comparison.py BQPULL_BINARY            prints the tables
       fault_comparison.py BQPULL_BINARY ARTICLE    also writes them into FaultsCompared.md
       fault_comparison.py BQPULL_BINARY --check    runs only bqpull, and checks its behavior
"""

from __future__ import annotations

import contextlib
import http.server
import importlib.metadata
import json
import os
import pathlib
import platform
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any, Callable, Iterator, NoReturn, Optional

from comparison import Checks
from servers import Server, bqpull_emulator, plain_environment

PROJECT = "conformance"
TABLE = "shop.orders"
QUERY = f"SELECT * FROM {TABLE}"
ROWS = 20_000
TRUTH = [(number, f"order {number}") for number in range(ROWS)]
PAGE_BYTES = 40_000  # eleven pages
HUNG_SECONDS = 120.0
MEMORY = 4 << 30
BQPULL_MEGABYTES = 300
PROGRAM = "fault_program.py"
THREADS = "fault_program_threads.py"

PAGE = "bigquery.jobs.getQueryResults"
INSERT = "bigquery.jobs.insert"
TOKEN = "oauth2.token"
LIST = "bigquery.tabledata.list"
COUNTED = [PAGE, INSERT, TOKEN, LIST, "bigquery.jobs.cancel"]


@dataclass(frozen=True)
class Side:
    """One of the two programs; it makes `calls_before` calls of the method before the first page of rows."""

    name: str
    calls_before: int


BQPULL = Side("bqpull", 0)
GOOGLE = Side("google-cloud-bigquery", 1)
# All page requests if the last page is inconsistent: bqpull requests that one four times.
PAGE_CALLS = {BQPULL: 14, GOOGLE: 12}


@dataclass(frozen=True)
class Case:
    """A fault. `expected` has the members of bqpull's outcome, and with the prefix `Again.` those of the second run."""

    row: str
    fault: str
    comment: str
    faults: Callable[[Side, "ForeignHost"], dict[str, list[Any]]]
    expected: dict[str, Any]
    emulator: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    program: str = PROGRAM
    wanted: Callable[[Side], str] = lambda side: QUERY
    # Sent once a job exists.
    interruption: Optional[signal.Signals] = None
    limit: float = HUNG_SECONDS
    # Whether the fault would occur in the second run too.
    is_lasting: bool = False
    foreign_host: bool = False


@dataclass(frozen=True)
class Outcome:
    """The result of one run; jobs are all those of the service."""

    exit_code: Optional[int]
    seconds: float
    seconds_after_fault: float
    rows: str
    jobs: int
    cancelled: int
    running: int
    token_requests: int
    page_requests: int
    megabytes: int
    foreign: str
    message: str


class ForeignHost:
    """Another party's server: records the secrets that it receives, and responds like the service."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        host = self
        page = {"jobComplete": True, "totalRows": str(ROWS), "rows": [{"f": [{"v": "666"}, {"v": "foreign"}]}]}
        token = {"access_token": "foreign-token", "token_type": "Bearer", "expires_in": 3599}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                secrets = [
                    name
                    for name, is_there in [
                        ("an Authorization header", "Authorization" in self.headers),
                        ("the refresh token", b"refresh_token=" in body),
                        ("the client secret", b"client_secret=" in body),
                    ]
                    if is_there
                ]
                host.seen.append(" and ".join(secrets) or "no secret")
                text = json.dumps(page | token).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/elsewhere"

    @property
    def account(self) -> str:
        return f"a request with {self.seen[0]}" if self.seen else "no request"


def at_page(number: int, *instructions: Any) -> Callable[[Side, ForeignHost], dict[str, list[Any]]]:
    """Instructions from the request for this page of rows on; the first page is 1."""
    return lambda side, _: {PAGE: ["pass"] * (side.calls_before + number - 1) + list(instructions)}


def bomb_at_page(instruction: str) -> Callable[[Side, ForeignHost], dict[str, list[Any]]]:
    """Twice for bqpull, which requests half of an oversized page."""
    return lambda side, host: at_page(2, *[instruction] * (2 if side is BQPULL else 1))(side, host)


def at(method: str, *instructions: Any) -> Callable[[Side, ForeignHost], dict[str, list[Any]]]:
    return lambda *_: {method: list(instructions)}


def same_page_repeatedly(*_: Any) -> dict[str, list[Any]]:
    rows = [{"f": [{"v": str(number)}, {"v": name}]} for number, name in TRUTH[:100]]
    body = {"totalRows": str(ROWS), "rows": rows, "pageToken": "again"}
    return {LIST: [json.dumps({"status": 200, "body": body}) + " always"]}


def storm(side: Side, _: ForeignHost) -> dict[str, list[Any]]:
    # The emulator responds after its latency, so all requests are in flight before the first response.
    storm = ["return-401-once-done"] * 6
    return {PAGE: ["pass", *storm]} if side is BQPULL else {LIST: storm}


ALL = f"all {ROWS:,}"
DONE = {"exit_code": 0, "rows": ALL, "jobs": 1}
RESUMED = {"Again.exit_code": 0, "Again.rows": ALL, "Again.jobs": 1}

CASES = [
    Case(
        "N4",
        "The connection is reset in the middle of the second page",
        "No difference: both retry the request.",
        at_page(2, "return-reset-connection-after-half"),
        DONE | RESUMED | {"Again.jobs": 2},
    ),
    Case(
        "N6",
        "The request for the second page gets no response",
        "The client waits indefinitely unless the program passes a timeout to every call.",
        at_page(2, "stall-for-600s"),
        DONE | {"Again.exit_code": 0, "Again.rows": ALL},
    ),
    Case(
        "N29",
        "The second page is a redirect (308) to another host",
        "The client follows it. It omits the access token, but reports success with the rows of the other host.",
        lambda side, host: at_page(2, f"redirect-308-to-{host.url}")(side, host),
        {"exit_code": 76, "rows": "none", "jobs": 1, "foreign": "no request"} | RESUMED,
        foreign_host=True,
    ),
    Case(
        "N29",
        "The token host redirects (308) to another host",
        "google-auth sends the secrets to the other host and uses the response as a token. The rows are correct in the"
        " end, so the leak goes unnoticed.",
        lambda side, host: {TOKEN: [f"redirect-308-to-{host.url}"]},
        {"exit_code": 76, "rows": "none", "jobs": 0, "foreign": "no request"} | RESUMED,
        foreign_host=True,
    ),
    Case(
        "P20",
        "The page token of every page of a table points to the same page",
        "The client requests pages until it is killed. Since the program uses one transaction, no rows remain.",
        same_page_repeatedly,
        {"exit_code": 65, "rows": "none", "Again.exit_code": 0, "Again.rows": ALL},
        wanted=lambda side: TABLE,
        limit=30,
        is_lasting=True,
    ),
    Case(
        "P23",
        f"`totalRows` is {ROWS - 1:,}, and {ROWS:,} rows arrive",
        "The client reads until the last page. Here that is correct and bqpull is too strict, but bqpull cannot know"
        " which number is true.",
        lambda side, _: {PAGE: [json.dumps({"merge-patch": {"totalRows": str(ROWS - 1)}})] * PAGE_CALLS[side]},
        {"exit_code": 65, "rows": "none", "jobs": 1, "Again.exit_code": 0, "Again.rows": ALL},
    ),
    Case(
        "P23",
        f"`totalRows` is {ROWS:,}, and the pages end after the second one",
        "The client treats the last page as the end of the rows, and reports success. bqpull requests rows by index"
        " until all have arrived.",
        at_page(2, json.dumps({"merge-patch": {"pageToken": None}})),
        DONE | {"Again.exit_code": 0, "Again.rows": ALL},
    ),
    Case(
        "B2",
        "The job insertion gets 503, and no job is created",
        "No difference: both retry the insertion, and there is one job.",
        at(INSERT, "return-503"),
        DONE | {"Again.exit_code": 0, "Again.rows": ALL},
    ),
    Case(
        "B15",
        "SIGINT while the job is running",
        "The job of the client's program keeps running and is billed.",
        lambda *_: {},
        {"exit_code": 130, "rows": "none", "jobs": 1, "cancelled": 1, "running": 0}
        | {"Again.exit_code": 0, "Again.rows": ALL, "Again.jobs": 2},
        emulator=("--job-time", "6000"),
        interruption=signal.SIGINT,
    ),
    Case(
        "B17",
        "`kill -9` after the job was created, before the response to its insertion arrives",
        "The client's program does not know its first job, and runs the query a second time.",
        at(INSERT, "stall-for-60s-after-0B"),
        {"exit_code": -9, "rows": "none", "jobs": 1} | RESUMED,
        interruption=signal.SIGKILL,
    ),
    Case(
        "A15",
        "The second page request gets 401",
        "No difference: both get one new token and retry the page.",
        at_page(2, "return-401"),
        DONE | {"token_requests": 2, "Again.exit_code": 0, "Again.rows": ALL},
    ),
    Case(
        "A17",
        "Six concurrent requests get 401",
        "Six threads that share a client exchange the refresh token once each, although one exchange is enough. Both"
        " get all rows.",
        storm,
        DONE | {"token_requests": 2, "Again.exit_code": 0, "Again.rows": ALL},
        emulator=("--latency", "1000"),
        options=("--parallel", "6", "--page-rows", "1000"),
        program=THREADS,
        wanted=lambda side: QUERY if side is BQPULL else TABLE,
    ),
]

BOMBS = [
    Case(
        "P11",
        name,
        "",  # the article has one comment for all
        faults,
        {"exit_code": exit_code, "rows": "none", "Again.exit_code": 0, "Again.rows": ALL},
    )
    for name, exit_code, faults in [
        ("the second page", 65, bomb_at_page("gzip-bomb-10G")),
        ("the error body (400) of the second page", 65, bomb_at_page('{"status": 400, "gzip-bomb": "10G"}')),
        (
            "the body of a redirect (302) of the second page",
            76,
            at_page(2, '{"status": 302, "headers": {"Location": "/"}, "gzip-bomb": "10G"}'),
        ),
        ("the response to the job insertion", 65, at(INSERT, "gzip-bomb-10G")),
        ("the response of the token host", 65, at(TOKEN, "gzip-bomb-10G")),
    ]
]


class Bench:
    """Runs one side of a case against an emulator with its faults."""

    def __init__(self, binary: str, case: Case, side: Side, folder: pathlib.Path, foreign: ForeignHost) -> None:
        self.binary, self.case, self.side, self.folder, self.foreign = binary, case, side, folder, foreign
        self.database = folder / "staging.db"

    @contextlib.contextmanager
    def serving(self, faults: dict[str, list[Any]], port: int = 0) -> Iterator[None]:
        """Starts the emulator, which logs counted calls, since each has at least the instruction `pass`."""
        plan = self.folder / "faults.json"
        lists = {method: faults.get(method, []) for method in COUNTED}
        lists[TOKEN].insert(0, "pass")  # for access_token
        for instructions in lists.values():
            if not (instructions and instructions[-1].endswith(" always")):
                instructions.append("pass always")
        plan.write_text(json.dumps({"instructions": lists}))
        orders = self.folder / "orders.csv"
        orders.write_text("id,name\n" + "".join(f"{number},{name}\n" for number, name in TRUTH))
        options = [f"--load={TABLE}={orders}", "--page-bytes", str(PAGE_BYTES), "--faults", str(plan)]
        if port:
            options += ["--port", str(port)]
        with bqpull_emulator(self.binary, self.folder, PROJECT, *options, *self.case.emulator) as server:
            self.server: Server = server
            self.token = access_token(server)
            yield

    def both(self) -> tuple[Outcome, Outcome]:
        """The run with the fault, and the same command again."""
        with self.serving(self.case.faults(self.side, self.foreign)):
            first = self.run(self.case.interruption)
            if not self.case.is_lasting:
                return first, self.run()
        with self.serving({}, urllib.parse.urlsplit(self.server.url).port or 0):
            return first, self.run()

    @property
    def command(self) -> list[str]:
        wanted = self.case.wanted(self.side)
        url, credentials = self.server.url, str(self.server.credentials)
        if self.side is GOOGLE:
            program = pathlib.Path(__file__).with_name(self.case.program)
            return [sys.executable, "-B", str(program), wanted, str(self.database), url, credentials]
        return [
            *(self.binary, "query" if " " in wanted else "table", wanted, "--into", str(self.database)),
            *("--table", "results", "--project", PROJECT, "--endpoint", url, "--credentials", credentials, "--quiet"),
            *self.case.options,
        ]

    def run(self, interruption: Optional[signal.Signals] = None) -> Outcome:
        calls = self.calls()
        output = self.folder / "output"
        started = time.monotonic()
        fault_time = None
        with output.open("wb") as file:
            environment = plain_environment(self.folder / "home")
            child = subprocess.Popen(self.command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
            if self.side is GOOGLE:
                resource.prlimit(child.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
            hung = False
            while True:
                # Unlike Popen.wait, returns the peak memory of this child. It is at least that of this process, since
                # Linux includes the time before exec.
                pid, status, usage = os.wait4(child.pid, os.WNOHANG)
                now = time.monotonic()
                if pid:
                    break
                if fault_time is None and any(call[1] != "pass" for call in self.calls()[len(calls) :]):
                    fault_time = now
                if interruption and self.jobs():
                    child.send_signal(interruption)
                    interruption = None
                if not hung and now - started > self.case.limit:
                    child.kill()
                    hung = True
                time.sleep(0.01)
        child.returncode = os.waitstatus_to_exitcode(status)
        new = [method for method, _ in self.calls()[len(calls) :]]
        jobs = self.jobs()
        return Outcome(
            exit_code=None if hung else child.returncode,
            seconds=now - started,
            seconds_after_fault=now - (fault_time or started),
            rows=self.rows(),
            jobs=len(jobs),
            cancelled=sum(job.get("errorResult", {}).get("reason") == "stopped" for job in jobs),
            running=sum(job["state"] != "DONE" for job in jobs),
            token_requests=new.count(TOKEN),
            page_requests=new.count(PAGE) + new.count(LIST),
            megabytes=usage.ru_maxrss * 1024 // 10**6,
            foreign=self.foreign.account,
            message=last_line(output.read_text(errors="replace")),
        )

    def calls(self) -> list[tuple[str, str]]:
        """The counted calls with their instructions, from the log."""
        log = self.server.log.read_text(errors="replace")
        return re.findall(r"^fault: (\S+): (pass|.)", log, re.MULTILINE)

    def jobs(self) -> list[dict[str, Any]]:
        """The states of all jobs of the project, without dry runs."""
        url = f"{self.server.url}/bigquery/v2/projects/{PROJECT}/jobs?projection=full"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return [job["status"] for job in json.load(response).get("jobs", [])]

    def rows(self) -> str:
        """Compares the rows of the database with those of the table."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
                rows = database.execute("SELECT id, name FROM results ORDER BY id").fetchall()
        except sqlite3.OperationalError:  # no file, or no table
            rows = []
        if rows == TRUTH:
            return ALL
        if not rows:
            return "none"
        if set(rows) <= set(TRUTH):
            return f"only {len(set(rows)):,}" + (" and some twice" if len(set(rows)) < len(rows) else "")
        return f"wrong: {len(rows):,}, {len(set(rows) - set(TRUTH)):,} of them not in the table"


def access_token(server: Server) -> str:
    credentials = json.loads(server.credentials.read_text())
    names = "client_id", "client_secret", "refresh_token"
    form = {"grant_type": "refresh_token"} | {name: credentials[name] for name in names}
    with urllib.request.urlopen(credentials["token_uri"], urllib.parse.urlencode(form).encode(), 30) as response:
        return json.load(response)["access_token"]


def last_line(text: str) -> str:
    """The error message: bqpull's last, or the last line of a Python traceback."""
    errors = [line for line in text.splitlines() if line.startswith("error: ")]
    lines = errors or [line for line in text.splitlines() if re.match(r"[\w.]+(: |$)", line)] or [""]
    return lines[-1]


def measured(binary: str, case: Case, side: Side) -> tuple[Outcome, Outcome]:
    with tempfile.TemporaryDirectory(prefix="bqpull-") as name:
        return Bench(binary, case, side, pathlib.Path(name), ForeignHost()).both()


def check(binary: str) -> NoReturn:
    checks = Checks("faults")
    for case in CASES + BOMBS:
        with checks.group(f"{case.row}: {case.fault}") as group:
            first, again = measured(binary, case, BQPULL)
            for name, value in case.expected.items():
                outcome = again if name.startswith("Again.") else first
                group.equal(getattr(outcome, name.removeprefix("Again.")), value, f"{name}: {outcome.message}")
            group.equal(first.foreign, "no request", "the other host")
            group.equal(first.megabytes < BQPULL_MEGABYTES, True, f"{first.megabytes} MB of memory")
    checks.finish()


def counted(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def ending(outcome: Outcome) -> str:
    if outcome.exit_code is None:
        return f"hung, killed after {outcome.seconds:.0f} s"
    if outcome.exit_code < 0:
        return f"ended by {signal.Signals(-outcome.exit_code).name}"
    return f"exit {outcome.exit_code} after {outcome.seconds:.1f} s"


def account(case: Case, first: Outcome, again: Outcome) -> str:
    parts = [ending(first), f"rows: {first.rows}", counted(first.jobs, "job")]
    if first.cancelled:
        parts[-1] += ", cancelled"
    elif case.interruption is signal.SIGINT:
        parts[-1] += ", still running" if first.running else ", done"
    parts += [counted(first.page_requests, "request") + " for pages", counted(first.token_requests, "token request")]
    parts.append(f"{first.megabytes} MB")
    if case.foreign_host:
        parts.append(f"the other host got {first.foreign}")
    return f"{'; '.join(parts)}. Again: {ending(again)}; rows: {again.rows}; {counted(again.jobs, 'job')} in all"


def table(heads: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, ["---"] * len(heads), *rows])


def compare(binary: str) -> dict[str, str]:
    """The generated parts of the article."""
    faults, bombs = [], []
    for case in CASES + BOMBS:
        both = {side: measured(binary, case, side) for side in (BQPULL, GOOGLE)}
        for side, outcomes in both.items():
            print(case.row, side.name, *outcomes, file=sys.stderr, flush=True)
        if case in CASES:
            faults.append([case.row, case.fault, *(account(case, *both[side]) for side in both), case.comment])
        else:
            cells = [
                f"{ending(first)}, {first.seconds_after_fault:.1f} s after the request; {first.megabytes} MB;"
                f" rows: {first.rows}" + (f"; {first.message}" if side is GOOGLE else "")
                for side, (first, _) in both.items()
            ]
            bombs.append([case.fault, *cells])
    here = pathlib.Path(__file__)
    version = subprocess.check_output([binary, "--version"], text=True).strip()
    packages = ("google-cloud-bigquery", "google-api-core", "google-auth", "requests", "urllib3")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return {
        "versions": f"bqpull {version}; {versions}; Python {platform.python_version()}; {time.strftime('%Y-%m-%d')};"
        f" {os.cpu_count()} cores, {platform.system()}.",
        "program": f"```python\n{here.with_name(PROGRAM).read_text()}```",
        "threads": f"```python\n{here.with_name(THREADS).read_text()}```",
        "faults": table(["row", "fault", "bqpull", "the program on Google's client", "comment"], faults),
        "bombs": table(["10 GB in", "bqpull", "the program on Google's client"], bombs),
    }


def main() -> None:
    if len(sys.argv) not in (2, 3):
        sys.exit(f"usage: {sys.argv[0]} BQPULL_BINARY [ARTICLE | --check]")
    binary, *rest = sys.argv[1:]
    # In the background of a shell, SIGINT is ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if rest == ["--check"]:
        check(binary)
    parts = compare(binary)
    print(parts["faults"], parts["bombs"], sep="\n\n")
    for article in map(pathlib.Path, rest):
        text = article.read_text()
        for name, part in parts.items():
            begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
            before, _, rest_of_text = text.partition(begin)
            text = f"{before}{begin}\n{part}\n\n{end}{rest_of_text.partition(end)[2]}"
        article.write_text(text)


if __name__ == "__main__":
    main()
