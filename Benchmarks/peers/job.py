"""The job of every peer: run a query and insert all rows into a database.

Usage: PEER.py --endpoint URL --credentials FILE --project PROJECT SQL DATABASE
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sqlite3
from dataclasses import dataclass

#: The name of bqpull's table.
TABLE = "results"


@dataclass(frozen=True)
class Job:
    endpoint: str
    credentials: dict[str, str]
    project: str
    sql: str
    database: str
    uses_pandas: bool

    @classmethod
    def from_arguments(cls) -> Job:
        parser = argparse.ArgumentParser()
        parser.add_argument("--endpoint", required=True)
        parser.add_argument("--credentials", required=True, type=pathlib.Path)
        parser.add_argument("--project", required=True)
        parser.add_argument("--pandas", action="store_true")
        parser.add_argument("sql")
        parser.add_argument("database")
        options = parser.parse_args()
        credentials = json.loads(options.credentials.read_text(encoding="utf-8"))
        return cls(options.endpoint, credentials, options.project, options.sql, options.database, options.pandas)

    def open_database(self) -> sqlite3.Connection:
        """Opens the database with the journal mode and durability of all contenders."""
        database = sqlite3.connect(self.database, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        return database


def close_database(database: sqlite3.Connection) -> None:
    """Closes the database as bqpull does, with all rows in one file."""
    database.execute("PRAGMA journal_mode = DELETE")
    database.close()
