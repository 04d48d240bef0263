"""A second implementation of bqpull's value map, from the values that Google's client returns.

`expected_form` maps a value of the client to the cell that must be staged. The client's types lose information: Decimal
has one spelling for 1E-9 and 0.000000001, relativedelta turns 25 hours into a day and an hour, parsed JSON has no white
space. Therefore `comparable_form` normalizes a staged cell as far as the client does, and no further: trailing zeros,
integers of any size and microseconds remain. `comparison.py` compares the normalized text with the response.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
import re
import sqlite3
from typing import Any, Callable, Iterator, Sequence

#: REST schemas use the names of legacy SQL.
SYNONYMS = {
    "INTEGER": "INT64",
    "FLOAT": "FLOAT64",
    "BOOLEAN": "BOOL",
    "RECORD": "STRUCT",
    "DECIMAL": "NUMERIC",
    "BIGDECIMAL": "BIGNUMERIC",
}

#: Types whose text is stored as sent.
SENT_AS_TEXT = {"STRING", "GEOGRAPHY", "JSON", "INTERVAL", "RANGE", "DATE", "TIME", "DATETIME", "NUMERIC", "BIGNUMERIC"}

#: Declared types of the columns; TEXT by default.
DECLARED = {"INT64": "INTEGER", "BOOL": "INTEGER", "FLOAT64": "REAL", "BYTES": "BLOB"}

Form = Callable[[Any], Any]


class Literal(str):
    """The text of a number in staged JSON."""


def type_name(field: Any) -> str:
    name = field.field_type.upper().split("<")[0]
    return SYNONYMS.get(name, name)


def declared_type(field: Any) -> str:
    return "TEXT" if field.mode == "REPEATED" else DECLARED.get(type_name(field), "TEXT")


def expected_form(field: Any) -> Form:
    """Maps what Google's client returned to the expected cell: None, int, float, str or bytes."""
    if field.mode == "REPEATED" or type_name(field) == "STRUCT":
        member = _member_from_client(field)
        return _unless_null(lambda value: _json_text(member(value)))
    return _unless_null(CELL_FROM_CLIENT[type_name(field)](field))


def comparable_form(field: Any) -> Form:
    """Normalizes a staged cell as Google's client does."""
    if field.mode == "REPEATED" or type_name(field) == "STRUCT":
        member = _member_from_json(field)
        return _unless_null(lambda text: _json_text(member(_parsed(text))))
    return _unless_null(CELL_FROM_CELL[type_name(field)](field))


# Columns


def timestamp_text(value: datetime.datetime) -> str:
    """Always six digits, so that texts sort like times."""
    utc = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return utc.isoformat(timespec="microseconds") + "Z"


def _double(value: float) -> Any:
    # SQLite turns NaN into NULL, so it is text, and stores -0.0 as 0.
    return "NaN" if math.isnan(value) else value + 0.0


def _digits(value: decimal.Decimal) -> str:
    """All digits, with trailing zeros and without an exponent."""
    return format(value, "f")


def _interval_client(value: Any) -> str:
    months = value.years * 12 + value.months
    seconds = ((value.days * 24 + value.hours) * 60 + value.minutes) * 60 + value.seconds
    return f"{months} months {seconds * 1_000_000 + value.microseconds} us"


_INTERVAL = re.compile(r"(-?)(\d+)-(\d+) (-?\d+) (-?)(\d+):(\d+):(\d+)(?:\.(\d{1,6}))?")


