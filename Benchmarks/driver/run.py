"""Measures all contenders in rounds, and writes results.json, RESULTS.md and the plots. Run by Benchmarks/run.sh."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

import cases
import measuring
from cases import Case, Plan
from servers import Server, bqpull_emulator, plain_environment

#: The members of bqpull's report that are kept.
REPORTED = ["pages", "retries", "dataRead", "dataInflated", "dataWritten"]
#: The emulator generates new pages in the first runs of a case.
MAX_ATTEMPTS = 4
#: The bytes of all compressed pages.
PAGE_CACHE = "6000000000"
DRIVER = pathlib.Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bqpull", required=True)
    parser.add_argument("--emulator", help="the bqpull that serves the pages; defaults to the measured one")
    parser.add_argument("--cache", required=True, type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--output", type=pathlib.Path)
    options = parser.parse_args()
    rounds = options.rounds or (2 if options.quick else 5)
    output = options.output or (options.cache / "quick" if options.quick else DRIVER.parent)

    work = options.cache / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    started = time.monotonic()
    # Stops the emulators too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with Benchmarks(
            os.path.abspath(options.bqpull),
            os.path.abspath(options.emulator or options.bqpull),
            str(options.cache / "floor"),
            (cases.quick if options.quick else cases.whole)(rounds),
            work,
        ) as benchmarks:
            benchmarks.start()
            benchmarks.warm_up()
            for number in range(1, rounds + 1):
                log(f"round {number} of {rounds}")
                benchmarks.measure(number)
            results = benchmarks.results()
    finally:
        shutil.rmtree(work, ignore_errors=True)

    results["quick"] = options.quick
    results["minutes"] = round((time.monotonic() - started) / 60, 1)
    output.mkdir(parents=True, exist_ok=True)
    (output / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    # A separate process, since the measured children would inherit the memory of matplotlib.
    subprocess.run([sys.executable, "-B", str(DRIVER / "report.py"), str(output)], check=True)
    log(f"{output / 'RESULTS.md'} after {results['minutes']} minutes")


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def is_from_cache(record: dict[str, Any]) -> bool:
    """Whether the emulator generated no page: sending takes 0.5 ms of CPU per megabyte, generating 30 ms."""
    return record["emulator_cpu"] < 0.05 + 0.002 * record["dataInflated"] / 1e6


class Benchmarks(contextlib.ExitStack):
    def __init__(self, bqpull: str, server: str, floor: str, plan: Plan, work: pathlib.Path) -> None:
        super().__init__()
        self.bqpull = bqpull
        self.server = server
        self.plan = plan
        self.work = work
        self.scratch = work / "scratch.db"
        self.environment = plain_environment(work / "home")
        self.floor = measuring.Floor(floor, self.environment)
        self.notes: list[str] = []
        self.records: list[dict[str, Any]] = []
        #: By shape: the page size with the fastest insertion.
        self.best_page_size: dict[str, int] = {}
        self.page_size_trial: dict[str, dict[int, float]] = {}
        #: By shape and rows: the rows of bqpull's pages.
        self.page_rows: dict[tuple[str, int], int] = {}
        self.versions = measuring.versions(bqpull, floor)
        self.emulators: dict[int, Server] = {}

    def start(self) -> None:
        for latency in sorted({0, *self.plan.latencies}):
            folder = self.work / f"emulator-{latency}"
            folder.mkdir()
            options = ["--page-cache", PAGE_CACHE, *(["--page-latency", str(latency)] if latency else [])]
            emulator = bqpull_emulator(self.server, folder, cases.PROJECT, *options)
            self.emulators[latency] = self.enter_context(emulator)

    def _staged(self, shape: str, rows: int) -> pathlib.Path:
        return self.work / f"{shape}-{rows}.db"

    def _pages(self, shape: str) -> pathlib.Path:
        return self.work / "pages" / shape

    # The uncounted round

    def warm_up(self) -> None:
        """Fills the page cache of the emulators, and checks that all contenders store the same cells."""
        log("warming up, and comparing the stored cells")
        for case in self.plan.by_rows():
            record = self._run(case, self._staged(case.shape, case.rows))
            self.page_rows[case.shape, case.rows] = math.ceil(case.rows / record["pages"])
        rows = self.plan.reference_rows
        expected = measuring.digest(self._staged("numbers", rows))
        for case in self.plan.compared():
            self._run(case, self.scratch)
            if case.contender in ("bqpull", "hand_tuned") and measuring.digest(self.scratch) != expected:
                raise SystemExit(f"error: the cells of {case.contender} differ from the first pull")
        for shape in self.plan.rows:
            self._try_page_sizes(shape)
            if shape == "numbers" and measuring.digest(self.scratch) != expected:
                raise SystemExit("error: the cells of the floor differ from bqpull's")
            sql = cases.query(shape, rows)
            measuring.save_pages(self.emulators[0], sql, self.page_rows[shape, rows], self._pages(shape))
        for latency in self.plan.latencies:
            self._run(self.plan.with_latency(latency, None), self.scratch)

    def _try_page_sizes(self, shape: str) -> None:
        rows = self.plan.reference_rows
        staged, page_rows = self._staged(shape, rows), self.page_rows[shape, rows]
        seconds: dict[int, float] = {}
        for _ in range(2):
            for size, run in self.floor.insert(staged, self.scratch, page_rows, cases.PAGE_SIZES).items():
                seconds[size] = min(run["wall"], seconds.get(size, math.inf))
        self.page_size_trial[shape] = seconds
        self.best_page_size[shape] = min(seconds, key=seconds.__getitem__)

    # Rounds

    def measure(self, number: int) -> None:
        reference = ("numbers", self.plan.reference_rows)
        for case in self.plan.compared():
            self._record(number, self._run(case, self.scratch))
        self._measure_floor(number, *reference)
        for shape in self.plan.rows:
            used = self.floor.inflate(self._pages(shape))
            self._record(number, {"contender": "inflate", "shape": shape, "rows": self.plan.reference_rows, **used})
        for case in self.plan.by_rows():
            if (case.shape, case.rows) == reference:
                continue
            self._record(number, self._run(case, self.scratch))
            if number == 1 or case.rows <= self.plan.floor_rows_every_round:
                self._measure_floor(number, case.shape, case.rows)
        for latency in self.plan.latencies:
            for parallel in [None, 1]:
                self._record(number, self._run(self.plan.with_latency(latency, parallel), self.scratch))
        self._measure_smallest(number)

    def _measure_floor(self, number: int, shape: str, rows: int) -> None:
        sizes = list(dict.fromkeys([self.best_page_size[shape], 4096]))
        runs = self.floor.insert(self._staged(shape, rows), self.scratch, self.page_rows[shape, rows], sizes)
        for run in runs.values():
            self._record(number, {"contender": "floor", "shape": shape, "rows": rows, **run})
        measuring.remove(self.scratch)

    def _measure_smallest(self, number: int) -> None:
        """Measures a pull of one row, and a process without a pull."""
        server = self.emulators[0]
        smallest = Case("bqpull", "numbers", 1).command(self.bqpull, server, self.scratch, "SELECT 1")
        for name, command in [("select_1", smallest), ("version", [self.bqpull, "--version"])]:
            measuring.remove(self.scratch)
            self._record(number, {"contender": name, **self._used(command, server)})

    def _run(self, case: Case, database: pathlib.Path) -> dict[str, Any]:
        """Runs a case until all its pages come from the cache.

        bqpull adjusts the size of its pages to those that have arrived, so that it differs between runs.
        """
        for _ in range(MAX_ATTEMPTS):
            record = self._run_once(case, database)
            if case.contender != "bqpull" or is_from_cache(record):
                return record
        self.notes.append(f"{case.shape}, {case.rows:,} rows: the emulator still generated pages.")
        return record

    def _run_once(self, case: Case, database: pathlib.Path) -> dict[str, Any]:
        """Runs a case into a new database, and checks the number of its rows."""
        server = self.emulators[case.latency]
        measuring.remove(database)
        used = self._used(case.command(self.bqpull, server, database), server)
        stored = measuring.row_count(database)
        if stored != case.rows:
            raise SystemExit(f"error: {case}: {stored} rows were stored")
        output = used.pop("output")
        if case.contender != "bqpull":
            return {**asdict(case), **used}
        report = json.loads(output)
        return {**asdict(case), **used, **{name: report[name] for name in REPORTED}}

    def _used(self, command: list[str], server: Server) -> dict[str, Any]:
        # Otherwise the kernel writes the pages of earlier runs during this one.
        os.sync()
        before = measuring.cpu_of(server)
        used = measuring.run(command, self.environment)
        return {**asdict(used), "emulator_cpu": round(measuring.cpu_of(server) - before, 2)}

    def _record(self, number: int, record: dict[str, Any]) -> None:
        record = {"round": number, **record}
        record.pop("output", None)
        self.records.append(record)
        name = " ".join(str(record[name]) for name in ("contender", "shape", "rows", "page_size") if name in record)
        if record.get("page_rows"):
            name += f" {record['latency']} ms {'parallel 1' if record['parallel'] else 'default'}"
        log(f"  {name:42} {record['wall']:8.3f} s  {record['cpu']:8.3f} s CPU")

    def results(self) -> dict[str, Any]:
        return {
            "machine": measuring.machine(self.work),
            "versions": self.versions,
            "plan": asdict(self.plan),
            "notes": list(dict.fromkeys(self.notes)),
            "page_size_trial": self.page_size_trial,
            "best_page_size": self.best_page_size,
            "page_rows": {f"{shape}_{rows}": count for (shape, rows), count in self.page_rows.items()},
            "records": self.records,
        }


if __name__ == "__main__":
    main()
