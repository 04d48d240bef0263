"""Compares a staging table with what Google's client read from the same server, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, Sequence

from checks import Group
from servers import Pull
from staged_form import SENT_AS_TEXT, declared_type, quoted, staged_rows, stored_form, told_form, type_name

SHOWN_DIFFERENCES = 5


@dataclass(frozen=True)
class Reading:
    """A result as Google's client read it: its values, and the cells (`{"f": [{"v": …}]}`) that they were made of."""

    schema: Sequence[Any]
    rows: list[Sequence[Any]]
    wire: list[Any]
    pages: int

    @classmethod
    def of(cls, iterator: Any) -> "Reading":
        rows: list[Sequence[Any]] = []
        wire: list[Any] = []
        pages = 0
        for page in iterator.pages:
            pages += 1
            rows.extend(row.values() for row in page)
            wire.extend(page.raw_page.get("rows", []))
        return cls(list(iterator.schema), rows, wire, pages)


def check_staged(group: Group, name: str, pull: Pull, reading: Reading) -> None:
    """One check: `pull` succeeded, and its table holds what `reading` does."""
    problems = list(_problems(pull, reading))
    shown = problems[:SHOWN_DIFFERENCES]
    if len(problems) > len(shown):
        shown.append(f"… {len(problems)} in all")
    group.check(not problems, f"{name}: " + "\n".join(shown))


def column_names(pull: Pull) -> list[str]:
    with pull.open() as database:
        return [row[1] for row in database.execute(f"PRAGMA table_info({quoted(pull.table)})")]


def _problems(pull: Pull, reading: Reading) -> Iterator[str]:
    if pull.exit_code != 0:
        yield f"bqpull exited with {pull.exit_code}: {pull.messages[-800:]}"
        return
    database = pull.open()
    try:
        columns = database.execute(f"PRAGMA table_info({quoted(pull.table)})").fetchall()
        staged = list(staged_rows(database, pull.table))
    finally:
        database.close()
    declared = [column[2] for column in columns]
    if declared != [declared_type(field) for field in reading.schema]:
        yield f"columns are declared {declared}, not {[declared_type(field) for field in reading.schema]}"
        return
    for key in ("rowsRead", "rowsCopied"):
        if pull.report.get(key) != len(reading.rows):
            yield f"the report says {key} {pull.report.get(key)!r}, Google's client read {len(reading.rows)} rows"
    if not len(staged) == len(reading.rows) == len(reading.wire):
        yield f"{len(staged)} rows staged, {len(reading.rows)} read, {len(reading.wire)} sent"
        return
    yield from _differences(staged, reading)


def _differences(staged: list[Sequence[Any]], reading: Reading) -> Iterator[str]:
    expected = [stored_form(field) for field in reading.schema]
    told = [told_form(field) for field in reading.schema]
    as_sent = [field.mode != "REPEATED" and type_name(field) in SENT_AS_TEXT for field in reading.schema]
    for number, (cells, values, wire) in enumerate(zip(staged, reading.rows, reading.wire)):
        for index, field in enumerate(reading.schema):
            where = (
                f"row {number}, column {field.name[:40]!r} ({field.field_type} {field.mode}): staged {cells[index]!r}"
            )
            want = expected[index](values[index])
            try:
                have = told[index](cells[index])
            except (ValueError, TypeError, ArithmeticError) as error:
                yield f"{where}: {error}"
                continue
            if type(want) is not type(have) or want != have:
                yield f"{where}, Google's client read {values[index]!r}"
            # Decimal, relativedelta and the like fold spellings; what is stored as sent must not.
            elif as_sent[index] and cells[index] != wire["f"][index]["v"]:
                yield f"{where}, sent {wire['f'][index]['v']!r}"
