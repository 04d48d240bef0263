#!/usr/bin/env python3
"""Runs everything side by side, round by round, and writes results.json, RESULTS.md and the plots.

Started by Benchmarks/run.sh, which makes what is needed.
"""

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

import child
import contenders
import emulator
import machine
import names
import plan
from plan import Case, Plan

#: What is kept of bqpull's own report.
REPORTED = ["pages", "retries", "dataRead", "dataInflated", "dataWritten"]
#: How often a case is run until the emulator has made all its pages.
RUNS_AT_MOST = 4
DRIVER = pathlib.Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bqpull", required=True)
    parser.add_argument("--emulator", help="the bqpull that serves the pages, if it is not the one measured")
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
    # So that the emulators end with this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with Benchmarks(
            os.path.abspath(options.bqpull),
            os.path.abspath(options.emulator or options.bqpull),
            contenders.Floor(str(options.cache / "floor"), child.plain_environment(work / "home")),
            (plan.quick if options.quick else plan.whole)(rounds),
            work,
        ) as benchmarks:
            benchmarks.start()
            benchmarks.warm_up()
            for number in range(1, rounds + 1):
                tell(f"round {number} of {rounds}")
                benchmarks.measure(number)
            results = benchmarks.results()
    finally:
        shutil.rmtree(work, ignore_errors=True)

    results["quick"] = options.quick
    results["minutes"] = round((time.monotonic() - started) / 60, 1)
    output.mkdir(parents=True, exist_ok=True)
    (output / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    # A process of its own, so that matplotlib's memory is never counted as a child's.
    subprocess.run([sys.executable, "-B", str(DRIVER / "report.py"), str(output)], check=True)
    tell(f"{output / 'RESULTS.md'} after {results['minutes']} minutes")


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def is_served(record: dict[str, Any]) -> bool:
    """Whether the emulator has only sent what it had: half a millisecond of CPU a megabyte, and 30 for making one."""
    return record["emulator_cpu"] < 0.05 + 0.002 * record["dataInflated"] / 1e6


class Benchmarks(contextlib.ExitStack):
    def __init__(self, bqpull: str, server: str, floor: contenders.Floor, what: Plan, work: pathlib.Path) -> None:
        super().__init__()
        self.bqpull = bqpull
        self.server = server
        self.floor = floor
        self.plan = what
        self.work = work
        self.environment = child.plain_environment(work / "home")
        self.notes: list[str] = []
        self.records: list[dict[str, Any]] = []
        #: By shape: the page size at which SQLite inserts it fastest.
        self.best_page_size: dict[str, int] = {}
        self.page_size_trial: dict[str, dict[int, float]] = {}
        #: By shape and rows: as many as bqpull has in a page.
        self.page_rows: dict[tuple[str, int], int] = {}
        self.versions = machine.versions(bqpull, floor.program)
        self.parallel = self._offers(bqpull, "query", names.PARALLEL, "nothing is compared with one page after another")
        self.prepares = self._offers(server, "emulator", names.PAGE_CACHE, "its work of making pages is in all times")
        self.emulators: dict[int, emulator.Emulator] = {}

    def start(self) -> None:
        self.emulators = {latency: self._emulator(latency) for latency in sorted({0, *self.plan.latencies})}

    def _offers(self, program: str, command: str, option: str, otherwise: str) -> bool:
        if names.offers(program, command, option):
            return True
        self.notes.append(f"This `bqpull {command}` has no `{option}`: {otherwise}.")
        tell(f"warning: {self.notes[-1]}")
        return False

    def _emulator(self, latency: int) -> emulator.Emulator:
        options: list[str] = []
        if self.prepares:
            options += [names.PAGE_CACHE, names.PAGE_CACHE_SIZE]
        if latency:
            if self._offers(self.server, "emulator", names.PAGE_LATENCY, "every answer waits, not only pages"):
                options += [names.PAGE_LATENCY, str(latency)]
            else:
                options += ["--latency", str(latency)]
        return self.enter_context(emulator.running(self.server, self.work / f"emulator-{latency}", *options))

    def _staged(self, shape: str, rows: int) -> pathlib.Path:
        return self.work / f"{shape}-{rows}.db"

    def _pages(self, shape: str) -> pathlib.Path:
        return self.work / "pages" / shape

    # Once, uncounted

    def warm_up(self) -> None:
        """Does everything once: the emulator has made every page, the contenders have shown that they do the job."""
        tell("warming up, and checking that all store the same")
        for case in self.plan.by_rows():
            staged = self._staged(case.shape, case.rows)
            record = self._run(case, staged)
            self.page_rows[case.shape, case.rows] = math.ceil(case.rows / record["pages"])
        reference = self._staged("numbers", self.plan.reference_rows)
        cells = contenders.digest(reference)
        scratch = self.work / "scratch.db"
        for case in self.plan.compared():
            self._run(case, scratch)
            if case.contender in ("bqpull", "hand_tuned") and contenders.digest(scratch) != cells:
                raise SystemExit(f"error: {case.contender} stored other cells than bqpull before")
        for shape in self.plan.rows:
            self._try_page_sizes(shape, scratch)
            if shape == "numbers" and contenders.digest(scratch) != cells:
                raise SystemExit("error: the floor stored other cells than bqpull")
            rows = self.plan.reference_rows
            self.emulators[0].save_pages(names.query(shape, rows), self.page_rows[shape, rows], self._pages(shape))
        for latency in self.plan.latencies:
            self._run(self.plan.with_latency(latency, None), scratch)

    def _try_page_sizes(self, shape: str, out: pathlib.Path) -> None:
        rows = self.plan.reference_rows
        seconds: dict[int, float] = {}
        for _ in range(2):
            runs = self.floor.insert(self._staged(shape, rows), out, self.page_rows[shape, rows], contenders.PAGE_SIZES)
            for size, run in runs.items():
                seconds[size] = min(run["wall"], seconds.get(size, math.inf))
        self.page_size_trial[shape] = seconds
        self.best_page_size[shape] = min(seconds, key=seconds.__getitem__)

    # Round by round

    def measure(self, number: int) -> None:
        scratch = self.work / "scratch.db"
        reference = ("numbers", self.plan.reference_rows)
        for case in self.plan.compared():
            self._record(number, self._run(case, scratch))
        self._measure_floor(number, *reference)
        for shape in self.plan.rows:
            used = self.floor.inflate(self._pages(shape))
            self._record(number, {"contender": "inflate", "shape": shape, "rows": self.plan.reference_rows, **used})
        for case in self.plan.by_rows():
            if (case.shape, case.rows) == reference:
                continue
            self._record(number, self._run(case, scratch))
            if number == 1 or case.rows <= self.plan.floor_rows_every_round:
                self._measure_floor(number, case.shape, case.rows)
        for latency in self.plan.latencies:
            for parallel in [None, 1] if self.parallel else [None]:
                self._record(number, self._run(self.plan.with_latency(latency, parallel), scratch))
        self._measure_smallest(number, scratch)

    def _measure_floor(self, number: int, shape: str, rows: int) -> None:
        sizes = list(dict.fromkeys([self.best_page_size[shape], 4096]))
        out = self.work / "scratch.db"
        runs = self.floor.insert(self._staged(shape, rows), out, self.page_rows[shape, rows], sizes)
        for run in runs.values():
            self._record(number, {"contender": "floor", "shape": shape, "rows": rows, **run})
        contenders.remove(out)

    def _measure_smallest(self, number: int, database: pathlib.Path) -> None:
        """What a pull costs that has nothing to pull, and the process alone."""
        service = self.emulators[0]
        one = contenders.command(Case("bqpull", "numbers", 1), self.bqpull, service, database)
        one[one.index("query") + 1] = "SELECT 1"
        contenders.remove(database)
        self._record(number, {"contender": "select_1", **self._used(one, service)})
        contenders.remove(database)
        self._record(number, {"contender": "version", **self._used([self.bqpull, "--version"], service)})

    def _run(self, case: Case, database: pathlib.Path) -> dict[str, Any]:
        """Runs a contender, and once more if the emulator was busy with pages that it had not made before.

        It asks for pages by the size of those that have arrived, which is not the same in every run.
        """
        for _ in range(RUNS_AT_MOST):
            record = self._run_once(case, database)
            if case.contender != "bqpull" or not self.prepares or is_served(record):
                return record
        self.notes.append(f"{case.shape}, {case.rows:,} rows: the emulator was still making pages.")
        return record

    def _run_once(self, case: Case, database: pathlib.Path) -> dict[str, Any]:
        """Runs a contender into a new database, which is left there, and checks that all rows are in it."""
        service = self.emulators[case.latency]
        contenders.remove(database)
        used = self._used(contenders.command(case, self.bqpull, service, database), service)
        stored = contenders.row_count(database)
        if stored != case.rows:
            raise SystemExit(f"error: {case}: {stored} rows were stored")
        output = used.pop("output")
        if case.contender != "bqpull":
            return {**asdict(case), **used}
        report = json.loads(output)
        return {**asdict(case), **used, **{name: report[name] for name in REPORTED}}

    def _used(self, command: list[str], service: emulator.Emulator) -> dict[str, Any]:
        # What others have written must not be written while this one runs.
        os.sync()
        before = service.cpu()
        used = child.run(command, self.environment)
        return {**asdict(used), "emulator_cpu": round(service.cpu() - before, 2)}

    def _record(self, number: int, record: dict[str, Any]) -> None:
        record = {"round": number, **record}
        record.pop("output", None)
        self.records.append(record)
        what = " ".join(str(record[name]) for name in ("contender", "shape", "rows", "page_size") if name in record)
        if record.get("page_rows"):
            what += f" {record['latency']} ms {'parallel 1' if record['parallel'] else 'default'}"
        tell(f"  {what:42} {record['wall']:8.3f} s  {record['cpu']:8.3f} s CPU")

    def results(self) -> dict[str, Any]:
        return {
            "machine": machine.machine(self.work),
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
