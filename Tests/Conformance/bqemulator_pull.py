#!/usr/bin/env python3
"""Compares what bqpull stages with what Google's client reads, both from bqemulator, in BigQuery's dialect.

Usage: bqemulator_pull.py BQPULL_BINARY
"""

from __future__ import annotations

import contextlib
import importlib.util
import pathlib
import sqlite3
import sys
import tempfile
import time
from typing import Any, Iterator

import duckdb
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from comparison import Checks, Reading, check_staged, column_names
from dialect_queries import CREATE_NUMBERS, GROUPS, NAMES, NUMBERS, TABLES
from pulls import Bqpull, Query
from servers import UVICORN, Server, plain_environment, running

PROJECT = "conformance"
LEAST_QUERIES = 40


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} BQPULL_BINARY")
    checks = Checks("bqemulator")
    with tempfile.TemporaryDirectory(prefix="bqpull-") as name, bqemulator(pathlib.Path(name)) as server:
        witness = Witness(sys.argv[1], pathlib.Path(name), server)
        witness.make_tables()
        for title, queries in GROUPS.items():
            with checks.group(title) as group:
                for query in queries:
                    witness.compare(group, query)
        for title, check in [
            ("tables are listed and shown", witness.check_tables),
            ("column names", witness.check_names),
            ("incremental pulls", witness.check_incremental),
            ("a killed pull is resumed", witness.check_resume),
            ("faults", witness.check_faults),
        ]:
            with checks.group(title) as group:
                check(group)
        with checks.group("number of equal results") as group:
            group.check(witness.equal >= LEAST_QUERIES, f"{witness.equal}, required are {LEAST_QUERIES}")
    checks.finish()


@contextlib.contextmanager
def bqemulator(folder: pathlib.Path) -> Iterator[Server]:
    """bqemulator on a free port, without network access."""
    program = str(pathlib.Path(sys.executable).parent / "bqemulator")
    ports = ("--rest-port", "0", "--grpc-port", "0")
    command = [program, "start", *ports, "--project", PROJECT, "--log-level", "info"]
    environment = plain_environment(folder / "home")
    environment["TMPDIR"] = str(folder)  # otherwise it leaves a folder in /tmp
    environment["BQEMU_ENABLE_FORMAT_EXTENSIONS"] = "false"  # otherwise it connects to extensions.duckdb.org
    _provide_extensions(folder / "home")
    with running(command, UVICORN, folder / "server.log", environment) as server:
        yield server


def _provide_extensions(home: pathlib.Path) -> None:
    """Puts the extensions of DuckDB, installed as Python packages, where DuckDB looks before it downloads."""
    version = f"v{duckdb.__version__}"
    (platform,) = duckdb.execute("PRAGMA platform").fetchone() or ("",)
    folder = home / ".duckdb" / "extensions" / version / platform
    folder.mkdir(parents=True)
    for name in ("icu", "spatial"):
        package = importlib.util.find_spec(f"duckdb_extension_{name}")
        if package is None or package.origin is None:
            raise RuntimeError(f"the package duckdb-extension-{name} is not installed")
        file = f"{name}.duckdb_extension"
        (folder / file).symlink_to(pathlib.Path(package.origin).parent / "extensions" / version / file)


