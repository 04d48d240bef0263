#!/usr/bin/env python3
"""The same faults against bqpull and against a short program on Google's client, one after another.

Both get the same rows from the same emulator with the same credentials, and each meets the fault at the same place:
at the second page of rows, for example. Afterwards the same command is run again, without the fault.

Usage: fault_comparison.py BQPULL_BINARY            prints the tables
       fault_comparison.py BQPULL_BINARY ARTICLE    writes them into the article too
       fault_comparison.py BQPULL_BINARY --check    runs bqpull only, and compares what it does with what it should
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

from checks import Checks
from servers import Endpoint, bqpull_emulator, plain_environment, run_bqpull

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
    """One of the two programs; `calls_before` is how many calls of the method come before the first page of rows."""

    name: str
    calls_before: int


BQPULL = Side("bqpull", 0)
GOOGLE = Side("google-cloud-bigquery", 1)
# All calls for pages where the last one contradicts the others: bqpull asks four times for that.
PAGE_CALLS = {BQPULL: 14, GOOGLE: 12}


@dataclass(frozen=True)
class Case:
    """A fault. `expected` has what bqpull's Outcome must be, and with `Again.` before it that of the second run."""

    row: str
    fault: str
    reading: str
    faults: Callable[[Side, "ForeignHost"], dict[str, list[Any]]]
    expected: dict[str, Any]
    emulator: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    program: str = PROGRAM
    wanted: Callable[[Side], str] = lambda side: QUERY
    # Sent as soon as a job is there.
    interruption: Optional[signal.Signals] = None
    limit: float = HUNG_SECONDS
    # Whether a second run would meet the fault again.
    is_lasting: bool = False
    foreign_host: bool = False


@dataclass(frozen=True)
class Outcome:
    """What one run of a command left behind; jobs are all that the service has."""

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
    """A server that belongs to somebody else: keeps the secrets that it is sent, and answers like the service."""

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
    """Instructions for the calls from the one that asks for this page of rows; the first is 1."""
    return lambda side, _: {PAGE: ["pass"] * (side.calls_before + number - 1) + list(instructions)}


def bomb_at_page(instruction: str) -> Callable[[Side, ForeignHost], dict[str, list[Any]]]:
    """Twice for bqpull, which asks for half of a page that is too large."""
    return lambda side, host: at_page(2, *[instruction] * (2 if side is BQPULL else 1))(side, host)


def at(method: str, *instructions: Any) -> Callable[[Side, ForeignHost], dict[str, list[Any]]]:
    return lambda *_: {method: list(instructions)}


def same_page_for_ever(*_: Any) -> dict[str, list[Any]]:
    rows = [{"f": [{"v": str(number)}, {"v": name}]} for number, name in TRUTH[:100]]
    answer = {"totalRows": str(ROWS), "rows": rows, "pageToken": "again"}
    return {LIST: [json.dumps({"status": 200, "body": answer}) + " always"]}


def storm(side: Side, _: ForeignHost) -> dict[str, list[Any]]:
    # They are carried out first, and take their time with that, so that all are on their way before the first answer.
    storm = ["return-401-once-done"] * 6
    return {PAGE: ["pass", *storm]} if side is BQPULL else {LIST: storm}


ALL = f"all {ROWS:,}"
DONE = {"exit_code": 0, "rows": ALL, "jobs": 1}
GOES_ON = {"Again.exit_code": 0, "Again.rows": ALL, "Again.jobs": 1}

