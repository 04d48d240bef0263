"""Google's client as its documentation shows it, into sqlite3 as its documentation shows that."""

from __future__ import annotations

import itertools

from google.api_core.client_options import ClientOptions
from google.cloud import bigquery
from google.oauth2.credentials import Credentials

from job import TABLE, Job, close_database, store_as_text

CHUNK_ROWS = 10_000

DECLARED = {"INTEGER": "INTEGER", "BOOLEAN": "INTEGER", "FLOAT": "REAL", "BYTES": "BLOB"}


def google_client(job: Job) -> bigquery.Client:
    credentials = Credentials(
        token=None,
        refresh_token=job.credentials["refresh_token"],
        token_uri=job.credentials["token_uri"],
        client_id=job.credentials["client_id"],
        client_secret=job.credentials["client_secret"],
    )
    return bigquery.Client(
        project=job.project, credentials=credentials, client_options=ClientOptions(api_endpoint=job.endpoint)
    )


def main() -> None:
    job = Job.from_arguments()
    rows = google_client(job).query(job.sql).result()
    columns = ", ".join(
        f'"{field.name}" {"TEXT" if field.mode == "REPEATED" else DECLARED.get(field.field_type, "TEXT")}'
        for field in rows.schema
    )
    insert = f"INSERT INTO {TABLE} VALUES ({', '.join('?' * len(rows.schema))})"

    store_as_text()
    database = job.open_database()
    database.execute("BEGIN")
    database.execute(f"CREATE TABLE {TABLE} ({columns})")
    remaining = iter(rows)
    while chunk := [row.values() for row in itertools.islice(remaining, CHUNK_ROWS)]:
        database.executemany(insert, chunk)
    database.execute("COMMIT")
    close_database(database)


if __name__ == "__main__":
    main()