class Witness:
    """bqpull and Google's client on one server."""

    def __init__(self, binary: str, folder: pathlib.Path, server: Server) -> None:
        self.bqpull = Bqpull(binary, folder, server, PROJECT)
        self.folder = folder
        self.equal = 0
        self.client = bigquery.Client(
            project=PROJECT, credentials=AnonymousCredentials(), client_options=ClientOptions(api_endpoint=server.url)
        )

    def make_tables(self) -> None:
        """Creates the tables of `shop` with Google's client."""
        self.client.create_dataset("shop", retry=None)
        for name, (schema, rows) in TABLES.items():
            table = self.client.create_table(bigquery.Table(f"{PROJECT}.shop.{name}", schema=schema), retry=None)
            errors = self.client.insert_rows_json(table, rows, retry=None)
            if errors:
                raise RuntimeError(f"{name}: {errors}")
        self.client.query(CREATE_NUMBERS).result(timeout=60)

    def read(self, query: Query) -> Reading:
        config = bigquery.QueryJobConfig(query_parameters=query.client_parameters)
        job = self.client.query(query.sql, job_config=config, job_retry=None)
        return Reading.of(job.result(job_retry=None, page_size=5000, timeout=60))

    def compare(self, group: Any, query: Query) -> None:
        before = group.passed
        check_staged(group, query.name, self.bqpull.pull(query), self.read(query))
        self.equal += group.passed - before

    def check_tables(self, group: Any) -> None:
        """`bqpull ls` and `bqpull show` report the same as Google's client."""
        self.client.query("CREATE VIEW shop.few AS SELECT id FROM shop.orders WHERE id < 3").result(timeout=60)
        tables = list(self.client.list_tables("shop", retry=None))
        for command, want in [
            (("ls",), [("dataset", dataset.dataset_id) for dataset in self.client.list_datasets(retry=None)]),
            (("ls", "shop"), [("table", table.table_id) for table in tables]),
        ]:
            entries = next(value for value in self.bqpull.report(*command).values() if isinstance(value, list))
            group.equal([(want[0][0], entry[want[0][0]]) for entry in entries], want, " ".join(command))
        for item in tables:
            table = self.client.get_table(item, retry=None)
            shown = self.bqpull.report("show", f"shop.{table.table_id}")
            group.equal(
                (shown["type"], shown.get("rows"), shown.get("etag")),
                (table.table_type, table.num_rows, table.etag),
                f"show shop.{table.table_id}",
            )
            group.equal(
                [field["name"] for field in shown["schema"].get("fields", [])],
                [field.name for field in table.schema],
                f"the columns of shop.{table.table_id}",
            )

    def check_names(self, group: Any) -> None:
        for query in NAMES:
            staged = column_names(self.bqpull.pull(query, database="names.db"))
            group.equal(staged, [field.name for field in self.read(query).schema], query.name)
        # Names in SQLite are case-insensitive.
        query = Query("names that differ in case only", "SELECT 1 AS a, 2 AS A")
        names = [name.lower() for name in column_names(self.bqpull.pull(query, database="names.db"))]
        group.equal(len(set(names)), 2, query.name)

    def check_incremental(self, group: Any) -> None:
        """Pulls rows from a watermark of each type on into a table with a key, while the source changes."""
        columns = "id INT64, day DATE, moment DATETIME, stamp TIMESTAMP, note STRING"
        self.client.query(f"CREATE TABLE shop.changing ({columns})").result(timeout=60)

        def put(number: Any, day: int, note: str) -> None:
            time = f"2024-01-{day:02} 10:00:00.25"
            self.client.query(
                f"INSERT INTO shop.changing VALUES ({number}, DATE '{time[:10]}', DATETIME '{time}', "
                f"TIMESTAMP '{time}+00', '{note}')"
            ).result(timeout=60)

        source = "SELECT * FROM shop.changing -- all of them"
        for step, (number, day, note, inserted, updated) in enumerate(
            [(1, 1, "old", 1, 0), (2, 2, "old", 1, 0), (2, 3, "new", 0, 1), ("NULL", 1, "none", 0, 0)]
        ):
            if note == "new":
                self.client.query("DELETE FROM shop.changing WHERE id = 2").result(timeout=60)
            put(number, day, note)
            for column in ("day", "moment", "stamp"):
                options = ("--incremental", column, "--if-exists", "upsert", "--key", "id", "--table", column)
                done = self.bqpull.pull(Query("changing", source, options=options), database="changing.db")
                what = f"{column}, step {step}"
                group.equal(done.exit_code, 0, f"{what}: {done.messages[-400:]}")
                changed = (done.report.get("rowsInserted"), done.report.get("rowsUpdated"))
                group.equal(changed, (inserted, updated), what)
        with sqlite3.connect(self.folder / "changing.db") as database:
            for column in ("day", "moment", "stamp"):
                rows = database.execute(f'SELECT id, note FROM "{column}" ORDER BY id').fetchall()
                group.equal(rows, [(1, "old"), (2, "new")], column)

    def check_resume(self, group: Any) -> None:
        """After a kill between pages, `bqpull resume` stages the missing rows of the same job."""
        database = self.folder / "killed.db"
        command = ["query", "SELECT n, label FROM shop.numbers ORDER BY n", "--page-rows", "300"]
        killed = self.bqpull.start(*command, "--into", str(database), *self.bqpull.connection())
        while killed.poll() is None and not staged_rows(database):
            time.sleep(0.01)
        killed.kill()
        killed.wait()
        rows = staged_rows(database)
        group.check(0 < rows < NUMBERS, f"{rows} rows were staged before the kill")
        resumed = self.bqpull.report("resume", str(database))
        group.equal(resumed.get("rowsContinued"), rows, "the continued rows")
        group.equal(resumed.get("rowsCopied"), NUMBERS, "all rows")
        with sqlite3.connect(database) as connection:
            staged = connection.execute("SELECT count(*), count(DISTINCT n), min(n), max(n) FROM results").fetchone()
            group.equal(staged, (NUMBERS, NUMBERS, 1, NUMBERS), "the table")
            group.equal(connection.execute("SELECT count(*) FROM _bqpull_runs").fetchone(), (1,), "the runs")

    def check_faults(self, group: Any) -> None:
        """A rejected query and an invalid response leave the staged table unchanged."""
        good = Query("before the faults", "SELECT 1 AS kept")
        group.equal(self.bqpull.pull(good, database="faults.db").exit_code, 0, good.name)
        for name, sql, exit_codes in [
            ("syntax error", "SELEC 1", (3,)),
            ("unknown column", "SELECT nothing FROM shop.orders", (3,)),
            # bqemulator rejects the dry run with accessDenied.
            ("unknown table", "SELECT * FROM shop.nothing", (3, 77)),
            ("no result set", "DELETE FROM shop.customers WHERE FALSE", (64,)),
            ("GEOGRAPHY sent as BYTES", "SELECT ST_GEOGPOINT(1.5, 2) AS point", (65,)),
        ]:
            failed = self.bqpull.pull(Query(name, sql), database="faults.db")
            group.check(failed.exit_code in exit_codes, f"{name}: exit {failed.exit_code}: {failed.messages[-400:]}")
            group.check(failed.messages, f"{name}: no message")
            with failed.open() as database:
                group.equal(database.execute("SELECT * FROM results").fetchall(), [(1,)], f"{name}: the table before")


def staged_rows(database: pathlib.Path) -> int:
    """The committed rows of the unfinished run."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            (rows,) = connection.execute("SELECT max(rows) FROM _bqpull_runs").fetchone()
            return rows or 0
    except sqlite3.OperationalError:  # not created yet, or locked
        return 0


if __name__ == "__main__":
    main()
