import BigQueryRows
import SQLiteStaging
import Testing

/// Columns whose BigQuery type differs from that of the rows in the table.
@Suite struct TypeChangeTests {
    typealias Field = TableSchema.Field

    struct Change: Sendable, CustomTestStringConvertible {
        let old: Field
        let new: Field
        /// The types in the message; `nil` if the change is accepted.
        var types: (old: String, new: String)?
        var path = "c"
        var testDescription: String { "\(old.type.name) to \(new.type.name)" }
    }

    private static func change(_ old: FieldType, _ new: FieldType) -> Change {
        Change(
            old: Field(name: "c", type: old), new: Field(name: "c", type: new),
            types: old == new ? nil : (old.name, new.name))
    }

    private static func structure(_ members: [Field], mode: TableSchema.Mode = .nullable) -> Field {
        Field(name: "c", type: .structure, mode: mode, fields: members)
    }

    static let changes = [
        change(.datetime, .timestamp), change(.date, .timestamp), change(.numeric, .string), change(.string, .numeric),
        change(.string, .structure), change(.bool, .int64), change(.int64, .string),
        change(.unknown("A"), .unknown("B")),
        change(.date, .date), change(.unknown("A"), .unknown("A")),
        Change(
            old: Field(name: "c", type: .string), new: Field(name: "c", type: .string, mode: .repeated),
            types: ("STRING", "ARRAY<STRING>")),
        Change(old: Field(name: "c", type: .string), new: Field(name: "C", type: .string, mode: .required)),
        Change(
            old: Field(name: "c", type: .range, rangeElementType: .date),
            new: Field(name: "c", type: .range, rangeElementType: .timestamp),
            types: ("RANGE<DATE>", "RANGE<TIMESTAMP>")),
        Change(
            old: structure([Field(name: "a", type: .date), Field(name: "b", type: .int64)]),
            new: structure([Field(name: "d", type: .string), Field(name: "B", type: .int64)])),
        Change(
            old: structure([structure([Field(name: "x", type: .date)])]),
            new: structure([structure([Field(name: "x", type: .datetime)])]),
            types: ("DATE", "DATETIME"), path: "c.c.x"),
    ]

    static let modes = [StagingTarget.ExistingTable.append, .upsert, .deleteInsert].flatMap { ifExists in
        [(ifExists, true), (ifExists, false)]
    }

    @Test(arguments: changes, modes)
    func areRejectedWithBothTypes(
        _ change: Change, _ mode: (ifExists: StagingTarget.ExistingTable, isManaged: Bool)
    ) async throws {
        let (ifExists, isManaged) = mode
        try await StagingFolder.with { folder in
            func schema(_ field: Field, _ more: [Field]) -> TableSchema {
                TableSchema(fields: [.init(name: "k", type: .int64), field] + more)
            }
            let key = ifExists == .append ? [] : ["k"]
            try await folder.stage(
                [[.integer(1), .null]], schema: schema(change.old, []), into: folder.target(key: key))
            // The records of a table with another column still describe the others.
            if !isManaged { try folder.execute("ALTER TABLE results ADD COLUMN mine TEXT") }
            let more = isManaged ? [] : [Field(name: "mine", type: .string)]
            let run = {
                try await folder.withRun(
                    folder.target("results", ifExists, key: key), intent: .test(schema: schema(change.new, more))
                ) { _ in }
            }
            guard let types = change.types else { return try await run() }
            let error = await #expect(throws: StagingError.self) { try await run() }
            #expect(error?.code == .schemaMismatch)
            #expect(
                error?.message
                    == "column \(change.path) is \(types.old) in table results and \(types.new) in the result")
        }
    }

    /// A user's own table has no records of its columns.
    @Test func areRejectedForATableThatAnotherProgramMade() async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE results (c TEXT)")
            func stage(_ type: FieldType) async throws {
                try await folder.stage(
                    [], schema: TableSchema(fields: [.init(name: "c", type: type)]), ifExists: .append)
            }
            for _ in 1...2 { try await stage(.date) }
            try await expectCode(.schemaMismatch) { try await stage(.timestamp) }
            try folder.execute("DROP TABLE results; CREATE TABLE results (c INTEGER)")
            try await stage(.int64)
        }
    }

    @Test func areAcceptedIfTheTableIsReplaced() async throws {
        try await StagingFolder.with { folder in
            for type in [FieldType.date, .timestamp] {
                try await folder.stage(
                    [], schema: TableSchema(fields: [.init(name: "c", type: type)]), ifExists: .replace)
            }
            #expect(try folder.read("SELECT bigquery_type FROM _bqpull_columns") == ["\"TIMESTAMP\""])
        }
    }

    /// Members that a result leaves out are still in older rows.
    @Test func areComparedWithMembersThatWereLeftOut() async throws {
        try await StagingFolder.with { folder in
            func schema(_ members: Field...) -> TableSchema { TableSchema(fields: [Self.structure(members)]) }
            let (a, b) = (Field(name: "a", type: .date), Field(name: "b", type: .int64))
            for members in [schema(a), schema(b)] {
                try await folder.stage([], schema: members, ifExists: .append)
            }
            try await expectCode(.schemaMismatch) {
                try await folder.stage([], schema: schema(b, Field(name: "a", type: .string)), ifExists: .append)
            }
            try await folder.stage([], schema: schema(a, b), ifExists: .append)
        }
    }

    @Test func ignoreRecordsOfATableThatAnotherProgramMade() async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([], schema: TableSchema(fields: [.init(name: "c", type: .bytes)]))
            try folder.execute("DROP TABLE results; CREATE TABLE results (c TEXT)")
            let schema = TableSchema(fields: [.init(name: "c", type: .string)])
            try await folder.stage([], schema: schema, ifExists: .append)
            // The table does not become a managed one.
            try await expectCode(.targetExists) { try await folder.stage([], schema: schema) }
        }
    }

    @Test(arguments: ["'{}'", "x'ff'", "CAST(x'ff' AS TEXT)"])
    func rejectInvalidRecords(_ value: String) async throws {
        try await StagingFolder.with { folder in
            try await folder.stage([], schema: .numbers)
            try folder.execute("UPDATE _bqpull_columns SET schema = \(value)")
            try await expectCode(.databaseUnusable) {
                try await folder.stage([], schema: .numbers, ifExists: .append)
            }
        }
    }
}
