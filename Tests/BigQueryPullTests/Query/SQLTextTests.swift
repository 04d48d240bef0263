import TestSupport
import Testing

@testable import BigQueryPull

@Suite struct SQLTextTests {
    @Test(arguments: [
        ("SELECT a+b FROM t", "SELECT a + b\n\tFROM t"),
        ("SELECT 1", "\r\n SELECT\u{A0}1 \u{2003}"),
        ("SELECT 1", "SELECT 1;"), ("SELECT 1", "SELECT 1 ; ;\n;"), ("SELECT 1", "SELECT 1; -- end"),
        ("SELECT 1", "-- begin\nSELECT 1"), ("SELECT 1", "# begin\rSELECT 1 # end"),
        ("SELECT 1", "/* a ; ' */SELECT/**/1/***/"), ("SELECT 1", "SELECT 1 /* not closed"),
        ("SELECT a-b", "SELECT a - b"), ("SELECT 0xe-5+1", "SELECT 0xe - 5 + 1"), ("SELECT a", "SELECT a --b"),
        ("SELECT a/b", "SELECT a /*/ * /*/ / b"),
        ("SELECT t.a", "SELECT t . a"), ("SELECT @day", "SELECT @ day"), ("SELECT r'a'", "SELECT\nr'a'"),
        ("SELECT '''a''b'''", " SELECT '''a''b''' "),
        ("SELECT ARRAY<STRUCT<a INT64>>[]", "SELECT ARRAY<STRUCT<a INT64> > [ ]"),
        ("CREATE TEMP FUNCTION f() AS (1); SELECT f()", "CREATE TEMP FUNCTION f() AS (1) ;\nSELECT f() -- one\n;"),
        ("", " ;; -- nothing\n;"),
    ])
    func equalsATextWithTheSameTokens(one: String, other: String) {
        #expect(SQLText(one) == SQLText(other))
        #expect(IncrementalQuery.isSame(one, other))
    }

    @Test(arguments: [
        ("SELECT a", "SELECT b"), ("SELECT a", "select a"), ("SELECT a", "SELECT A"), ("SELECT ab", "SELECT a b"),
        ("SELECT 'a b'", "SELECT 'a  b'"), ("SELECT 'a'", "SELECT \"a\""), ("SELECT 'a'", "SELECT a"),
        ("SELECT 'a'", "SELECT `a`"), ("SELECT '-- a'", "SELECT '-- b'"), ("SELECT '# a'", "SELECT '# b'"),
        ("SELECT '/* a */'", "SELECT '/* b */'"), ("SELECT `a;b`", "SELECT `a; b`"), ("SELECT r'a'", "SELECT r 'a'"),
        ("SELECT 'é'", "SELECT 'e\u{301}'"), ("SELECT 1.5", "SELECT 1 .5"), ("SELECT 1e-5", "SELECT 1e - 5"),
        ("SELECT 1.5E+5", "SELECT 1.5E + 5"),
        ("SELECT 10", "SELECT 1 0"), ("SELECT - -1", "SELECT --1"), ("SELECT '''a' --'''", "SELECT '''a' '''"),
        ("SELECT @@a", "SELECT @ @a"), ("SELECT 1; SELECT 2", "SELECT 1 SELECT 2"), ("SELECT '\\'--'", "SELECT '\\''"),
        ("SELECT r'\\'--'", "SELECT r'\\''"), ("SELECT 1", "SELECT 1, 1"), ("SELECT 1", ""),
    ])
    func differsFromATextWithOtherTokens(one: String, other: String) {
        #expect(SQLText(one) != SQLText(other))
        #expect(!IncrementalQuery.isSame(one, other))
    }

    struct Parts: Sendable {
        let sql: String
        var prologue = ""
        let query: String
    }

