#!/usr/bin/env python3
"""Second witness: bqpull pulls BigQuery's dialect from bqemulator, and stages what Google's client reads there.

Usage: bqemulator_pull.py BQPULL_BINARY
"""

from __future__ import annotations

import pathlib
import sys
import tempfile
from typing import Any

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

import shop
from checks import Checks
from comparison import Reading, check_staged, column_names
from dialect_queries import GROUPS, NAMES
from query import Query
from servers import Endpoint, bqemulator, pull, told

PROJECT = "conformance"
LEAST_QUERIES = 40


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} BQPULL_BINARY")
    checks = Checks("bqemulator")
    with (
        tempfile.TemporaryDirectory(prefix="bqpull-") as name,
        bqemulator(pathlib.Path(name), PROJECT) as endpoint,
    ):
        witness = Witness(sys.argv[1], pathlib.Path(name), endpoint)
        witness.make_tables()
        for title, queries in GROUPS.items():
            with checks.group(title) as group:
                for query in queries:
                    witness.compare(group, query)
        with checks.group("tables are shown") as group:
            witness.check_tables(group)
        with checks.group("names survive") as group:
            witness.check_names(group)
        with checks.group("faults") as group:
            witness.check_faults(group)
        with checks.group("how many queries were equal") as group:
            group.check(witness.equal >= LEAST_QUERIES, f"{witness.equal}, at least {LEAST_QUERIES} are due")
    checks.finish()


class Witness:
    def __init__(self, binary: str, folder: pathlib.Path, endpoint: Endpoint) -> None:
        self.binary = binary
        self.folder = folder
        self.endpoint = endpoint
        self.equal = 0
        self.client = bigquery.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),
            client_options=ClientOptions(api_endpoint=endpoint.url),
        )

    def make_tables(self) -> None:
        """Tables and rows by way of Google's client, so that the server holds what a user would put there."""
        self.client.create_dataset("shop", retry=None)
        for name, (schema, rows) in shop.TABLES.items():
            table = self.client.create_table(bigquery.Table(f"{PROJECT}.shop.{name}", schema=schema), retry=None)
            errors = self.client.insert_rows_json(table, rows, retry=None)
            if errors:
                raise RuntimeError(f"{name}: {errors}")
        self.client.query(shop.CREATE_NUMBERS).result(timeout=60)

    def read(self, query: Query) -> Reading:
        config = bigquery.QueryJobConfig(query_parameters=query.client_parameters)
        job = self.client.query(query.sql, job_config=config, job_retry=None)
        return Reading.of(job.result(job_retry=None, page_size=5000, timeout=60))

    def pull(self, query: Query, database: str) -> Any:
        return pull(self.binary, self.endpoint, PROJECT, query.sql, self.folder / database, *query.bqpull_options)

    def compare(self, group: Any, query: Query) -> None:
        before = group.passed
        check_staged(group, query.name, self.pull(query, "staging.db"), self.read(query))
        self.equal += group.passed - before

    def check_tables(self, group: Any) -> None:
        """`bqpull ls` and `bqpull show` tell what Google's client does."""
        self.client.query("CREATE VIEW shop.few AS SELECT id FROM shop.orders WHERE id < 3").result(timeout=60)
        tables = list(self.client.list_tables("shop", retry=None))
        for command, want in [
            (("ls",), [("dataset", dataset.dataset_id) for dataset in self.client.list_datasets(retry=None)]),
            (("ls", "shop"), [("table", table.table_id) for table in tables]),
        ]:
            entries = next(value for value in self.told(*command).values() if isinstance(value, list))
            group.equal([(want[0][0], entry[want[0][0]]) for entry in entries], want, " ".join(command))
        for item in tables:
            table = self.client.get_table(item, retry=None)
            shown = self.told("show", f"shop.{table.table_id}")
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

    def told(self, *arguments: str) -> Any:
        return told(self.binary, self.endpoint, PROJECT, self.folder, *arguments)

    def check_names(self, group: Any) -> None:
        for query in NAMES:
            staged = column_names(self.pull(query, "names.db"))
            group.equal(staged, [field.name for field in self.read(query).schema], query.name)
        # SQLite's names do not tell case apart.
        query = Query("names that differ in case only", "SELECT 1 AS a, 2 AS A")
        names = [name.lower() for name in column_names(self.pull(query, "names.db"))]
        group.equal(len(set(names)), 2, query.name)

    def check_faults(self, group: Any) -> None:
        """What the server refuses, and what it answers wrongly, leaves the staged table as it was."""
        good = Query("before the faults", "SELECT 1 AS kept")
        group.equal(self.pull(good, "faults.db").exit_code, 0, good.name)
        for name, sql, exit_codes in [
            ("syntax error", "SELEC 1", (3,)),
            ("unknown column", "SELECT nothing FROM shop.orders", (3,)),
            (
                "unknown table",
                "SELECT * FROM shop.nothing",
                (3, 77),
            ),  # bqemulator's dry run answers accessDenied
            ("no result set", "DELETE FROM shop.customers WHERE FALSE", (64,)),
            ("GEOGRAPHY that is called BYTES", "SELECT ST_GEOGPOINT(1.5, 2) AS point", (65,)),
        ]:
            failed = self.pull(Query(name, sql), "faults.db")
            group.check(failed.exit_code in exit_codes, f"{name}: exit {failed.exit_code}: {failed.messages[-400:]}")
            group.check(failed.messages, f"{name}: no message")
            with failed.open() as database:
                group.equal(database.execute("SELECT * FROM results").fetchall(), [(1,)], f"{name}: the table before")


if __name__ == "__main__":
    main()
