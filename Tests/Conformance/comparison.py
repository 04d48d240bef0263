"""Checks with one printed line a group, and the comparison of a staging table with what Google's client read."""

from __future__ import annotations

import contextlib
import sys
import traceback
from dataclasses import dataclass
from typing import Any, Callable, Iterator, NoReturn, Sequence

from pulls import Pull
from staged_form import SENT_AS_TEXT, comparable_form, declared_type, expected_form, quoted, staged_rows, type_name

SHOWN_DIFFERENCES = 5


class Checks:
    """Counts checks that passed and failed."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.passed = 0
        self.failed = 0

    @contextlib.contextmanager
    def group(self, name: str) -> Iterator["Group"]:
        """Runs a group up to its end or first exception, and prints its line."""
        group = Group()
        try:
            yield group
        except Exception as error:  # the next groups still run
            place = traceback.extract_tb(error.__traceback__)[-1]
            group.failures.append(f"{type(error).__name__}: {error} ({place.name}, line {place.lineno})")
        self.passed += group.passed
        self.failed += len(group.failures)
        if not group.failures and group.passed == 0:
            self.failed += 1
            group.failures.append("no check ran")
        print(f"{'FAIL' if group.failures else 'ok':4}  {self.title}: {name} ({group.passed} passed)", flush=True)
        for failure in group.failures:
            print("      " + failure.replace("\n", "\n      ")[:2000], flush=True)

    def finish(self) -> NoReturn:
        """Prints the closing line, and exits with 1 if a check failed."""
        print(f"{self.title}: {self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)


class Group:
    def __init__(self) -> None:
        self.passed = 0
        self.failures: list[str] = []

    def check(self, condition: Any, what: str) -> None:
        if condition:
            self.passed += 1
        else:
            self.failures.append(what)

    def equal(self, have: Any, want: Any, what: str) -> None:
        self.check(have == want, f"{what}: {have!r}, not {want!r}")

    @contextlib.contextmanager
    def raises(self, kind: type[Exception], words: str, what: str, text: Callable[[Any], str] = str) -> Iterator[None]:
        """Passes if the block raises a `kind` whose text contains `words`."""
        try:
            yield
        except kind as error:
            self.check(words in text(error), f"{what}: {words!r} is not in {error}")
        else:
            self.failures.append(f"{what}: no {kind.__name__}")


@dataclass(frozen=True)
class Reading:
    """A result as Google's client read it: the values, and the cells (`{"f": [{"v": …}]}`) of the response."""

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
    """Checks that the pull succeeded and that its table equals the reading."""
    problems = list(problems_of(pull, reading))
    shown = problems[:SHOWN_DIFFERENCES]
    if len(problems) > len(shown):
        shown.append(f"… {len(problems)} in total")
    group.check(not problems, f"{name}: " + "\n".join(shown))


def column_names(pull: Pull) -> list[str]:
    with pull.open() as database:
        return [row[1] for row in database.execute(f"PRAGMA table_info({quoted(pull.table)})")]


def problems_of(pull: Pull, reading: Reading) -> Iterator[str]:
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
    expected = [expected_form(field) for field in reading.schema]
    comparable = [comparable_form(field) for field in reading.schema]
    as_sent = [field.mode != "REPEATED" and type_name(field) in SENT_AS_TEXT for field in reading.schema]
    for number, (cells, values, wire) in enumerate(zip(staged, reading.rows, reading.wire)):
        for index, field in enumerate(reading.schema):
            where = (
                f"row {number}, column {field.name[:40]!r} ({field.field_type} {field.mode}): staged {cells[index]!r}"
            )
            want = expected[index](values[index])
            try:
                have = comparable[index](cells[index])
            except (ValueError, TypeError, ArithmeticError) as error:
                yield f"{where}: {error}"
                continue
            if type(want) is not type(have) or want != have:
                yield f"{where}, Google's client read {values[index]!r}"
            # The client's types normalize the text; bqpull stores it as sent.
            elif as_sent[index] and cells[index] != wire["f"][index]["v"]:
                yield f"{where}, sent {wire['f'][index]['v']!r}"
