#!/usr/bin/env python3
"""Compares what bqpull stages with what Google's Python client reads, both from `bqpull emulator`.

The client is unmodified: google-auth refreshes the credentials that the emulator wrote, as it does with Google.

Usage: google_client.py BQPULL_BINARY
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import signal
import sqlite3
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import replace
from typing import Any, Iterator

from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.cloud import bigquery
from google.cloud.bigquery.enums import QueryApiMethod
from google.oauth2.credentials import Credentials

from comparison import Checks, Group, Reading, check_staged, problems_of
from credentials import authorized_user
from pulls import Bqpull, Pull, Query
from servers import Server, bqpull_emulator

PROJECT = "conformance"
TIMEOUT = 60
RETRY = bigquery.DEFAULT_RETRY.with_timeout(20)
MANY_ROWS = 20_000

TRIPS = Query("every type", "SELECT * FROM `bench.trips_500`")

QUERIES = [
    TRIPS,
    Query("table by its full name", f"SELECT * FROM `{PROJECT}.bench.trips_50`"),
    Query("some columns", "SELECT trip_id, rider, stops, distance_km FROM `bench.trips_500` WHERE trip_id % 3 = 0"),
    Query("one row", "SELECT * FROM `bench.trips_1`"),
    Query("no rows", "SELECT * FROM `bench.trips_500` WHERE trip_id < 0"),
    Query("empty table", "SELECT * FROM `bench.trips_0`"),
    Query("expressions", "SELECT 1 AS one, 2.5 AS half, 'é\"' AS word, 9223372036854775807 AS most"),
    Query("aggregate", "SELECT vendor, COUNT(*) AS trips FROM `bench.trips_500` GROUP BY vendor ORDER BY vendor"),
    Query(
        "join",
        "SELECT a.trip_id, b.vendor, b.tags FROM `bench.trips_50` AS a JOIN `bench.trips_500` AS b"
        " ON b.trip_id = a.trip_id * 2 ORDER BY a.trip_id",
    ),
    Query(
        "common table expression",
        "WITH dear AS (SELECT trip_id, fare FROM `bench.trips_500` WHERE fare IS NOT NULL)"
        " SELECT * FROM dear ORDER BY trip_id DESC",
    ),
    Query(
        "window function",
        "SELECT trip_id, ROW_NUMBER() OVER (PARTITION BY vendor ORDER BY trip_id) AS n FROM `bench.trips_50`"
        " ORDER BY trip_id",
    ),
]

PARAMETERS = [
    Query("named INT64", "SELECT * FROM `bench.trips_500` WHERE trip_id >= @least", ("least:INT64:490",)),
    Query(
        "named STRING",
        "SELECT trip_id FROM `bench.trips_500` WHERE vendor = @vendor",
        ('vendor:STRING:O\'Hara "Fast"',),
    ),
    Query("named twice", "SELECT trip_id FROM `bench.trips_50` WHERE trip_id = @n OR trip_id = @n + 1", ("n:INT64:7",)),
    Query("named DATE", "SELECT trip_id FROM `bench.trips_500` WHERE pickup_date < @day", ("day:DATE:2014-01-01",)),
    Query("named FLOAT64", "SELECT trip_id FROM `bench.trips_500` WHERE distance_km > @far", ("far:FLOAT64:39.5",)),
    Query("named BOOL", "SELECT trip_id FROM `bench.trips_500` WHERE paid_by_card = @card", ("card:BOOL:false",)),
    Query(
        "positional", "SELECT trip_id FROM `bench.trips_500` WHERE trip_id BETWEEN ? AND ?", (":INT64:3", ":INT64:9")
    ),
]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} BQPULL_BINARY")
    checks = Checks("google-cloud-bigquery")
    with emulator(sys.argv[1]) as witness:
        for name, body in [
            ("the credentials file is refreshed", witness.check_credentials),
            ("queries by jobs.insert and jobs.query", witness.check_queries),
            ("page sizes", witness.check_page_sizes),
            ("parameters", witness.check_parameters),
            ("tables and datasets", witness.check_tables),
            ("dry run", witness.check_dry_run),
            ("job ids and labels", witness.check_jobs),
            ("errors of queries", witness.check_query_errors),
            ("errors of credentials", witness.check_credential_errors),
            (f"{MANY_ROWS:,} rows", witness.check_many_rows),
        ]:
            with checks.group(name) as group:
                body(group)
    with checks.group("short pages") as group, emulator(sys.argv[1], "--page-bytes", "20000") as witness:
        witness.check_short_pages(group)
    with checks.group("a slow job") as group, emulator(sys.argv[1], "--job-time", "2500") as witness:
        witness.check_running_job(group)
    with tempfile.TemporaryDirectory(prefix="bqpull-") as name:
        files = write_shop(pathlib.Path(name))
        with (
            checks.group("lists, views, partitions and changing tables") as group,
            emulator(sys.argv[1], *(f"--load=shop.{table}={file}" for table, file in files.items())) as witness,
        ):
            witness.check_catalog(group, files)
    with checks.group("credentials exchanged with google-auth") as group, emulator(sys.argv[1]) as witness:
        witness.check_exchanged_credentials(group)
    with checks.group("no authentication") as group, emulator(sys.argv[1], "--no-auth") as witness:
        witness.check_no_auth(group)
    checks.finish()


@contextlib.contextmanager
def emulator(binary: str, *options: str) -> Iterator["Witness"]:
    with tempfile.TemporaryDirectory(prefix="bqpull-") as name:
        folder = pathlib.Path(name)
        with bqpull_emulator(binary, folder, PROJECT, *options) as server:
            yield Witness(binary, folder, server)


class Witness:
    """bqpull and Google's client on one server."""

    def __init__(self, binary: str, folder: pathlib.Path, server: Server) -> None:
        self.bqpull = Bqpull(binary, folder, server, PROJECT)
        self.folder = folder
        self.server = server
        self.client = self.client_with(authorized_user(server.credentials))

    def client_with(self, credentials: Any) -> bigquery.Client:
        options = ClientOptions(api_endpoint=self.server.url)
        return bigquery.Client(project=PROJECT, credentials=credentials, client_options=options)

    def read(self, query: Query, method: QueryApiMethod = QueryApiMethod.INSERT, page_size: Any = None) -> Reading:
        config = bigquery.QueryJobConfig(query_parameters=query.client_parameters)
        job = self.client.query(
            query.sql, job_config=config, api_method=method, retry=RETRY, job_retry=None, timeout=TIMEOUT
        )
        return Reading.of(job.result(page_size=page_size, retry=RETRY, job_retry=None, timeout=TIMEOUT))

    def pull(self, query: Query, *options: str) -> Pull:
        return self.bqpull.pull(query, *options)

    def bqpull_with(self, credentials: pathlib.Path) -> Bqpull:
        return replace(self.bqpull, server=replace(self.server, credentials=credentials))

    def check_credentials(self, group: Group) -> None:
        path = self.server.credentials
        group.equal(path.stat().st_mode & 0o777, 0o600, "mode of the credentials file")
        # google-auth itself reads the same values, except the token endpoint.
        from_file = Credentials.from_authorized_user_file(str(path))
        credentials = authorized_user(path)
        for name in "client_id", "client_secret", "refresh_token", "quota_project_id":
            group.equal(getattr(from_file, name), getattr(credentials, name), name)
        group.check(not credentials.token, "a token before the first refresh")
        client = self.client_with(credentials)
        rows = list(client.query("SELECT 1 AS one", retry=RETRY, job_retry=None).result(retry=RETRY))
        group.equal([row.values() for row in rows], [(1,)], "the row")
        group.check(credentials.valid and credentials.token, "no valid token after the query")
        group.check(credentials.expiry is not None, "the token has no expiry")

    def check_exchanged_credentials(self, group: Group) -> None:
        """google-auth refreshes what bqpull exports, and bqpull imports what google-auth writes."""

        def bqpull(*arguments: str) -> None:
            done = self.bqpull.run(*arguments)
            group.equal(done.returncode, 0, f"{' '.join(arguments)}: {done.stderr[-400:]}")

        given = authorized_user(self.server.credentials)
        bqpull("auth", "import", str(self.server.credentials))
        exported = self.folder / "exported.json"
        bqpull("auth", "export", "--for", "authorized-user", "--output", str(exported))
        group.equal(exported.stat().st_mode & 0o777, 0o600, "mode of the exported file")
        stored = self.folder / "home" / ".config" / "bqpull" / "credentials.json"
        for path in exported, stored:
            from_file = Credentials.from_authorized_user_file(str(path))
            for name in "client_id", "client_secret", "refresh_token", "quota_project_id":
                group.equal(getattr(from_file, name), getattr(given, name), f"{name} in {path.name}")
            credentials = authorized_user(path)
            credentials.refresh(Request())
            group.check(credentials.valid, f"google-auth does not refresh {path.name}")
            rows = self.client_with(credentials).query("SELECT 1 AS one", retry=RETRY, job_retry=None)
            group.equal([row.values() for row in rows.result(retry=RETRY)], [(1,)], f"the row with {path.name}")

        written = self.folder / "google-auth.json"
        written.write_text(credentials.to_json())
        bqpull("auth", "import", str(written), "--profile", "google-auth", "--project", PROJECT)
        bqpull("auth", "test", "--profile", "google-auth")
        bqpull("auth", "revoke", "--yes", "--profile", "google-auth")
        with group.raises(RefreshError, "expired or revoked", "google-auth with a token revoked by bqpull"):
            authorized_user(exported).refresh(Request())

    def check_queries(self, group: Group) -> None:
        for query in QUERIES:
            pulled = self.pull(query)
            for method in QueryApiMethod.INSERT, QueryApiMethod.QUERY:
                check_staged(group, f"{query.name} by {method.name}", pulled, self.read(query, method))
            rows = self.client.query_and_wait(query.sql, retry=RETRY, job_retry=None, wait_timeout=TIMEOUT)
            check_staged(group, f"{query.name} by query_and_wait", pulled, Reading.of(rows))

    def check_page_sizes(self, group: Group) -> None:
        pulled = self.pull(TRIPS)
        for size in 1, 7, 100, 499, 500, 501:
            by_insert = self.read(TRIPS, page_size=size)
            rows = self.client.query_and_wait(
                TRIPS.sql, page_size=size, retry=RETRY, job_retry=None, wait_timeout=TIMEOUT
            )
            for name, reading in [("query", by_insert), ("query_and_wait", Reading.of(rows))]:
                check_staged(group, f"{name} in pages of {size}", pulled, reading)
                group.equal(reading.pages, -(-500 // size), f"pages of {size} by {name}")
            check_staged(group, f"bqpull's pages of {size}", self.pull(TRIPS, "--page-rows", str(size)), by_insert)

    def check_parameters(self, group: Group) -> None:
        for query in PARAMETERS:
            pulled = self.pull(query)
            for method in QueryApiMethod.INSERT, QueryApiMethod.QUERY:
                reading = self.read(query, method)
                check_staged(group, f"{query.name} by {method.name}", pulled, reading)
                group.check(0 < len(reading.rows) < 500, f"{query.name} selects {len(reading.rows)} rows")

    def check_tables(self, group: Group) -> None:
        dataset = self.client.get_dataset("bench", retry=RETRY)
        group.equal((dataset.project, dataset.dataset_id), (PROJECT, "bench"), "the dataset")
        table = self.client.get_table("bench.trips_500", retry=RETRY)
        group.equal(table.num_rows, 500, "the table's rows")
        reading = self.read(TRIPS)
        group.equal(outline(table.schema), outline(reading.schema), "the table's schema against the result's")
        pulled = self.pull(TRIPS)
        for size in None, 77:
            rows = self.client.list_rows(table, page_size=size, retry=RETRY)
            check_staged(group, f"list_rows in pages of {size}", pulled, Reading.of(rows))
        rows = self.client.list_rows(table, start_index=490, max_results=5, retry=RETRY)
        group.equal([row["trip_id"] for row in rows], [490, 491, 492, 493, 494], "list_rows from a start")
        with group.raises(exceptions.NotFound, "nothing", "an unknown table"):
            self.client.get_table("bench.nothing", retry=RETRY)
        with group.raises(exceptions.NotFound, "nothing", "an unknown dataset"):
            self.client.get_dataset("nothing", retry=RETRY)

    def check_catalog(self, group: Group, files: dict[str, pathlib.Path]) -> None:
        """`bqpull ls` and `bqpull show` report the same as Google's client."""
        datasets = list(self.client.list_datasets(page_size=1, retry=RETRY))
        group.equal([dataset.dataset_id for dataset in datasets], ["bench", "shop"], "the datasets")
        listed = [item["dataset"] for item in self.bqpull.report("ls")["datasets"]]
        group.equal(listed, ["bench", "shop"], "the datasets by bqpull ls")
        for size in None, 1:
            tables = list(self.client.list_tables("shop", page_size=size, retry=RETRY))
            types = [(table.table_id, table.table_type) for table in tables]
            group.equal(types, [("latest", "VIEW"), ("orders", "TABLE")], f"the tables in pages of {size}")
            listed = [(item["table"], item["type"]) for item in self.bqpull.report("ls", "shop")["tables"]]
            group.equal(listed, types, "the tables by bqpull ls")
        group.equal(tables[1].time_partitioning.field, "day", "the listed table's partitioning")
        group.check(tables[1].created, "the listed table has no time")
        with group.raises(exceptions.NotFound, "nothing", "the tables of an unknown dataset"):
            list(self.client.list_tables("nothing", retry=RETRY))

        orders = self.client.get_table("shop.orders", retry=RETRY)
        shown = self.bqpull.report("show", "shop.orders")
        group.equal(orders.description, shown["description"], "the description")
        group.equal((orders.num_rows, orders.num_bytes), (shown["rows"], shown["bytes"]), "the size")
        group.equal(orders.etag, shown["etag"], "the etag")
        partitioning = orders.time_partitioning
        group.equal(
            {
                "type": partitioning.type_,
                "field": partitioning.field,
                "expirationSeconds": partitioning.expiration_ms // 1000,
            },
            shown["timePartitioning"],
            "the partitioning",
        )
        group.equal(orders.clustering_fields, shown["clustering"], "the clustering")

        view = self.client.get_table("shop.latest", retry=RETRY)
        shown = self.bqpull.report("show", "shop.latest")
        group.equal((view.table_type, view.view_use_legacy_sql), ("VIEW", False), "the view")
        group.equal(view.view_query, shown["view"]["query"], "the view's query")
        query = Query("a view", "SELECT * FROM shop.latest")
        reading = self.read(query)
        group.equal(outline(view.schema), outline(reading.schema), "the view's schema against the result's")
        check_staged(group, query.name, self.pull(query), reading)
        with group.raises(exceptions.BadRequest, "invalid", "the rows of a view", reason):
            list(self.client.list_rows(view, retry=RETRY))

        jobs = list(self.client.list_jobs(page_size=1, retry=RETRY))
        created = [job.created for job in jobs]
        group.equal(created, sorted(created, reverse=True), "the newest job first")
        group.check(len(jobs) >= 2, f"{len(jobs)} jobs")
        group.equal([job.job_id for job in self.client.list_jobs(state_filter="running")], [], "running jobs")
        since = self.client.list_jobs(min_creation_time=created[0], max_results=1, retry=RETRY)
        group.equal([job.job_id for job in since], [jobs[0].job_id], "the newest job by its time")

        with files["orders"].open("a") as file:
            file.write("4,2024-01-03\n")
        self.server.process.send_signal(signal.SIGHUP)  # reads the files again
        changed = self.client.get_table("shop.orders", retry=RETRY)
        for _ in range(600):
            if changed.etag != orders.etag:
                break
            time.sleep(0.05)
            changed = self.client.get_table("shop.orders", retry=RETRY)
        group.equal((orders.num_rows, changed.num_rows), (3, 4), "the rows after a change")
        group.check(changed.modified > orders.modified, "the modification time is not later")
        group.equal(changed.created, orders.created, "the creation time")

    def check_dry_run(self, group: Group) -> None:
        config = bigquery.QueryJobConfig(dry_run=True, use_query_cache=False)
        job = self.client.query(TRIPS.sql, job_config=config, retry=RETRY, job_retry=None)
        group.equal(job.state, "DONE", "the state")
        group.equal(job.statement_type, "SELECT", "the statement type")
        group.check(job.total_bytes_processed > 0, f"bytes: {job.total_bytes_processed}")
        group.equal(outline(job.schema), outline(self.read(TRIPS).schema), "the schema against the result's")
        with group.raises(exceptions.BadRequest, "invalidQuery", "a dry run of an invalid query", reason):
            self.client.query("SELEC 1", job_config=config, retry=RETRY, job_retry=None)

    def check_jobs(self, group: Group) -> None:
        config = bigquery.QueryJobConfig(labels={"team": "tests"}, priority="BATCH")
        job = self.client.query("SELECT 1 AS one", job_id="once-only", job_config=config, retry=RETRY, job_retry=None)
        group.equal(job.job_id, "once-only", "the id")
        job.result(retry=RETRY, timeout=TIMEOUT)
        again = self.client.get_job("once-only", location=job.location, retry=RETRY)
        group.equal((again.state, again.labels, again.priority), ("DONE", {"team": "tests"}, "BATCH"), "the job")
        group.check(again.created and again.started and again.ended, "the job has no times")
        other = bigquery.QueryJob("once-only", "SELECT 2 AS two", self.client)
        with group.raises(exceptions.Conflict, "Already Exists", "a second job of the same id"):
            other._begin(retry=None)  # `Client.query` returns the existing job
        with group.raises(exceptions.NotFound, "no-such-job", "an unknown job"):
            self.client.get_job("no-such-job", location=job.location, retry=RETRY)

    def check_query_errors(self, group: Group) -> None:
        good = Query("before the errors", "SELECT 1 AS kept")
        group.equal(self.pull(good).exit_code, 0, good.name)
        for name, sql, kind, expected in [
            ("syntax error", "SELEC 1", exceptions.BadRequest, "invalidQuery"),
            ("unknown column", "SELECT nothing FROM `bench.trips_50`", exceptions.BadRequest, "invalidQuery"),
            ("unknown table", "SELECT * FROM `bench.nothing`", exceptions.NotFound, "notFound"),
        ]:
            for method in QueryApiMethod.INSERT, QueryApiMethod.QUERY:
                with group.raises(kind, expected, f"{name} by {method.name}", reason):
                    self.read(Query(name, sql), method)
            failed = self.pull(Query(name, sql))
            group.equal(failed.exit_code, 3, f"bqpull's exit code: {name}: {failed.messages[-400:]}")
            with failed.open() as database:
                group.equal(database.execute("SELECT * FROM results").fetchall(), [(1,)], f"{name}: the table before")

    def check_credential_errors(self, group: Group) -> None:
        good = json.loads(self.server.credentials.read_text())
        for field, error in [
            ("client_secret", "invalid_client"),
            ("client_id", "invalid_client"),
            ("refresh_token", "invalid_grant"),
        ]:
            path = self.folder / f"wrong-{field}.json"
            path.write_text(json.dumps({**good, field: "wrong-on-purpose"}))
            path.chmod(0o600)
            with group.raises(RefreshError, error, f"wrong {field}"):
                self.client_with(authorized_user(path)).get_dataset("bench", retry=None)
            failed = self.bqpull_with(path).pull(TRIPS)
            group.equal(failed.exit_code, 77, f"exit code with a wrong {field}: {failed.messages[-400:]}")
            for secret in good["client_secret"], good["refresh_token"], "wrong-on-purpose":
                group.check(secret not in failed.messages, f"wrong {field}: the message contains a secret")
        with group.raises(urllib.error.HTTPError, "401", "a request without a token"):
            urllib.request.urlopen(f"{self.server.url}/bigquery/v2/projects/{PROJECT}/datasets/bench")
        group.equal(self.bqpull.pull(TRIPS, with_credentials=False).exit_code, 77, "bqpull without credentials")

    def check_many_rows(self, group: Group) -> None:
        """Also checks that the comparison finds one changed cell."""
        query = Query("many rows", f"SELECT * FROM `bench.trips_{MANY_ROWS}`")
        pulled, reading = self.pull(query), self.read(query)
        check_staged(group, query.name, pulled, reading)
        group.equal(len(reading.rows), MANY_ROWS, "the rows")
        with sqlite3.connect(pulled.database) as database:
            last = f"SELECT max(trip_id) FROM {pulled.table} WHERE note IS NOT NULL"
            database.execute(f"UPDATE {pulled.table} SET note = note || ' ' WHERE trip_id = ({last})")
        group.equal(len(list(problems_of(pulled, reading))), 1, "problems after a change of one cell")

    def check_short_pages(self, group: Group) -> None:
        pulled = self.pull(TRIPS)
        for method in QueryApiMethod.INSERT, QueryApiMethod.QUERY:
            reading = self.read(TRIPS, method)
            check_staged(group, f"by {method.name}", pulled, reading)
            group.check(reading.pages > 3, f"{reading.pages} pages by {method.name}")
        rows = Reading.of(self.client.list_rows("bench.trips_500", retry=RETRY, selected_fields=reading.schema))
        check_staged(group, "by list_rows", pulled, rows)
        group.check(rows.pages > 3, f"{rows.pages} pages by list_rows")

    def check_running_job(self, group: Group) -> None:
        job = self.client.query("SELECT 1 AS one", retry=RETRY, job_retry=None)
        group.check(job.state in ("PENDING", "RUNNING"), f"the state at first: {job.state}")
        rows = list(job.result(retry=RETRY, timeout=TIMEOUT))
        group.equal(([row.values() for row in rows], job.state), ([(1,)], "DONE"), "the result after waiting")

        query = Query("slow", "SELECT trip_id, tags FROM `bench.trips_50`")
        check_staged(group, "by jobs.query", self.pull(query), self.read(query, QueryApiMethod.QUERY))

        job = self.client.query("SELECT 2 AS two", retry=RETRY, job_retry=None)
        group.check(job.cancel(retry=RETRY), "the cancellation was rejected")
        with group.raises(exceptions.GoogleAPICallError, "stopped", "the result of a cancelled job", reason):
            job.result(retry=RETRY, job_retry=None, timeout=TIMEOUT)
        # The client can still hold the state from the response to the cancellation.
        job.reload(retry=RETRY)
        group.equal(job.state, "DONE", "the state of a cancelled job")

    def check_no_auth(self, group: Group) -> None:
        self.client = self.client_with(AnonymousCredentials())
        check_staged(group, "every type", self.bqpull.pull(TRIPS, with_credentials=False), self.read(TRIPS))


def write_shop(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """Writes a partitioned table and a view of it."""
    files = {"orders": folder / "orders.csv", "latest": folder / "latest.sql"}
    files["orders"].write_text("id,day\n1,2024-01-01\n2,2024-01-01\n3,2024-01-02\n")
    files["latest"].write_text("SELECT day, MAX(id) AS id FROM shop.orders GROUP BY day ORDER BY day\n")
    table = {
        "description": "All orders",
        "schema": {"fields": [{"name": "id", "type": "INTEGER"}, {"name": "day", "type": "DATE"}]},
        "timePartitioning": {"type": "DAY", "field": "day", "expirationMs": "7776000000"},
        "clustering": {"fields": ["id"]},
    }
    (folder / "orders.schema.json").write_text(json.dumps(table))
    return files


def reason(error: exceptions.GoogleAPICallError) -> str:
    return error.errors[0]["reason"]


def outline(schema: Any) -> list[Any]:
    """Names, types and nesting, without descriptions and REQUIRED, which a query's schema does not have."""
    return [(field.name, field.field_type, field.mode == "REPEATED", outline(field.fields)) for field in schema]


if __name__ == "__main__":
    main()