    @Test(arguments: [
        Parts(sql: "SELECT 1", query: "SELECT 1"),
        Parts(sql: "  SELECT 1 ; \n ;", query: "SELECT 1"),
        Parts(sql: "SELECT 1; -- end", query: "SELECT 1"),
        Parts(sql: "SELECT 1 -- end", query: "SELECT 1 -- end"),
        Parts(sql: "-- begin;\nSELECT 1", query: "-- begin;\nSELECT 1"),
        Parts(
            sql: "SELECT ';', \";\", `;`, r';', b\"\"\";\"\"\" # ;",
            query: "SELECT ';', \";\", `;`, r';', b\"\"\";\"\"\" # ;"),
        Parts(
            sql: "CREATE TEMP FUNCTION f() AS (1);\nSELECT f();", prologue: "CREATE TEMP FUNCTION f() AS (1);",
            query: "SELECT f()"),
        Parts(
            sql: "CREATE TEMP FUNCTION f() RETURNS INT64 LANGUAGE js AS r'''return 1; // ' ''';\n-- two\nSELECT f()",
            prologue: "CREATE TEMP FUNCTION f() RETURNS INT64 LANGUAGE js AS r'''return 1; // ' ''';",
            query: "-- two\nSELECT f()"),
        Parts(sql: "A; /* b; */ B; C;;", prologue: "A; /* b; */ B;", query: "C"),
        Parts(sql: "", query: ""), Parts(sql: ";", query: ""), Parts(sql: "-- nothing", query: "-- nothing"),
        Parts(sql: "SELECT 'é👩‍👩‍👧\r\n'; ", query: "SELECT 'é👩‍👩‍👧\r\n'"),
    ])
    func separatesTheLastStatement(_ parts: Parts) {
        let sql = SQLText(parts.sql)
        #expect(sql.prologue == parts.prologue)
        #expect(sql.query == parts.query)
    }

    @Test(arguments: [
        "SELECT a FROM t LIMIT 2", "SELECT a FROM t ORDER BY a limit 2;", "SELECT a FROM t\nLimit @most -- rows",
        "SELECT (SELECT 1) LIMIT 2 OFFSET 1", "SELECT 1 UNION ALL (SELECT 2) LIMIT 1", "FROM t |> WHERE a |> LIMIT 3",
        "FROM t |> LIMIT 3 |> SELECT a", "(SELECT a FROM t LIMIT 2)", "((SELECT a FROM t LIMIT 2)) -- end",
        "(SELECT a FROM t) LIMIT 2", "((SELECT a FROM t) LIMIT 2)", "(SELECT f(a) FROM t LIMIT f(2))",
        "CREATE TEMP FUNCTION f() AS (1); SELECT f() LIMIT 2;", "SELECT 1. LIMIT 2", "SELECT 1e5LIMIT, .5 LIMIT 1",
        "SELECT '''limit''' LIMIT 1",
        "SELECT a/*\n*/LIMIT/* */1",
    ])
    func recognizesALimit(sql: String) {
        #expect(SQLText(sql).limitsRows)
        #expect(IncrementalQuery.limitsRows(sql))
    }

    @Test(arguments: [
        "SELECT a FROM t", "SELECT * FROM (SELECT a FROM t LIMIT 2)", "SELECT a FROM t -- LIMIT 2",
        "SELECT a FROM t # LIMIT 2", "SELECT a FROM t /* LIMIT 2 */", "SELECT a FROM t WHERE b = ' LIMIT 2'",
        "SELECT \"\"\"\nLIMIT 2\"\"\"", "SELECT r'\\' LIMIT 2'", "SELECT `limit` FROM t", "SELECT t.limit FROM t",
        "SELECT t . limit FROM t", "SELECT @limit", "SELECT @ limit", "SELECT @@limit", "SELECT a FROM my-limit.b.t",
        "SELECT a FROM my-1.limit.t", "SELECT limits, limit_, _limit, limit2 FROM t",
        "WITH t AS (SELECT 1 LIMIT 2) SELECT * FROM t", "(SELECT 1 LIMIT 1) UNION ALL (SELECT 2 LIMIT 1)",
        "SELECT ARRAY_AGG(a ORDER BY a LIMIT 2) FROM t", "(SELECT * FROM (SELECT a FROM t LIMIT 2))",
        "SELECT 1 LIMIT 2; SELECT 3", "SELECT a FROM t; -- LIMIT 2", "", ")", "((", "LIMI", "((LIMIT))) b",
    ])
    func findsNoOtherLimit(sql: String) {
        #expect(!SQLText(sql).limitsRows)
        #expect(!IncrementalQuery.limitsRows(sql))
    }

    @Test(arguments: [
        "SELECT * FROM t WHERE a >= @bqpull_watermark", "SELECT @BQPull_Watermark", "SELECT @`bqpull_watermark`",
        "SELECT @ bqpull_watermark", "SELECT @/* */bqpull_watermark", "SELECT (@bqpull_watermark)",
        "SELECT @@x, @bqpull_watermark", "CREATE TEMP FUNCTION f() AS (1); SELECT @bqpull_watermark; -- end",
        "@bqpull_watermark", "SELECT 1+@bqpull_watermark-1",
    ])
    func findsTheParameter(sql: String) {
        #expect(SQLText(sql).contains(parameter: IncrementalQuery.parameter))
        #expect(IncrementalQuery.usesWatermark(sql))
    }

