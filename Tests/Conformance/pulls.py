"""Runs bqpull, and describes the queries that it and Google's client run."""

from __future__ import annotations

import json
import pathlib
import sqlite3
import subprocess
from dataclasses import dataclass
from typing import Any

from google.cloud import bigquery

from servers import Server, plain_environment

PULL_SECONDS = 300


@dataclass(frozen=True)
class Query:
    """`parameters` have the form of `--param`, NAME:TYPE:VALUE; a positional one has an empty name."""

    name: str
    sql: str
    parameters: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def bqpull_options(self) -> list[str]:
        return [part for text in self.parameters for part in ("--param", text)] + list(self.options)

    @property
    def client_parameters(self) -> list[Any]:
        return [_client_parameter(*text.split(":", 2)) for text in self.parameters]


def _client_parameter(name: str, kind: str, value: str) -> Any:
    if kind.startswith("ARRAY<"):
        return bigquery.ArrayQueryParameter(name or None, kind[len("ARRAY<") : -1], json.loads(value))
    typed = value.lower() == "true" if kind == "BOOL" else value
    return bigquery.ScalarQueryParameter(name or None, kind, typed)


@dataclass(frozen=True)
class Pull:
    """The result of `bqpull query`; the report is empty if it failed."""

    exit_code: int
    report: dict[str, Any]
    messages: str
    database: pathlib.Path
    table: str

    def open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)


@dataclass(frozen=True)
class Bqpull:
    """The binary, with a separate home folder and a server."""

    binary: str
    folder: pathlib.Path
    server: Server
    project: str

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self.binary, *arguments],
            env=plain_environment(self.folder / "home"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PULL_SECONDS,
        )

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        null = subprocess.DEVNULL
        environment = plain_environment(self.folder / "home")
        return subprocess.Popen([self.binary, *arguments], env=environment, stdin=null, stdout=null, stderr=null)

    def connection(self, with_credentials: bool = True) -> list[str]:
        options = ["--project", self.project, "--endpoint", self.server.url]
        if with_credentials and self.server.credentials:
            options += ["--credentials", str(self.server.credentials)]
        return options

    def report(self, *arguments: str) -> Any:
        """The JSON output of a command."""
        done = self.run(*arguments, "--json", *self.connection())
        if done.returncode != 0:
            raise RuntimeError(f"bqpull {' '.join(arguments)}: {done.stderr[-400:]}")
        return json.loads(done.stdout)

    def pull(self, query: Query, *options: str, database: str = "staging.db", with_credentials: bool = True) -> Pull:
        """Runs `bqpull query` into the table `results`, unless the options name another."""
        path, table = self.folder / database, "results"
        done = self.run(
            *("query", query.sql, "--into", str(path), "--table", table, "--json", "--quiet"),
            *(*self.connection(with_credentials), *query.bqpull_options, *options),
        )
        report = json.loads(done.stdout) if done.returncode == 0 else {}
        return Pull(done.returncode, report, done.stderr.strip(), path, table)
