"""The dataset `shop` that the queries of `dialect_queries.py` read."""

from __future__ import annotations

from typing import Any

from google.cloud.bigquery import SchemaField

#: The rows of `shop.numbers`, from 1 on.
NUMBERS = 30_000

CREATE_NUMBERS = f"""
CREATE TABLE shop.numbers AS
SELECT
  n,
  n / 2 AS half,
  CONCAT('row ', CAST(n AS STRING)) AS label,
  TIMESTAMP_MICROS(n * 1000001) AS at,
  [n, n + 1] AS pair,
  IF(MOD(n, 7) = 0, NULL, MOD(n, 2) = 0) AS even
FROM UNNEST(GENERATE_ARRAY(1, {NUMBERS})) n
"""

#: Schema and rows by table name. What a row leaves out is NULL.
TABLES: dict[str, tuple[list[SchemaField], list[dict[str, Any]]]] = {
    "customers": (
        [SchemaField("id", "INT64", "REQUIRED"), SchemaField("name", "STRING")],
        [{"id": 1, "name": "Zoë"}, {"id": 2, "name": "O'Brien"}, {"id": 3}],
    ),
    "orders": (
        [
            SchemaField("id", "INT64", "REQUIRED", description="The order's number"),
            SchemaField("customer", "INT64"),
            SchemaField("placed", "TIMESTAMP"),
            SchemaField("due", "DATE"),
            SchemaField("amount", "NUMERIC"),
            SchemaField("weight", "FLOAT64"),
            SchemaField("paid", "BOOL"),
            SchemaField("note", "STRING"),
            SchemaField("scan", "BYTES"),
            SchemaField("tags", "STRING", "REPEATED"),
            SchemaField("extra", "JSON"),
            SchemaField("at", "TIME"),
            SchemaField("local", "DATETIME"),
            SchemaField("address", "RECORD", fields=[SchemaField("city", "STRING"), SchemaField("zip", "INT64")]),
            SchemaField(
                "lines",
                "RECORD",
                "REPEATED",
                fields=[SchemaField("sku", "STRING"), SchemaField("count", "INT64"), SchemaField("price", "NUMERIC")],
            ),
        ],
        [
            {
                "id": 1,
                "customer": 1,
                "placed": "2024-01-01T00:00:00Z",
                "due": "2024-02-29",
                "amount": "10.50",
                "weight": 0.1,
                "paid": True,
                "note": "first",
                "scan": "AP8B",
                "tags": ["a", "ü"],
                "extra": '{"k":[1]}',
                "at": "01:02:03",
                "local": "2024-01-01T00:00:00.5",
                "address": {"city": "Zürich", "zip": 8001},
                "lines": [{"sku": "x", "count": 1, "price": "1.1"}, {"sku": None, "count": None, "price": None}],
            },
            {
                "id": 2,
                "customer": 1,
                "placed": "0001-01-01T00:00:00Z",
                "due": "0001-01-01",
                "amount": "99999999.999999999",
                "weight": 1e300,
                "paid": False,
                "note": "",
                "scan": "",
                "tags": [],
                "extra": "null",
                "at": "23:59:59.999999",
                "local": "9999-12-31T23:59:59.999999",
                "address": {"city": "", "zip": -1},
                "lines": [],
            },
            {
                "id": 3,
                "customer": 2,
                "placed": "9999-12-31T23:59:59.999999Z",
                "amount": "-0.000000001",
                "note": "two\nlines",
            },
            {"id": 4},
            {"id": 5, "customer": 9, "note": "👩‍👩‍👧", "tags": ["", " "], "extra": '"text"', "lines": [{"sku": "y"}]},
        ],
    ),
}