    @Test(arguments: [
        "SELECT 1", "SELECT bqpull_watermark", "SELECT '@bqpull_watermark'", "SELECT `@bqpull_watermark`",
        "SELECT 1 -- @bqpull_watermark", "SELECT 1 /* @bqpull_watermark */", "SELECT 1 # @bqpull_watermark",
        "SELECT @@bqpull_watermark", "SELECT @bqpull_watermark2", "SELECT @my_bqpull_watermark",
        "SELECT @'bqpull_watermark'",
        "SELECT @other.bqpull_watermark", "@", "@@", "@`", "@``", "@;bqpull_watermark", "",
    ])
    func findsNoOtherParameter(sql: String) {
        #expect(!SQLText(sql).contains(parameter: IncrementalQuery.parameter))
        #expect(!IncrementalQuery.usesWatermark(sql))
    }

    private static let tokens = [
        "SELECT", "a", "_b1", "LIMIT", "1", "1.5", "1e-5", ".", ",", "(", ")", "[", "]", "{", "<", ">", "|", "=", "+",
        "*",
        "@", "@@", ";", "'x'", "\"y\"", "`z`", "''", "r'\\''", "'''a'b\n'''", "b\"\"\"\"\"\"", "'-- \\' #'", "\"/*\"",
        "é",
    ]

    private static let separators = [" ", "\n", "\t\r\n", " -- ' `\n", "#;\"\n", "/* ( */", " /**/ "]

    /// Comments and whitespace between tokens do not matter, and every token does.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func dependsOnTokensOnly(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let tokens = try (0..<Int.random(in: 1...30, using: &random)).map { _ in
                try #require(Self.tokens.randomElement(using: &random))
            }
            var varied = ""
            for token in tokens {
                varied += try #require(Self.separators.randomElement(using: &random)) + token
            }
            let sql = tokens.joined(separator: " ")
            #expect(SQLText(varied) == SQLText(sql), "\(varied)")
            #expect(SQLText(varied + "\n;; -- end") == SQLText(sql), "\(varied)")
            #expect(SQLText(varied).limitsRows == SQLText(sql).limitsRows, "\(varied)")

            var others = tokens
            others.insert("word", at: Int.random(in: 0...tokens.count, using: &random))
            #expect(SQLText(others.joined(separator: " ")) != SQLText(sql), "\(sql)")
        }
    }

    private static let fragments =
        tokens + separators + [
            "'", "\"", "`", "'''", "\"\"\"", "r'", "rb\"\"\"", "\\", "--", "#", "/*", "*/", "/", "-", "\r", "\n", "\0",
            "e", "x",
            "0x", "1.", "@bqpull_watermark", "\u{301}", "👩‍👩‍👧", "\u{2028}", "((((", "))))", "LIMIT 1",
        ]

    /// Any text can be split, and its parts can be found in it.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func splitsEveryText(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            var text = ""
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                text += try #require(Self.fragments.randomElement(using: &random))
            }
            let sql = SQLText(text)
            #expect(sql == SQLText(text))
            #expect(sql == SQLText("\n\(text)"))
            let scalars = Array(text.unicodeScalars)
            for part in [sql.prologue, sql.query] {
                #expect(part.isEmpty || scalars.contains(Array(part.unicodeScalars)), "\(text)")
            }
            // Whitespace after the last token is removed, and so is that in a string without an end.
            if SQLText("\(text)\n") == sql {
                #expect(SQLText("\(sql.prologue)\n\(sql.query)") == sql, "\(text)")
            }
            _ = (sql.limitsRows, sql.contains(parameter: "bqpull_watermark"))
        }
    }

    /// A quadratic algorithm would exceed the limit.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["(", ")", "'", "\"\"\"", "\\", "`", "/*", "*/", "@", ";", "- ", "r", "1.", "LIMIT "])
    func takesLinearTime(fragment: String) {
        let text = String(repeating: fragment, count: 100_000)
        let sql = SQLText("SELECT \(text)")
        #expect(sql == SQLText("SELECT \(text)"))
        #expect(!sql.contains(parameter: "bqpull_watermark"))
        #expect(sql.limitsRows == (fragment == "LIMIT "))
        #expect(sql.query.unicodeScalars.count + sql.prologue.unicodeScalars.count <= text.unicodeScalars.count + 7)
    }
}
