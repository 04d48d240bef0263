"""A query that both sides run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from google.cloud import bigquery


@dataclass(frozen=True)
class Query:
    """`parameters` are written as for bqpull, NAME:TYPE:VALUE, the name empty for a positional one."""

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
