"""Google's client, and with --pandas its `to_dataframe`, with sqlite3, each as its documentation shows it."""

from __future__ import annotations

import datetime
import decimal
import itertools
import json
import sqlite3

from google.api_core.client_options import ClientOptions
from google.cloud import bigquery
from google.oauth2.credentials import Credentials

from job import TABLE, Job, close_database

CHUNK_ROWS = 10_000
DECLARED = {"INTEGER": "INTEGER", "BOOLEAN": "INTEGER", "FLOAT": "REAL", "BYTES": "BLOB"}


def client_of(job: Job) -> bigquery.Client:
    names = "refresh_token", "token_uri", "client_id", "client_secret"
    credentials = Credentials(token=None, **{name: job.credentials[name] for name in names})
    options = ClientOptions(api_endpoint=job.endpoint)
    return bigquery.Client(project=job.project, credentials=credentials, client_options=options)


def register_adapters() -> None:
    """Registers conversions of the types that sqlite3 does not know."""
    sqlite3.register_adapter(decimal.Decimal, str)
    for kind in datetime.date, datetime.time, datetime.datetime:
        sqlite3.register_adapter(kind, kind.isoformat)
    for kind in dict, list:
        sqlite3.register_adapter(kind, lambda value: json.dumps(value, ensure_ascii=False, default=str))


def insert_rows(rows: bigquery.table.RowIterator, database: sqlite3.Connection) -> None:
    columns = ", ".join(
        f'"{field.name}" {"TEXT" if field.mode == "REPEATED" else DECLARED.get(field.field_type, "TEXT")}'
        for field in rows.schema
    )
    insert = f"INSERT INTO {TABLE} VALUES ({', '.join('?' * len(rows.schema))})"
    database.execute(f"CREATE TABLE {TABLE} ({columns})")
    remaining = iter(rows)
    while chunk := [row.values() for row in itertools.islice(remaining, CHUNK_ROWS)]:
        database.executemany(insert, chunk)


def main() -> None:
    job = Job.from_arguments()
    query = client_of(job).query(job.sql)
    result = query.to_dataframe(create_bqstorage_client=False) if job.uses_pandas else query.result()
    register_adapters()
    database = job.open_database()
    database.execute("BEGIN")
    if job.uses_pandas:
        result.to_sql(TABLE, database, index=False, chunksize=CHUNK_ROWS)
    else:
        insert_rows(result, database)
    if database.in_transaction:
        database.execute("COMMIT")
    close_database(database)


if __name__ == "__main__":
    main()