CASES = [
    Case(
        "N4",
        "The connection is reset in the middle of the second page",
        "No difference: both repeat the request.",
        at_page(2, "return-reset-connection-after-half"),
        DONE | GOES_ON | {"Again.jobs": 2},
    ),
    Case(
        "N6",
        "The second page is asked for and never answered",
        "The client waits without a limit, unless the program gives one to every call.",
        at_page(2, "stall-for-600s"),
        DONE | {"Again.exit_code": 0, "Again.rows": ALL},
    ),
    Case(
        "N29",
        "The second page is a redirect (308) to another host",
        "The client follows it. It leaves the access token out, but reports success with what the other host sent.",
        lambda side, host: at_page(2, f"redirect-308-to-{host.url}")(side, host),
        {"exit_code": 76, "rows": "none", "jobs": 1, "foreign": "no request"} | GOES_ON,
        foreign_host=True,
    ),
    Case(
        "N29",
        "The token host redirects (308) to another host",
        "google-auth sends the secrets on, and takes what it gets for a token. In the end the rows are right, and nobody"
        " has noticed.",
        lambda side, host: {TOKEN: [f"redirect-308-to-{host.url}"]},
        {"exit_code": 76, "rows": "none", "jobs": 0, "foreign": "no request"} | GOES_ON,
        foreign_host=True,
    ),
    Case(
        "P20",
        "Every page of a table names itself as the next one",
        "The client asks until it is stopped. As the program has one transaction, nothing of that stays.",
        same_page_for_ever,
        {"exit_code": 65, "rows": "none", "Again.exit_code": 0, "Again.rows": ALL},
        wanted=lambda side: TABLE,
        limit=30,
        is_lasting=True,
    ),
    Case(
        "P23",
        f"{ROWS - 1:,} rows are promised, and {ROWS:,} come",
        "The client reads on until the pages end. Here that was right, and bqpull was stricter than it had to be; it"
        " cannot know which of both numbers is true.",
        lambda side, _: {PAGE: [json.dumps({"merge-patch": {"totalRows": str(ROWS - 1)}})] * PAGE_CALLS[side]},
        {"exit_code": 65, "rows": "none", "jobs": 1, "Again.exit_code": 0, "Again.rows": ALL},
    ),
    Case(
        "P23",
        f"{ROWS:,} rows are promised, and the pages end after the second one",
        "The client takes the end of the pages for the end of the rows, and reports success. bqpull asks by row numbers"
        " until all are there.",
        at_page(2, json.dumps({"merge-patch": {"pageToken": None}})),
        DONE | {"Again.exit_code": 0, "Again.rows": ALL},
    ),
    Case(
        "B2",
        "The insertion of the job is answered with 503, and no job was created",
        "No difference: both insert again, and there is one job.",
        at(INSERT, "return-503"),
        DONE | {"Again.exit_code": 0, "Again.rows": ALL},
    ),
    Case(
        "B15",
        "SIGINT while the job is running",
        "The job of the program on the client runs on, and is paid for.",
        lambda *_: {},
        {"exit_code": 130, "rows": "none", "jobs": 1, "cancelled": 1, "running": 0}
        | {"Again.exit_code": 0, "Again.rows": ALL, "Again.jobs": 2},
        emulator=("--job-time", "6000"),
        interruption=signal.SIGINT,
    ),
    Case(
        "B17",
        "`kill -9` after the job was created, before the answer to its insertion has come",
        "The program on the client cannot know of its first job, and runs the query a second time.",
        at(INSERT, "stall-for-60s-after-0B"),
        {"exit_code": -9, "rows": "none", "jobs": 1} | GOES_ON,
        interruption=signal.SIGKILL,
    ),
    Case(
        "A15",
        "The second page is answered with 401",
        "No difference: both get one new token and ask for that page again.",
        at_page(2, "return-401"),
        DONE | {"token_requests": 2, "Again.exit_code": 0, "Again.rows": ALL},
    ),
    Case(
        "A17",
        "Six requests that are on their way at once are answered with 401",
        "Six threads that share a client exchange the refresh token once each, where one exchange would do. All rows"
        " come in both.",
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
        "",  # the article has one for all of them
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
        ("the answer to the insertion of the job", 65, at(INSERT, "gzip-bomb-10G")),
        ("the answer of the token host", 65, at(TOKEN, "gzip-bomb-10G")),
    ]
]


