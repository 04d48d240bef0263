"""What is measured, at which sizes, and the command of each case."""

from __future__ import annotations

import pathlib
import sys
from dataclasses import dataclass
from typing import Iterator, Optional

from servers import Server

PROJECT = "benchmarks"
#: The table that every contender creates.
TABLE = "results"
#: The shapes of rows; the emulator has a table `bench.SHAPE_ROWS` for every number of rows.
SHAPES = {
    "numbers": "16 narrow columns, most of them numbers",
    "texts": "wide text with escapes and many scripts",
    "nested": "structs and arrays, several deep",
}
PEERS = ["google_client", "pandas_to_sql", "hand_tuned"]
PAGE_SIZES = [1024, 2048, 4096, 8192, 16384, 32768, 65536]
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "peers"


def query(shape: str, rows: int) -> str:
    return f"SELECT * FROM `bench.{shape}_{rows}`"


@dataclass(frozen=True)
class Case:
    """One contender and its query."""

    contender: str
    shape: str
    rows: int
    latency: int = 0
    parallel: Optional[int] = None
    page_rows: Optional[int] = None

    def command(self, bqpull: str, server: Server, database: pathlib.Path, sql: Optional[str] = None) -> list[str]:
        sql = sql or query(self.shape, self.rows)
        connection = ["--endpoint", server.url, "--credentials", str(server.credentials), "--project", PROJECT]
        if self.contender != "bqpull":
            # pandas is a mode of google_client.py.
            name = "google_client" if self.contender == "pandas_to_sql" else self.contender
            mode = ["--pandas"] if self.contender == "pandas_to_sql" else []
            return [sys.executable, "-B", str(FOLDER / f"{name}.py"), *connection, *mode, sql, str(database)]
        options = ["--json", "--quiet"]
        if self.parallel is not None:
            options += ["--parallel", str(self.parallel)]
        if self.page_rows is not None:
            options += ["--page-rows", str(self.page_rows)]
        return [bqpull, "query", sql, "--into", str(database), "--table", TABLE, *connection, *options]


@dataclass(frozen=True)
class Plan:
    rounds: int
    #: The number of rows of the comparison with peers.
    reference_rows: int
    rows: dict[str, list[int]]
    #: Delays of a page, in milliseconds.
    latencies: list[int]
    latency_pages: int
    #: Larger tables are measured against the floor in the first round only.
    floor_rows_every_round: int

    def compared(self) -> Iterator[Case]:
        """bqpull and its peers."""
        for contender in ["bqpull", *PEERS]:
            yield Case(contender, "numbers", self.reference_rows)

    def by_rows(self) -> Iterator[Case]:
        """bqpull with all shapes and numbers of rows."""
        for shape, sizes in self.rows.items():
            for rows in sizes:
                yield Case("bqpull", shape, rows)

    def with_latency(self, latency: int, parallel: Optional[int]) -> Case:
        page_rows = self.reference_rows // self.latency_pages
        return Case("bqpull", "numbers", self.reference_rows, latency, parallel, page_rows)


def whole(rounds: int) -> Plan:
    # Fewer wide rows, so that the run takes less than twenty minutes.
    wide = [100_000, 500_000, 1_000_000]
    sizes = {"numbers": [*wide, 5_000_000], "texts": wide, "nested": wide}
    return Plan(rounds, 500_000, sizes, [0, 100, 1000], latency_pages=20, floor_rows_every_round=500_000)


def quick(rounds: int) -> Plan:
    """Sizes that only show that everything works."""
    sizes = {"numbers": [1000, 5000, 10_000, 50_000], "texts": [1000, 5000], "nested": [1000, 5000]}
    return Plan(rounds, 5000, sizes, [0, 10, 100], latency_pages=20, floor_rows_every_round=5000)
