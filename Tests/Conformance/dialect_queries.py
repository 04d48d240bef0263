"""The dataset `shop`, and queries in BigQuery's dialect over all its types."""

from __future__ import annotations

from typing import Any

from google.cloud.bigquery import SchemaField

from pulls import Query

#: The number of rows in `shop.numbers`.
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

#: Schema and rows by table name. Missing fields are NULL.
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

# bqemulator sends GEOGRAPHY as BYTES that are not base64, which Google's client cannot read either, so geography is
# text here. It rejects bytes literals above \x7f (hence FROM_HEX) and BIGNUMERIC of more than 38 digits.
SCALARS = [
    Query(
        "INT64 extremes", "SELECT 9223372036854775807 AS most, -9223372036854775808 AS least, 0 AS zero, -1 AS minus"
    ),
    Query("FLOAT64 special", "SELECT CAST('NaN' AS FLOAT64) a, CAST('inf' AS FLOAT64) b, CAST('-inf' AS FLOAT64) c"),
    Query(
        "FLOAT64 extremes", "SELECT 1.7976931348623157e308 a, 5e-324 b, 0.1 c, -0.0 d, 1e22 e, 123456789.125 f, 1.0 g"
    ),
    Query(
        "NUMERIC",
        "SELECT NUMERIC '99999999999999999999999999999.999999999' a, NUMERIC '-1.50' b, NUMERIC '0' c, NUMERIC '7' d",
    ),
    Query("NUMERIC smallest", "SELECT NUMERIC '0.000000001' a, NUMERIC '-0.000000001' b"),
    Query("BIGNUMERIC", "SELECT BIGNUMERIC '12345678901234567890.123456789012345678' a, BIGNUMERIC '-1.5' b"),
    Query("BOOL", "SELECT TRUE yes, FALSE no, CAST(NULL AS BOOL) unknown"),
    Query("STRING empty and spaces", "SELECT '' a, ' ' b, '  padded  ' c, 'NULL' d, '\\\\N' e, '0' f"),
    Query(
        "STRING unicode", "SELECT 'Zürich' a, '東京' b, '👩‍👩‍👧' c, 'مرحبا' d, '\ufeffbom' e, 'e\u0301' f, '\u2028' g"
    ),
    Query(
        "STRING escapes",
        r"""SELECT 'a"b' a, "it's" b, 'back\\slash' c, 'tab\there' d, 'two\nlines' e, r'\n' f, '\r' g""",
    ),
    Query("STRING long", "SELECT REPEAT('0123456789', 100000) AS million"),
    Query("STRING that looks like JSON", """SELECT '{"v":[1,2]}' a, '[]' b, '</script>' c, '&amp;' d, '%00' e"""),
    Query("BYTES", "SELECT FROM_HEX('00ff0180') a, b'' b, FROM_BASE64('3q2+7w==') c, b'abc' d, CAST(NULL AS BYTES) e"),
    Query("DATE", "SELECT DATE '0001-01-01' a, DATE '9999-12-31' b, DATE '2024-02-29' c, DATE '1582-10-10' d"),
    Query("TIME", "SELECT TIME '00:00:00' a, TIME '23:59:59.999999' b, TIME '12:34:56.1' c, TIME '01:02:03.000001' d"),
    Query(
        "DATETIME",
        "SELECT DATETIME '0001-01-01 00:00:00' a, DATETIME '9999-12-31 23:59:59.999999' b,"
        " DATETIME '2024-02-29T12:00:00.5' c",
    ),
    Query(
        "TIMESTAMP ends",
        "SELECT TIMESTAMP '0001-01-01 00:00:00+00' first, TIMESTAMP '9999-12-31 23:59:59.999999+00' last",
    ),
    Query(
        "TIMESTAMP around 1970",
        "SELECT TIMESTAMP_MICROS(0) a, TIMESTAMP_MICROS(-1) b, TIMESTAMP_MICROS(1) c, TIMESTAMP_SECONDS(-1) d,"
        " TIMESTAMP '1900-01-01 00:00:00+00' e",
    ),
    Query(
        "TIMESTAMP microseconds and zones",
        "SELECT TIMESTAMP '2015-01-01 00:00:00.000001+00' a, TIMESTAMP '2015-06-01 12:00:00.123456+05:30' b,"
        " TIMESTAMP '2015-01-01 00:00:00+00' c",
    ),
    Query("INTERVAL", "SELECT INTERVAL '1-2 3 4:5:6.789' YEAR TO SECOND a, INTERVAL 10 DAY b, INTERVAL 25 HOUR c"),
    Query("JSON", """SELECT JSON '{"a":[1,2,{"b":null}],"c":"é"}' a, JSON 'null' b, JSON '[]' c, JSON '"text"' d"""),
    Query("JSON numbers", "SELECT PARSE_JSON('[9223372036854775807, 1.5, -0.25, true]') a, TO_JSON(STRUCT(1 AS x)) b"),
    Query("GEOGRAPHY as text", "SELECT ST_ASTEXT(ST_GEOGPOINT(8.5, 47.4)) wkt, ST_ASGEOJSON(ST_GEOGPOINT(1, 2)) geo"),
    Query("RANGE of DATE", "SELECT RANGE<DATE> '[2024-01-01, 2024-02-01)' a, RANGE<DATE> '[UNBOUNDED, 2024-01-01)' b"),
    Query(
        "RANGE of DATETIME",
        "SELECT RANGE<DATETIME> '[2024-01-01 01:02:03, UNBOUNDED)' a, CAST(NULL AS RANGE<DATETIME>) b",
    ),
    Query("RANGE of TIMESTAMP", "SELECT RANGE<TIMESTAMP> '[2024-01-01 00:00:00+00, 2024-01-02 00:00:00+00)' a"),
    Query(
        "NULL of every type",
        "SELECT CAST(NULL AS INT64) a, CAST(NULL AS FLOAT64) b, CAST(NULL AS NUMERIC) c, CAST(NULL AS STRING) d,"
        " CAST(NULL AS BYTES) e, CAST(NULL AS DATE) f, CAST(NULL AS TIME) g, CAST(NULL AS DATETIME) h,"
        " CAST(NULL AS TIMESTAMP) i, CAST(NULL AS INTERVAL) j, CAST(NULL AS JSON) k",
    ),
]

