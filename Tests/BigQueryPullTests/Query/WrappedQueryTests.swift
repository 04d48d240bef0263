import BigQuery
import BigQueryRows
import GRDB
import SQLiteStaging
import Testing

@testable import BigQueryPull

@Suite struct WrappedQueryTests {
    private static func range(
        _ lower: String?, _ upper: String?, nulls: Bool = false, column: String = "id", type: FieldType = .int64
    ) throws -> IncrementalRange {
        IncrementalRange(
            column: column, type: type,
            lowerBound: try lower.map { try #require(IncrementalValue($0, type: type)) },
            upperBound: try upper.map { try #require(IncrementalValue($0, type: type)) }, includesNulls: nulls)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var lower: String?
        var upper: String?
        var nulls = false
        var isFirst = false
        /// `nil` if the query is sent as it is.
        let condition: String?
        /// The values of the rows that it selects of NULL, 1, 2, 3, 4.
        let rows: [Int?]
    }

    static let cases = [
        Case(testDescription: "a first run", nulls: true, isFirst: true, condition: nil, rows: [nil, 1, 2, 3, 4]),
        Case(testDescription: "from the beginning", nulls: true, condition: nil, rows: [nil, 1, 2, 3, 4]),
        Case(testDescription: "a mark without a value", condition: "`id` IS NOT NULL", rows: [1, 2, 3, 4]),
        Case(
            testDescription: "a lower bound", lower: "2", condition: "`id` >= @bqpull_watermark", rows: [2, 3, 4]),
        Case(
            testDescription: "a lower bound in a first run", lower: "2", isFirst: true,
            condition: "`id` >= @bqpull_watermark", rows: [2, 3, 4]),
        Case(
            testDescription: "two bounds", lower: "2", upper: "4",
            condition: "`id` >= @bqpull_watermark AND `id` < @bqpull_until", rows: [2, 3]),
        Case(
            testDescription: "an upper bound in a first run", upper: "3", nulls: true, isFirst: true,
            condition: "(`id` < @bqpull_until OR `id` IS NULL)", rows: [nil, 1, 2]),
        Case(
            testDescription: "an upper bound after a mark without a value", upper: "3",
            condition: "`id` < @bqpull_until", rows: [1, 2]),
        Case(
            testDescription: "two bounds and NULL", lower: "2", upper: "3", nulls: true,
            condition: "(`id` >= @bqpull_watermark AND `id` < @bqpull_until OR `id` IS NULL)", rows: [nil, 2]),
    ]

    @Test(arguments: cases) func selectsTheRowsOfTheRange(_ test: Case) throws {
        let query = QueryRequest("SELECT id FROM numbers")
        let range = try Self.range(test.lower, test.upper, nulls: test.nulls)
        let wrapped = IncrementalQuery.wrapping(query, range, isFirst: test.isFirst)
        let bounds = [("bqpull_watermark", test.lower), ("bqpull_until", test.upper)]
            .compactMap { name, text in text.flatMap(Int64.init).map { (name, $0) } }
        #expect(wrapped.parameters.elements.map(\.name) == bounds.map(\.0))
        #expect(wrapped.parameters.elements.map(\.value) == bounds.map { .int64($0.1) })
        if let condition = test.condition {
            #expect(wrapped.sql == "SELECT * FROM (\nSELECT id FROM numbers\n) WHERE \(condition)")
        } else {
            #expect(wrapped == query)
        }

        let rows = try DatabaseQueue().write { db in
            try db.execute(sql: "CREATE TABLE numbers (id); INSERT INTO numbers VALUES (NULL), (1), (2), (3), (4)")
            return try Optional<Int>.fetchAll(
                db, sql: wrapped.sql, arguments: StatementArguments(Dictionary(uniqueKeysWithValues: bounds)))
        }
        #expect(rows == test.rows)
    }

    @Test(arguments: [
        (FieldType.date, "2024-02-01", ParameterValue.date("2024-02-01")),
        (.datetime, "2024-02-01T10:00:00.50", .datetime("2024-02-01T10:00:00.5")),
        (.timestamp, "2024-02-01T10:00:00+02:00", .timestamp("2024-02-01T08:00:00.000000Z")),
    ])
    func sendsBoundsInTheTypeOfTheColumn(type: FieldType, text: String, parameter: ParameterValue) throws {
        let range = try Self.range(text, text, type: type)
        let wrapped = IncrementalQuery.wrapping(QueryRequest("SELECT 1"), range, isFirst: false)
        #expect(wrapped.parameters.elements.map(\.value) == [parameter, parameter])
    }

    @Test(arguments: [
        ("SELECT 1 AS id; -- end", "", "SELECT 1 AS id"),
        ("SELECT 1 AS id -- end", "", "SELECT 1 AS id -- end"),
        ("-- begin\nSELECT 1 AS id;;", "", "-- begin\nSELECT 1 AS id"),
        (
            "CREATE TEMP FUNCTION f() AS (1);\n\nSELECT f() AS id;", "CREATE TEMP FUNCTION f() AS (1);\n",
            "SELECT f() AS id"
        ),
    ])
    func wrapsTheLastStatement(sql: String, prologue: String, statement: String) throws {
        let query = QueryRequest(sql)
        #expect(
            IncrementalQuery.wrapping(query, try Self.range("1", nil), isFirst: false).sql
                == "\(prologue)SELECT * FROM (\n\(statement)\n) WHERE `id` >= @bqpull_watermark")
        #expect(
            IncrementalQuery.nullCount(of: query, column: "id").sql
                == "\(prologue)SELECT COUNT(*) AS n FROM (\n\(statement)\n) WHERE `id` IS NULL")
    }

    @Test(arguments: [("Änderung am", "`Änderung am`"), ("a`b\\c", "`a\\`b\\\\c`")])
    func quotesTheColumn(name: String, quoted: String) throws {
        let query = QueryRequest("SELECT 1")
        let range = try Self.range(nil, nil, column: name)
        #expect(IncrementalQuery.wrapping(query, range, isFirst: false).sql.hasSuffix(" WHERE \(quoted) IS NOT NULL"))
        #expect(IncrementalQuery.nullCount(of: query, column: name).sql.hasSuffix(" WHERE \(quoted) IS NULL"))
    }

    @Test func returnsToTheQueryAsTyped() throws {
        var query = QueryRequest("SELECT * FROM t WHERE a = @a;", parameters: ["a": 1])
        query.maximumBytesBilled = 5
        let wrapped = IncrementalQuery.wrapping(query, try Self.range("1", "2"), isFirst: false)
        #expect(wrapped.parameters.elements.map(\.name) == ["a", "bqpull_watermark", "bqpull_until"])
        #expect(IncrementalQuery.unwrapped(wrapped, query.sql) == query)
        #expect(IncrementalQuery.unwrapped(query, query.sql) == query)
        let count = IncrementalQuery.nullCount(of: query, column: "id")
        #expect(count.parameters == query.parameters)
        #expect(count.maximumBytesBilled == 5)
    }

    private static let target = StagingTarget(path: "staging.db", ifExists: .append)

    @Test(arguments: [
        "SELECT id FROM t ORDER BY id LIMIT 2", "(SELECT id FROM t LIMIT 2);", "FROM t |> LIMIT 2 -- @bqpull_watermark",
    ])
    func rejectsALimit(sql: String) {
        let error = #expect(throws: PullError.self) {
            try IncrementalQuery.check(QueryRequest(sql), into: Self.target)
        }
        #expect(error?.code == .notIncremental)
        #expect(error?.detail == .limitClause)
    }

    @Test(arguments: [
        "SELECT id FROM t", "SELECT id FROM (SELECT id FROM t LIMIT 2)", "SELECT id FROM t -- LIMIT 2",
        "SELECT id FROM t WHERE id >= @bqpull_watermark ORDER BY id LIMIT 2",
    ])
    func acceptsQueriesThatReadAllRows(sql: String) throws {
        try IncrementalQuery.check(QueryRequest(sql, parameters: ["a": 1]), into: Self.target)
    }

    @Test(arguments: ["bqpull_watermark", "BQPULL_Until"]) func reservesItsParameters(name: String) {
        var query = QueryRequest("SELECT id FROM t WHERE id > @\(name)")
        query.parameters.append(1, named: name)
        let error = #expect(throws: PullError.self) { try IncrementalQuery.check(query, into: Self.target) }
        #expect(error?.code == .notIncremental)
        #expect(error?.message.contains("@\(name.lowercased())") == true)
    }
}