def _interval_cell(text: str) -> str:
    match = _INTERVAL.fullmatch(text)
    if not match:
        raise ValueError(f"not an INTERVAL: {text!r}")
    sign, years, months, days, time_sign, hours, minutes, seconds, fraction = match.groups()
    calendar = (int(years) * 12 + int(months)) * (-1 if sign else 1)
    clock = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1_000_000 + int((fraction or "").ljust(6, "0"))
    return f"{calendar} months {int(days) * 86_400_000_000 + clock * (-1 if time_sign else 1)} us"


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def _range_end_client(value: Any) -> str:
    if value is None:
        return "UNBOUNDED"
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return str((value - _EPOCH) // datetime.timedelta(microseconds=1))
    return value.isoformat()


def _range_end_cell(text: str, element: str) -> str:
    if text == "UNBOUNDED" or element == "TIMESTAMP":
        return text
    return _datetime_cell(text) if element == "DATETIME" else text


def _range_cell(field: Any) -> Form:
    element = field.range_element_type.element_type.upper()

    def form(text: str) -> str:
        if not (text.startswith("[") and text.endswith(")")):
            raise ValueError(f"not a RANGE: {text!r}")
        start, end = text[1:-1].split(", ")
        return f"[{_range_end_cell(start, element)}, {_range_end_cell(end, element)})"

    return form


def _datetime_cell(text: str) -> str:
    return datetime.datetime.fromisoformat(text).isoformat()


def _time_cell(text: str) -> str:
    return datetime.time.fromisoformat(text).isoformat()


_json_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json_cell(text: str) -> Any:
    # The client reads JSON null and SQL NULL as None.
    value = json.loads(text)
    return None if value is None else _json_text(value)


def _same(value: Any) -> Any:
    return value


def _isoformat(value: Any) -> str:
    return value.isoformat()


def _always(form: Form) -> Callable[[Any], Form]:
    return lambda field: form


def _unless_null(form: Form) -> Form:
    return lambda value: None if value is None else form(value)


CELL_FROM_CLIENT: dict[str, Callable[[Any], Form]] = {
    "INT64": _always(_same),
    "FLOAT64": _always(_double),
    "NUMERIC": _always(_digits),
    "BIGNUMERIC": _always(_digits),
    "BOOL": _always(int),
    "STRING": _always(_same),
    "GEOGRAPHY": _always(_same),
    "BYTES": _always(_same),
    "JSON": _always(_json_text),
    "DATE": _always(_isoformat),
    "TIME": _always(_isoformat),
    "DATETIME": _always(_isoformat),
    "TIMESTAMP": _always(timestamp_text),
    "INTERVAL": _always(_interval_client),
    "RANGE": _always(lambda value: f"[{_range_end_client(value['start'])}, {_range_end_client(value['end'])})"),
}

CELL_FROM_CELL: dict[str, Callable[[Any], Form]] = {
    "INT64": _always(_same),
    "FLOAT64": _always(_same),
    "NUMERIC": _always(lambda text: _digits(decimal.Decimal(text))),
    "BIGNUMERIC": _always(lambda text: _digits(decimal.Decimal(text))),
    "BOOL": _always(_same),
    "STRING": _always(_same),
    "GEOGRAPHY": _always(_same),
    "BYTES": _always(_same),
    "JSON": _always(_json_cell),
    "DATE": _always(_same),
    "TIME": _always(_time_cell),
    "DATETIME": _always(_datetime_cell),
    "TIMESTAMP": _always(_same),
    "INTERVAL": _always(_interval_cell),
    "RANGE": _range_cell,
}


# Inside STRUCT and ARRAY


def _member_from_client(field: Any) -> Form:
    kind = type_name(field)
    if kind == "STRUCT":
        members = [(child.name, _member_from_client(child)) for child in field.fields]
        one: Form = lambda value: {name: form(value[name]) for name, form in members}
    elif kind == "FLOAT64":
        one = lambda value: value if math.isfinite(value) else _non_finite(value)
    elif kind == "BYTES":
        one = lambda value: base64.b64encode(value).decode("ascii")
    elif kind in ("INT64", "BOOL", "JSON"):
        one = _same
    else:
        one = CELL_FROM_CLIENT[kind](field)
    one = _unless_null(one)
    return one if field.mode != "REPEATED" else lambda values: [one(value) for value in values]


def _member_from_json(field: Any) -> Form:
    kind = type_name(field)
    if kind == "STRUCT":
        members = [(child.name, _member_from_json(child)) for child in field.fields]
        one: Form = lambda value: _structure(value, members)
    elif kind == "INT64":
        one = lambda value: int(_expect(value, Literal))
    elif kind == "FLOAT64":
        one = lambda value: float(value) if isinstance(value, Literal) else _expect_non_finite(value)
    elif kind == "BOOL":
        one = lambda value: _expect(value, bool)
    elif kind == "JSON":
        one = _document
    else:
        form = CELL_FROM_CELL[kind](field)
        one = lambda value: form(_expect(value, str))
    one = _unless_null(one)
    return one if field.mode != "REPEATED" else lambda values: [one(value) for value in _expect(values, list)]


def _structure(value: Any, members: Sequence[tuple[str, Form]]) -> dict[str, Any]:
    names = [name for name, _ in members]
    if list(_expect(value, dict)) != names:
        raise ValueError(f"fields {list(value)}, not {names}")
    return {name: form(value[name]) for name, form in members}


def _non_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _expect_non_finite(value: Any) -> str:
    if value not in ("NaN", "Infinity", "-Infinity"):
        raise ValueError(f"not a FLOAT64: {value!r}")
    return value


def _expect(value: Any, kind: type) -> Any:
    # A Literal is a str, but a number is no text.
    if not isinstance(value, kind) or (kind is str and isinstance(value, Literal)):
        raise ValueError(f"{kind.__name__} expected, not {value!r}")
    return value


def _document(value: Any) -> Any:
    """An embedded JSON value, as `json.loads` returns it."""
    if isinstance(value, Literal):
        return json.loads(value)
    if isinstance(value, dict):
        return {name: _document(member) for name, member in value.items()}
    return [_document(member) for member in value] if isinstance(value, list) else value


def _reject(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


_parsed = json.JSONDecoder(parse_int=Literal, parse_float=Literal, parse_constant=_reject).decode


# Rows


def staged_rows(database: sqlite3.Connection, table: str) -> Iterator[Sequence[Any]]:
    """The rows of a staging table in the order of their rowid."""
    # Without ORDER BY, since a column can be named rowid.
    return database.execute("SELECT * FROM " + quoted(table))


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
