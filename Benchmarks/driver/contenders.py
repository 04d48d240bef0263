"""How each contender is started, and whether it did the job."""

from __future__ import annotations

import hashlib
import json
import pathlib
import sqlite3
import sys
from typing import Any

import child
import names
from emulator import Emulator
from plan import Case

TABLE = "results"
PEERS = pathlib.Path(__file__).resolve().parent.parent / "peers"
PAGE_SIZES = [1024, 2048, 4096, 8192, 16384, 32768, 65536]


def command(case: Case, bqpull: str, emulator: Emulator, database: pathlib.Path) -> list[str]:
    place = ["--endpoint", emulator.url, "--credentials", str(emulator.credentials), "--project", names.PROJECT]
    sql = names.query(case.shape, case.rows)
    if case.contender != "bqpull":
        return [sys.executable, "-B", str(PEERS / f"{case.contender}.py"), *place, sql, str(database)]
    options = ["--json", "--quiet"]
    if case.parallel is not None:
        options += [names.PARALLEL, str(case.parallel)]
    if case.page_rows is not None:
        options += [names.PAGE_ROWS, str(case.page_rows)]
    return [bqpull, "query", sql, "--into", str(database), "--table", TABLE, *place, *options]


def remove(database: pathlib.Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        pathlib.Path(f"{database}{suffix}").unlink(missing_ok=True)


def row_count(database: pathlib.Path) -> int:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as opened:
        return opened.execute(f"SELECT count(*) FROM {TABLE}").fetchone()[0]


def digest(database: pathlib.Path) -> str:
    """All cells with their storage classes, in the order of the rows."""
    sha = hashlib.sha256()
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as opened:
        for row in opened.execute(f"SELECT * FROM {TABLE}"):
            sha.update(repr(row).encode("utf-8", "surrogatepass"))
    return sha.hexdigest()


class Floor:
    """floor.c, compiled."""

    def __init__(self, program: str, environment: dict[str, str]) -> None:
        self.program = program
        self.environment = environment

    def inflate(self, pages: pathlib.Path) -> dict[str, Any]:
        """One pass over the pages of a folder."""
        told = json.loads(child.run([self.program, "inflate", str(pages), "--passes", "1"], self.environment).output)
        return {**told.pop("passes")[0], **told}

    def insert(
        self, staged: pathlib.Path, out: pathlib.Path, rows_per_transaction: int, page_sizes: list[int]
    ) -> dict[int, dict[str, Any]]:
        """Inserts the cells of a staged table with each page size."""
        remove(out)
        told = child.run(
            [
                self.program,
                "insert",
                str(staged),
                TABLE,
                str(out),
                "--rows-per-transaction",
                str(rows_per_transaction),
                "--page-sizes",
                ",".join(map(str, page_sizes)),
            ],
            self.environment,
        )
        return {run["page_size"]: run for run in json.loads(told.output)["runs"]}
