import BigQueryRows
import Foundation
import GRDB
import TestSupport
import Testing

@testable import SQLiteStaging

/// A temporary folder for one test, with the path of a database `staging.db`.
struct StagingFolder {
    let folder: String
    var path: String { folder + "/staging.db" }

    /// Runs `test` with a fresh folder and removes it afterwards.
    static func with<Result>(_ test: (StagingFolder) async throws -> Result) async throws -> Result {
        try await TemporaryFolder.with { try await test(StagingFolder(folder: $0.path)) }
    }

    /// The files in the folder.
    var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
    }

    /// Copies the database and its companions to another folder, except for the shared memory, which a crash loses.
    func copyFiles(to other: StagingFolder) throws {
        for file in try files where !file.hasSuffix("-shm") {
            try FileManager.default.copyItem(atPath: "\(folder)/\(file)", toPath: "\(other.folder)/\(file)")
        }
    }

    /// Opens the connection of another program.
    func connect(busyMode: Database.BusyMode = .immediateError) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = busyMode
        configuration.allowsUnsafeTransactions = true
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Executes SQL as another program.
    func execute(_ sql: String) throws {
        try connect().writeWithoutTransaction { try $0.execute(sql: sql) }
    }

    /// Reads rows as another program: SQL literals, columns separated by `|`.
    func read(_ sql: String) throws -> [String] {
        try Self.read(sql, connect())
    }

    /// Reads rows through a connection.
    static func read(_ sql: String, _ connection: DatabaseQueue) throws -> [String] {
        try connection.unsafeRead { db in
            try Row.fetchAll(db, sql: sql).map { row in
                row.databaseValues.map { $0.isNull ? "NULL" : $0.description }.joined(separator: "|")
            }
        }
    }

    func target(
        _ table: String = "results", _ ifExists: StagingTarget.ExistingTable? = nil, key: [String] = [],
        indexes: [[String]] = [], addsColumns: Bool = false, loadColumn: String? = nil,
        loadedAtColumn: String? = nil, latestColumn: String? = nil
    ) -> StagingTarget {
        StagingTarget(
            path: path, table: table, ifExists: ifExists, key: key, indexes: indexes, addsColumns: addsColumns,
            loadColumn: loadColumn, loadedAtColumn: loadedAtColumn, latestColumn: latestColumn)
    }

    /// Opens the database, stages rows, and closes it, even after an error.
    func stage(
        _ rows: [[CellValue]], schema: TableSchema, table: String = "results",
        ifExists: StagingTarget.ExistingTable? = nil, rowsPerPage: Int = .max
    ) async throws {
        try await stage(rows, schema: schema, into: target(table, ifExists), rowsPerPage: rowsPerPage)
    }

    /// Opens the database, stages rows, and closes it, even after an error.
    ///
    /// - Returns: the result of the publication.
    @discardableResult
    func stage(
        _ rows: [[CellValue]], schema: TableSchema, into target: StagingTarget, intent: StagingIntent = .test(),
        rowsPerPage: Int = .max, now: Date = Date()
    ) async throws -> PublicationOutcome {
        try await withRun(target, intent: intent) { run in
            try await run.begin(schema)
            var first = 0
            repeat {
                let page = rows.dropFirst(first).prefix(rowsPerPage)
                try await run.append(RowPage(firstRow: first, columns: schema.fields.count, Array(page)))
                first += page.count
            } while first < rows.count
            try await run.finish(now: now)
            return try #require(run.outcome)
        }
    }

    /// Opens the database, begins a run for `body`, and closes it, even after an error.
    func withRun<Result>(
        _ target: StagingTarget, intent: StagingIntent = .test(), _ options: StagingOptions = .lockTimeout(.seconds(5)),
        _ body: (StagingRun) async throws -> Result
    ) async throws -> Result {
        let database = try await StagingDatabase.open(target, options)
        let result: Result
        do {
            result = try await body(try await database.begin(intent))
        } catch {
            try await database.close()
            throw error
        }
        try await database.close()
        return result
    }
}

