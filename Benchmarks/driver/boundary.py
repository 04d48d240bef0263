"""Measures the boundary check of incremental appends, and prints a table. Run by Benchmarks/boundary.sh."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import sys
from typing import Any

import cases
import measuring
from report import Rounds, Spread, ratio, spread_text
from servers import Server, bqpull_emulator, plain_environment

VARIANTS = ["plain", "incremental"]
#: By variant and round.
Times = dict[str, Rounds]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bqpull", required=True)
    parser.add_argument("--micro", required=True, help="RowBenchmark")
    parser.add_argument("--cache", required=True, type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--overlap", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not 0 < options.overlap <= options.rows or options.rounds < 1:
        parser.error("--overlap must be from 1 to --rows, and --rounds at least 1")

    work = options.cache / "boundary"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    # Stops the emulator too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        micro = measure_publication(os.path.abspath(options.micro), options)
        folder = work / "emulator"
        folder.mkdir()
        with bqpull_emulator(options.bqpull, folder, cases.PROJECT) as server:
            whole = Commands(os.path.abspath(options.bqpull), server, work, options).measure()
    finally:
        shutil.rmtree(work, ignore_errors=True)

    print(f"{options.rows:,} rows in the table; {options.overlap:,} of them are read again, and as many new ones.")
    print("Medians of the rounds in seconds, minimum and maximum in parentheses.")
    print()
    print("|  | plain append | incremental append | ratio |")
    print("| --- | ---: | ---: | ---: |")
    for name, times in {**micro, **whole}.items():
        plain, incremental = (times[variant] for variant in VARIANTS)
        seconds = [spread_text(Spread.of(rounds.values()), "{:.3f}".format) for rounds in (plain, incremental)]
        print(f"| {name} | {seconds[0]} | {seconds[1]} | {ratio(incremental, plain, 2)} |")


def measure_publication(program: str, options: argparse.Namespace) -> dict[str, Times]:
    """The staging library alone, without a service."""
    command = [program, "boundary", str(options.rows), str(options.overlap), str(options.rounds)]
    records = [json.loads(line) for line in measuring.run(command, dict(os.environ)).output.splitlines()]

    def times(member: str) -> Times:
        return {
            variant: {record["round"]: record[member] for record in records if record["variant"] == variant}
            for variant in VARIANTS
        }

    return {"publication": times("publication"), "staging and publication": times("total")}


class Commands:
    """Whole commands, into copies of one database."""

    def __init__(self, bqpull: str, server: Server, work: pathlib.Path, options: argparse.Namespace) -> None:
        self.bqpull = bqpull
        self.server = server
        self.options = options
        self.base = work / "base.db"
        self.scratch = work / "scratch.db"
        self.environment = plain_environment(work / "home")

    def measure(self) -> dict[str, Times]:
        rows, overlap = self.options.rows, self.options.overlap
        self._run(self.base, f"SELECT * FROM `bench.numbers_{rows}`", *self._incremental())
        with sqlite3.connect(f"file:{self.base}?mode=ro", uri=True) as opened:
            query = f"SELECT measured_at FROM {cases.TABLE} WHERE id = ?"
            since = opened.execute(query, [rows - overlap]).fetchone()[0]
        source = f"SELECT * FROM `bench.numbers_{rows + overlap}`"
        commands = {
            "plain": (f"{source} WHERE measured_at >= TIMESTAMP '{since}'", [], rows + 2 * overlap),
            "incremental": (source, [*self._incremental(), "--since", since], rows + overlap),
        }
        wall: Times = {variant: {} for variant in VARIANTS}
        without_query: Times = {variant: {} for variant in VARIANTS}
        # The first round warms up: the emulator generates the rows of the table.
        for number in range(self.options.rounds + 1):
            for variant, (sql, arguments, expected) in commands.items():
                measuring.remove(self.scratch)
                shutil.copyfile(self.base, self.scratch)
                used, report = self._run(self.scratch, sql, *arguments)
                if (stored := measuring.row_count(self.scratch)) != expected:
                    raise SystemExit(f"error: {variant}: {stored} rows instead of {expected}")
                if number > 0:
                    wall[variant][number] = used.wall
                    without_query[variant][number] = used.wall - report["queryDuration"]
        return {"whole command": wall, "whole command, without waiting for the query": without_query}

    def _incremental(self) -> list[str]:
        return ["--incremental", "measured_at", "--load", "nightly"]

    def _run(self, database: pathlib.Path, sql: str, *arguments: str) -> tuple[measuring.Usage, dict[str, Any]]:
        command = [self.bqpull, "query", sql, "--into", str(database), "--table", cases.TABLE]
        command += ["--if-exists", "append", "--endpoint", self.server.url, "--project", cases.PROJECT]
        command += ["--credentials", str(self.server.credentials), "--yes", "--json", "--quiet", *arguments]
        # Otherwise the kernel writes the copy during the command.
        os.sync()
        used = measuring.run(command, self.environment)
        return used, json.loads(used.output)


if __name__ == "__main__":
    main()
