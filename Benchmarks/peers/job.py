"""The job that every peer does: run this query there, put all rows into that database.

Usage of each peer: PEER.py --endpoint URL --credentials FILE --project PROJECT SQL DATABASE
"""

from __future__ import annotations

import argparse
import datetime
import decimal
import json
import pathlib
import sqlite3
from dataclasses import dataclass

#: The table that is made, named as bqpull names it.
TABLE = "results"


@dataclass(frozen=True)
class Job:
    endpoint: str
    credentials: dict[str, str]
    project: str
    sql: str
    database: str

    @classmethod
    def from_arguments(cls) -> Job:
        parser = argparse.ArgumentParser()
        parser.add_argument("--endpoint", required=True)
        parser.add_argument("--credentials", required=True, type=pathlib.Path)
        parser.add_argument("--project", required=True)
        parser.add_argument("sql")
        parser.add_argument("database")
        options = parser.parse_args()
        credentials = json.loads(options.credentials.read_text(encoding="utf-8"))
        return cls(options.endpoint, credentials, options.project, options.sql, options.database)

    def open_database(self) -> sqlite3.Connection:
        """The same journal and the same safety for all."""
        database = sqlite3.connect(self.database, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        return database


def close_database(database: sqlite3.Connection) -> None:
    """As bqpull leaves it: everything in the one file."""
    database.execute("PRAGMA journal_mode = DELETE")
    database.close()


def store_as_text() -> None:
    """Tells sqlite3 what to do with the types of Google's client that it does not know, as its documentation shows."""
    sqlite3.register_adapter(decimal.Decimal, str)
    sqlite3.register_adapter(datetime.date, datetime.date.isoformat)
    sqlite3.register_adapter(datetime.time, datetime.time.isoformat)
    sqlite3.register_adapter(datetime.datetime, datetime.datetime.isoformat)
    for kind in dict, list:
        sqlite3.register_adapter(kind, lambda value: json.dumps(value, ensure_ascii=False, default=str))