class Bench:
    """An emulator with the faults of a case for one of the sides, and what that side does there."""

    def __init__(self, binary: str, case: Case, side: Side, folder: pathlib.Path, foreign: ForeignHost) -> None:
        self.binary, self.case, self.side, self.folder, self.foreign = binary, case, side, folder, foreign
        self.database = folder / "staging.db"

    @contextlib.contextmanager
    def serving(self, faults: dict[str, list[Any]], port: int = 0) -> Iterator[None]:
        """Every call that is counted meets `pass` at least, which the emulator tells."""
        plan = self.folder / "faults.json"
        lists = {method: faults.get(method, []) for method in COUNTED}
        lists[TOKEN].insert(0, "pass")  # the one below
        for instructions in lists.values():
            if not (instructions and instructions[-1].endswith(" always")):
                instructions.append("pass always")
        plan.write_text(json.dumps({"instructions": lists}))
        orders = self.folder / "orders.csv"
        orders.write_text("id,name\n" + "".join(f"{number},{name}\n" for number, name in TRUTH))
        options = [f"--load={TABLE}={orders}", "--page-bytes", str(PAGE_BYTES), "--faults", str(plan)]
        if port:
            options += ["--port", str(port)]
        with bqpull_emulator(self.binary, self.folder, PROJECT, *options, *self.case.emulator) as endpoint:
            self.endpoint: Endpoint = endpoint
            self.token = access_token(endpoint)
            yield

    def both(self) -> tuple[Outcome, Outcome]:
        """The run that meets the fault, and the same command again."""
        with self.serving(self.case.faults(self.side, self.foreign)):
            first = self.run(self.case.interruption)
            if not self.case.is_lasting:
                return first, self.run()
        with self.serving({}, urllib.parse.urlsplit(self.endpoint.url).port or 0):
            return first, self.run()

    @property
    def command(self) -> list[str]:
        wanted = self.case.wanted(self.side)
        url, credentials = self.endpoint.url, str(self.endpoint.credentials)
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
            child = subprocess.Popen(
                self.command, env=plain_environment(self.folder), stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )
            if self.side is GOOGLE:
                resource.prlimit(child.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
            hung = False
            while True:
                # Not Popen.wait: the peak of memory is that of this child only, though at least what this process has,
                # since Linux counts the time before the exec as well.
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
        """The calls that the emulator has told of: their methods, and what they met."""
        log = (self.folder / "server.log").read_text(errors="replace")
        return re.findall(r"^fault: (\S+): (pass|.)", log, re.MULTILINE)

    def jobs(self) -> list[dict[str, Any]]:
        """The states of all jobs of the project; dry runs are none."""
        url = f"{self.endpoint.url}/bigquery/v2/projects/{PROJECT}/jobs?projection=full"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return [job["status"] for job in json.load(answer).get("jobs", [])]

    def rows(self) -> str:
        """How what is in the database compares with what is in the table."""
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
        return f"wrong: {len(rows):,}, of them {len(set(rows) - set(TRUTH)):,} that are not in the table"


def access_token(endpoint: Endpoint) -> str:
    credentials = json.loads(endpoint.credentials.read_text())
    names = "client_id", "client_secret", "refresh_token"
    form = {"grant_type": "refresh_token"} | {name: credentials[name] for name in names}
    with urllib.request.urlopen(credentials["token_uri"], urllib.parse.urlencode(form).encode(), 30) as answer:
        return json.load(answer)["access_token"]


def last_line(text: str) -> str:
    """The line that names the error: the first of bqpull, the last of a Python traceback."""
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
    """A cell of the table."""
    parts = [ending(first), f"rows: {first.rows}", counted(first.jobs, "job")]
    if first.cancelled:
        parts[-1] += ", cancelled"
    elif case.interruption is signal.SIGINT:
        parts[-1] += ", which runs on" if first.running else ", which has ended"
    parts += [counted(first.page_requests, "request") + " for pages", counted(first.token_requests, "token request")]
    parts.append(f"{first.megabytes} MB")
    if case.foreign_host:
        parts.append(f"the other host got {first.foreign}")
    return f"{'; '.join(parts)}. Again: {ending(again)}; rows: {again.rows}; {counted(again.jobs, 'job')} in all"


def table(heads: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, ["---"] * len(heads), *rows])


def compare(binary: str) -> dict[str, str]:
    """The parts of the article that are measured or quoted."""
    faults, bombs = [], []
    for case in CASES + BOMBS:
        both = {side: measured(binary, case, side) for side in (BQPULL, GOOGLE)}
        for side, outcomes in both.items():
            print(case.row, side.name, *outcomes, file=sys.stderr, flush=True)
        if case in CASES:
            faults.append([case.row, case.fault, *(account(case, *both[side]) for side in both), case.reading])
        else:
            cells = [
                f"{ending(first)}, {first.seconds_after_fault:.1f} s after the request; {first.megabytes} MB;"
                f" rows: {first.rows}" + (f"; {first.message}" if side is GOOGLE else "")
                for side, (first, _) in both.items()
            ]
            bombs.append([case.fault, *cells])
    here = pathlib.Path(__file__)
    version = run_bqpull(binary, pathlib.Path(tempfile.gettempdir()), "--version").stdout.strip()
    packages = ("google-cloud-bigquery", "google-api-core", "google-auth", "requests", "urllib3")
    told = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return {
        "versions": f"bqpull {version}; {told}; Python {platform.python_version()}; {time.strftime('%Y-%m-%d')};"
        f" {os.cpu_count()} cores, {platform.system()}.",
        "program": f"```python\n{here.with_name(PROGRAM).read_text()}```",
        "threads": f"```python\n{here.with_name(THREADS).read_text()}```",
        "faults": table(["row", "fault", "bqpull", "the program on Google's client", "reading"], faults),
        "bombs": table(["10 GB in", "bqpull", "the program on Google's client"], bombs),
    }


def main() -> None:
    if len(sys.argv) not in (2, 3):
        sys.exit(f"usage: {sys.argv[0]} BQPULL_BINARY [ARTICLE | --check]")
    binary, *rest = sys.argv[1:]
    # What runs in the background of a shell ignores SIGINT, and so would all that is started from here.
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
