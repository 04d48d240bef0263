"""What the things are called that are measured: tables, options."""

from __future__ import annotations

import subprocess

PROJECT = "benchmarks"

#: The emulator has a table of every shape for every number of rows.
TABLES = {
    "numbers": "bench.numbers_{rows}",
    "texts": "bench.texts_{rows}",
    "nested": "bench.nested_{rows}",
}

#: What is told of a shape.
DESCRIPTIONS = {
    "numbers": "16 narrow columns, most of them numbers",
    "texts": "wide text with escapes and many scripts",
    "nested": "structs and arrays, several deep",
}

PARALLEL = "--parallel"
PAGE_ROWS = "--page-rows"
PAGE_CACHE = "--page-cache"
PAGE_LATENCY = "--page-latency"

#: Room for all pages of all requests of a run, compressed, in bytes.
PAGE_CACHE_SIZE = "6000000000"


def query(shape: str, rows: int) -> str:
    return f"SELECT * FROM `{TABLES[shape].format(rows=rows)}`"


def offers(bqpull: str, command: str, option: str) -> bool:
    """Whether the command has the option."""
    told = subprocess.run([bqpull, command, "--help"], capture_output=True, text=True, check=True)
    return option in told.stdout