extension StagingOptions {
    static func lockTimeout(_ duration: Duration) -> StagingOptions {
        var options = StagingOptions()
        options.lockTimeout = duration
        return options
    }

    static var checkingEverything: StagingOptions {
        var options = StagingOptions()
        options.checksEverything = true
        return options
    }
}

extension StagingDatabase {
    /// Opens the database of a target, begins and stops a run, and closes it.
    static func prepare(_ target: StagingTarget, _ options: StagingOptions = StagingOptions()) async throws {
        let database = try await StagingDatabase.open(target, options)
        do {
            try await database.begin(.test()).stop(error: "", canContinue: false)
        } catch {
            // The first error is the one to report.
            try? await database.close()
            throw error
        }
        try await database.close()
    }

    /// Continues the unfinished run of a command, if it has one.
    func continueRun(of command: String) async throws -> StagingRun? {
        guard let run = try await unfinishedRun(of: command) else { return nil }
        return try await continueRun(id: run.intent.runID)
    }
}

extension StagingIntent {
    static func test(
        runID: String = UUID().uuidString, command: String = "test", incrementalColumn: String? = nil,
        load: LoadIntent? = nil, schema: TableSchema? = nil
    ) -> StagingIntent {
        StagingIntent(
            runID: runID, command: command, incrementalColumn: incrementalColumn ?? load?.range?.column, load: load,
            project: "demo-project",
            location: "EU", jobID: "bqpull_1", sql: "SELECT 1",
            configuration: "{}", statementType: "SELECT", estimatedBytes: 42, schema: schema,
            toolVersion: "bqpull test", startedAt: Date(timeIntervalSince1970: 1_700_000_000.5))
    }
}

extension LoadIntent {
    /// A load with an incremental column. Without a lower bound, rows without a value are read.
    static func test(
        _ name: String = "results", column: String = "c", type: FieldType = .int64, since: String? = nil,
        until: String? = nil, isReplaced: Bool = false, adoptsRows: Bool = false
    ) -> LoadIntent {
        LoadIntent(
            name: name, parameters: "[]",
            range: IncrementalRange(
                column: column, type: type, lowerBound: since.flatMap { IncrementalValue($0, type: type) },
                upperBound: until.flatMap { IncrementalValue($0, type: type) }, includesNulls: since == nil,
                isReplaced: isReplaced, adoptsRows: adoptsRows))
    }
}

extension TableSchema {
    static let numbers = TableSchema(fields: [Field(name: "n", type: .int64)])
    static let pairs = TableSchema(fields: [
        Field(name: "n", type: .int64), Field(name: "s", type: .string),
    ])
}

extension RowPage {
    /// A page of rows, as the decoder creates it.
    init(firstRow: Int, columns: Int, _ rows: [[CellValue]]) {
        var bytes: [UInt8] = []
        var cells: [CellReference] = []
        for cell in rows.joined() {
            switch cell {
            case .null: cells.append(.null)
            case .integer(let value): cells.append(.integer(value))
            case .double(let value): cells.append(.double(value))
            case .text(let value):
                cells.append(.text(offset: bytes.count, length: value.utf8.count))
                bytes.append(contentsOf: value.utf8)
            case .blob(let value):
                cells.append(.blob(offset: bytes.count, length: value.count))
                bytes.append(contentsOf: value)
            }
        }
        self.init(firstRow: Int64(firstRow), columnCount: columns, bytes: bytes, cells: cells)
    }

    /// A page of one integer column.
    init(firstRow: Int, integers: [Int64]) {
        self.init(firstRow: firstRow, columns: 1, integers.map { [.integer($0)] })
    }
}

/// Expects that `body` throws a staging error of this code, or no error for `nil`.
func expectCode(
    _ expected: StagingError.Code?, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async throws {
    var code: StagingError.Code?
    do {
        try await body()
    } catch let error as StagingError {
        code = error.code
    }
    #expect(code == expected, sourceLocation: sourceLocation)
}