NESTED = [
    Query("STRUCT", "SELECT STRUCT(1 AS a, 'x' AS b, TRUE AS c, CAST(NULL AS INT64) AS d) s"),
    Query("STRUCT in STRUCT", "SELECT STRUCT(1 AS a, STRUCT('x' AS b, STRUCT([1, 2] AS d) AS c) AS e) s"),
    Query("STRUCT NULL", "SELECT CAST(NULL AS STRUCT<a INT64, b STRING>) s, STRUCT(CAST(NULL AS STRING) AS a) t"),
    Query(
        "STRUCT of every scalar",
        "SELECT STRUCT(9007199254740993 AS i, 0.1 AS f, NUMERIC '1.10' AS n, FALSE AS o, 'é\"\\\\' AS s,"
        " FROM_HEX('00ff') AS y, DATE '0001-01-01' AS d, TIME '01:02:03.5' AS t, DATETIME '2024-02-29 00:00:00' AS dt,"
        " TIMESTAMP '9999-12-31 23:59:59.999999+00' AS ts) s",
    ),
    Query(
        "STRUCT with special floats",
        "SELECT STRUCT(CAST('NaN' AS FLOAT64) AS n, CAST('-inf' AS FLOAT64) AS i, 1.0 AS o) s",
    ),
    Query("ARRAY of INT64", "SELECT [1, -9223372036854775808, 9223372036854775807] a, GENERATE_ARRAY(1, 100) b"),
    Query("ARRAY of scalars", "SELECT ['', 'é', 'x\"y'] s, [1.5, -2.0] f, [TRUE, FALSE] b, [DATE '2024-01-01'] d"),
    Query(
        "ARRAY of more scalars",
        "SELECT [FROM_HEX('00'), b''] y, [NUMERIC '1.5'] n, [TIMESTAMP '2024-01-01 00:00:00+00'] ts,"
        " [TIME '01:02:03'] t",
    ),
    Query("ARRAY empty and NULL", "SELECT ARRAY<INT64>[] a, CAST(NULL AS ARRAY<STRING>) b, ['x'] c"),
    Query("ARRAY of RANGE", "SELECT [RANGE<DATE> '[2024-01-01, UNBOUNDED)'] a"),
    Query("ARRAY of STRUCT", "SELECT [STRUCT(1 AS a, 'x' AS b), STRUCT(2 AS a, CAST(NULL AS STRING) AS b)] s"),
    Query(
        "ARRAY of STRUCT with ARRAY of STRUCT",
        "SELECT [STRUCT('k' AS k, [STRUCT(1 AS n, ARRAY<STRING>[] AS t), STRUCT(2 AS n, ['a', 'b'] AS t)] AS v)] s",
    ),
    Query("STRUCT field names", 'SELECT STRUCT(1 AS `select`, 2 AS `a b`, 3 AS `ü"`) s'),
    Query(
        "ARRAY_AGG of STRUCT",
        "SELECT MOD(x, 3) k, ARRAY_AGG(STRUCT(x, x * x AS sq) ORDER BY x) v"
        " FROM UNNEST(GENERATE_ARRAY(1, 10)) x GROUP BY k ORDER BY k",
    ),
]

