#!/usr/bin/env python3
"""SHA-256 over every cell of a result in row order, from both ends of a pull.

The first digest is computed from the rows that Google's client reads from the endpoint, each value in its stored
form; the second from the staging table. They are equal if and only if every cell is, as far as the client's types
can tell cells apart (see staged_form.py). Both sides are streamed: memory does not grow with the number of rows.
"""

from __future__ import annotations

import argparse
import hashlib
import sqlite3
import sys
import time
from typing import Any, Iterable, Sequence

from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from credentials import authorized_user
from staged_form import cell_bytes, staged_rows, stored_rows, told_rows

PAGE_ROWS = 2_000


def digest(rows: Iterable[Sequence[Any]]) -> tuple[str, int]:
    """The digest of rows of stored cells, and how many rows there were."""
    sha = hashlib.sha256()
    count = 0
    for row in rows:
        sha.update(b"%d:" % len(row) + b"".join(map(cell_bytes, row)))
        count += 1
    return sha.hexdigest(), count


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares a staging table with the result of its query.")
    parser.add_argument("--endpoint", required=True, metavar="URL")
    parser.add_argument("--credentials", metavar="FILE", help="authorized_user JSON; without it none are sent")
    parser.add_argument("--project", required=True)
    parser.add_argument("sql")
    parser.add_argument("database")
    parser.add_argument("table")
    options = parser.parse_args()

    credentials = authorized_user(options.credentials) if options.credentials else AnonymousCredentials()
    client = bigquery.Client(
        project=options.project,
        credentials=credentials,
        client_options=ClientOptions(api_endpoint=options.endpoint),
    )
    started = time.monotonic()
    result = client.query(options.sql).result(page_size=PAGE_ROWS)
    read, rows_read = digest(stored_rows(result, result.schema))
    print(f"client  {read}  {rows_read} rows  {time.monotonic() - started:.1f} s", flush=True)

    started = time.monotonic()
    database = sqlite3.connect(f"file:{options.database}?mode=ro", uri=True)
    staged, rows_staged = digest(told_rows(staged_rows(database, options.table), result.schema))
    print(f"staged  {staged}  {rows_staged} rows  {time.monotonic() - started:.1f} s", flush=True)
    return 0 if (read, rows_read) == (staged, rows_staged) else 1


if __name__ == "__main__":
    sys.exit(main())
