"""pandas as its documentation shows it: to_dataframe by REST, to_sql."""

from __future__ import annotations

from google_client import google_client
from job import TABLE, Job, close_database, store_as_text

CHUNK_ROWS = 10_000


def main() -> None:
    job = Job.from_arguments()
    frame = google_client(job).query(job.sql).to_dataframe(create_bqstorage_client=False)
    store_as_text()
    database = job.open_database()
    database.execute("BEGIN")
    frame.to_sql(TABLE, database, index=False, chunksize=CHUNK_ROWS)
    if database.in_transaction:
        database.execute("COMMIT")
    close_database(database)


if __name__ == "__main__":
    main()