STATEMENTS = [
    Query("empty result", "SELECT * FROM shop.orders WHERE id < 0"),
    Query("one row", "SELECT COUNT(*) n, SUM(amount) total, MIN(placed) first, MAX(placed) last FROM shop.orders"),
    Query("whole table", "SELECT * FROM shop.orders ORDER BY id"),
    Query("table by its full name", "SELECT id, tags FROM `conformance.shop.orders` ORDER BY id DESC"),
    Query(
        "join",
        "SELECT o.id, c.name, o.amount FROM shop.orders o JOIN shop.customers c ON c.id = o.customer ORDER BY o.id",
    ),
    Query(
        "outer join",
        "SELECT c.id, c.name, o.id AS order_id FROM shop.customers c LEFT JOIN shop.orders o ON o.customer = c.id"
        " ORDER BY c.id, order_id",
    ),
    Query(
        "aggregates",
        "SELECT customer, COUNT(*) n, SUM(amount) s, AVG(weight) w, STRING_AGG(note, '|' ORDER BY id) notes"
        " FROM shop.orders GROUP BY customer HAVING COUNT(*) > 1 ORDER BY customer",
    ),
    Query("UNNEST", "SELECT id, tag FROM shop.orders, UNNEST(tags) tag ORDER BY id, tag"),
    Query("UNNEST with offset", "SELECT x, place FROM UNNEST(['a', 'b', 'c']) x WITH OFFSET place ORDER BY place"),
    Query(
        "window functions",
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY id) n,"
        " SUM(amount) OVER (ORDER BY id) running, LAG(note) OVER (ORDER BY id) before FROM shop.orders ORDER BY id",
    ),
    Query("CTE", "WITH big AS (SELECT * FROM shop.orders WHERE amount > 10) SELECT id, amount FROM big ORDER BY id"),
    Query(
        "recursive CTE",
        "WITH RECURSIVE t AS (SELECT 1 n UNION ALL SELECT n + 1 FROM t WHERE n < 20) "
        " SELECT n, n * n sq FROM t ORDER BY n",
    ),
    Query("set operation", "SELECT x FROM (SELECT 1 x UNION ALL SELECT 2 UNION ALL SELECT 2) ORDER BY x"),
    Query(
        "CASE and IF",
        "SELECT id, IF(amount > 10, 'much', 'little') a, COALESCE(note, '-') b FROM shop.orders ORDER BY id",
    ),
    Query(
        "date arithmetic",
        "SELECT DATE_ADD(DATE '2024-01-31', INTERVAL 1 MONTH) a, DATE_DIFF('2024-03-01', '2024-02-01', DAY) b",
    ),
    Query("SAFE functions", "SELECT SAFE_CAST('x' AS INT64) a, SAFE_DIVIDE(1, 0) b, SAFE_CAST('12' AS INT64) c"),
    Query("subquery in SELECT", "SELECT ARRAY(SELECT x * 2 FROM UNNEST([1, 2, 3]) x) a, EXISTS(SELECT 1) b"),
    Query("trailing semicolon and comment", "SELECT 1 AS a -- one\n;"),
]

PARAMETERS = [
    Query("named INT64", "SELECT id, note FROM shop.orders WHERE id >= @least ORDER BY id", ("least:INT64:3",)),
    Query("named STRING", "SELECT @text AS t, LENGTH(@text) AS n", ('text:STRING:it\'s "é":x',)),
    Query(
        "named, of several types",
        "SELECT @i AS i, @f AS f, @b AS b, @d AS d, @n AS n",
        ("i:INT64:-5", "f:FLOAT64:0.1", "b:BOOL:true", "d:DATE:2024-02-29", "n:NUMERIC:1.25"),
    ),
    Query("named TIMESTAMP", "SELECT @at AS t", ("at:TIMESTAMP:2024-01-01 00:00:00.000001+00:00",)),
    Query("named ARRAY", "SELECT @list AS l, 2 IN UNNEST(@list) AS i", ("list:ARRAY<INT64>:[1, 2, 3]",)),
    Query("positional", "SELECT ? + 1 AS a, ? AS b", (":INT64:41", ":STRING:x")),
]

NAMES = [
    Query("keywords and spaces", "SELECT 1 AS `select`, 2 AS `order`, 3 AS `a b`, 4 AS `table`"),
    Query("quotes and dots", "SELECT 1 AS `a\"b`, 2 AS `it's`, 3 AS `a.b`, 4 AS `]`, 5 AS `'); DROP TABLE x;--`"),
    Query("unicode", "SELECT 1 AS `ü`, 2 AS `東京`, 3 AS `🚕`, 4 AS `e\u0301`"),
    Query("300 characters", f"SELECT 1 AS `{'n' * 300}`"),
    Query("SQLite's own names", "SELECT 1 AS rowid, 2 AS oid, 3 AS _rowid_, 4 AS sqlite_master"),
    Query("not named", "SELECT 1, 'x', 2 + 3"),
]

PAGES = [
    Query(
        f"{NUMBERS:,} rows in pages of 1,000", "SELECT * FROM shop.numbers ORDER BY n", options=("--page-rows", "1000")
    ),
    Query(
        f"{NUMBERS:,} rows in pages of 7,001",
        "SELECT n, half FROM shop.numbers ORDER BY n DESC",
        options=("--page-rows", "7001"),
    ),
    Query("pages of one row", "SELECT * FROM shop.orders ORDER BY id", options=("--page-rows", "1")),
    Query(
        "pages that end with the last row",
        "SELECT n FROM shop.numbers WHERE n <= 300 ORDER BY n",
        options=("--page-rows", "100"),
    ),
]

GROUPS = {
    "scalar types": SCALARS,
    "nested and repeated": NESTED,
    "statements": STATEMENTS,
    "parameters": PARAMETERS,
    "column names": NAMES,
    "many pages": PAGES,
}
