import BigQueryRows
import GRDB
import SQLiteStaging
import Testing

/// A user's table with a view and an index, and a command that stages new rows into it.
struct StagingScenario: Sendable, CustomTestStringConvertible {
    /// How the database protects its transactions.
    enum Journal {
        /// WAL during the run, a rollback journal before and after.
        case walForTheRun
        /// WAL at all times.
        case wal
        /// A rollback journal at all times, because the file system has no shared memory.
        case rollback
    }

    /// The reaction of the command to an error, before it closes the database.
    enum Ending {
        case leaves, stops
    }

    /// The outcome of the command.
    struct Outcome {
        /// The first error, if any.
        var error: StagingError?
        /// Whether the error occurred before the run was recorded.
        var isUnopened = false
        /// The run and its first row; `nil` if no run began.
        var runID: String?
        var firstRow: Int64?
        /// Whether the rows were reported as published.
        var isFinished = false
    }

    /// The command's run as recorded in a database.
    struct Found {
        /// The run; `nil` if it was not recorded.
        var runID: String?
        var rows: Int64 = 0
        var isPublished = false
    }

    /// A row with a text that identifies its origin.
    private struct Line: Equatable {
        let number: Int64
        let text: String
    }

    let testDescription: String
    var ifExists = StagingTarget.ExistingTable.replace
    var key: [String] = []
    var indexes: [[String]] = []
    var journal = Journal.walForTheRun
    var ending = Ending.leaves
    var pageSize = 4096
    var pages = 2
    var rowsPerPage = 3
    var textLength = 400
    /// Whether an earlier process staged the first page and was killed.
    var isContinued = false

    var hasSharedMemory: Bool { journal != .rollback }

    private var ownJournalMode: String { journal == .wal ? "wal" : "delete" }

    /// Some numbers are in both tables.
    private var old: [Line] { lines(1...8, "old") }
    private var new: [Line] { lines(6...Int64(5 + pages * rowsPerPage), "new") }

    private func lines(_ numbers: ClosedRange<Int64>, _ word: String) -> [Line] {
        numbers.map { Line(number: $0, text: String(repeating: "\(word) \($0) ", count: textLength / 6)) }
    }

    /// The rows of the table after the new ones are published.
    private func published(to lines: [Line]) -> [Line] {
        switch ifExists {
        case .append: return lines + new
        case .upsert:
            let (old, numbers) = (Set(lines.map(\.number)), Dictionary(grouping: new, by: \.number))
            return lines.map { numbers[$0.number]?[0] ?? $0 } + new.filter { !old.contains($0.number) }
        default: return new
        }
    }

    /// Creates the database with the old table, and with the rows of an earlier process.
    func prepare(_ folder: StagingFolder) async throws {
        guard isContinued else { return try createTable(in: folder) }
        try await StagingFolder.with { other in
            try createTable(in: other)
            try await FaultyDisk.with(other, hasSharedMemory: hasSharedMemory) { _ in
                let database = try await StagingDatabase.open(target(in: other))
                let run = try await database.begin(.test(runID: "killed"))
                try await run.begin(.pairs)
                try await append(page: 0, to: run)
                try other.copyFiles(to: folder)
                try await database.close()
            }
        }
    }

    private func createTable(in folder: StagingFolder) throws {
        let connection = try folder.connect()
        try connection.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    PRAGMA page_size = \(pageSize);
                    PRAGMA journal_mode = \(ownJournalMode);
                    BEGIN;
                    CREATE TABLE results (n INTEGER, s TEXT);
                    CREATE \(ifExists == .upsert ? "UNIQUE INDEX" : "INDEX") by_number ON results (n);
                    CREATE VIEW doubled AS SELECT n * 2, s FROM results;
                    """)
            for line in old {
                try db.execute(sql: "INSERT INTO results VALUES (?, ?)", arguments: [line.number, line.text])
            }
            try db.execute(sql: "COMMIT")
        }
        try connection.close()
    }

    private func target(in folder: StagingFolder) -> StagingTarget {
        folder.target("results", ifExists, key: key, indexes: indexes)
    }

    /// Runs the command: continues its unfinished run or begins one, stages the missing rows, publishes, and closes the
    /// database, even after an error.
    func run(in folder: StagingFolder) async throws -> Outcome {
        var outcome = Outcome()
        let database: StagingDatabase
        do {
            database = try await StagingDatabase.open(target(in: folder))
        } catch let error as StagingError {
            return Outcome(error: error, isUnopened: true)
        }
        do {
            try await stage(in: database, &outcome)
            outcome.isFinished = true
        } catch let error as StagingError {
            outcome.error = error
            outcome.isUnopened = outcome.runID == nil
        }
        do {
            try await database.close()
        } catch let error as StagingError {
            outcome.error = outcome.error ?? error
        }
        return outcome
    }

    private func stage(in database: StagingDatabase, _ outcome: inout Outcome) async throws {
        let unfinished = try await database.continueRun(of: "test")
        let run = if let unfinished { unfinished } else { try await database.begin(.test()) }
        outcome.runID = run.recorded.intent.runID
        outcome.firstRow = run.rowsWritten
        do {
            try await run.begin(.pairs)
            while run.rowsWritten < new.count { try await append(page: Int(run.rowsWritten) / rowsPerPage, to: run) }
            // SQLite does not write unchanged rows, such as that of a checkpoint within the same millisecond.
            run.record(StagingStatistics(totalRows: Int64(new.count), wireBytes: 1))
            try await run.finish()
        } catch {
            // The disk can still fail; the first error is the one to report.
            if ending == .stops { try? await run.stop(error: "\(error)", canContinue: true) }
            throw error
        }
    }

    private func append(page: Int, to run: StagingRun) async throws {
        run.record(StagingStatistics(totalRows: Int64(new.count)))
        let first = page * rowsPerPage
        let rows = new[first..<first + rowsPerPage].map { [CellValue.integer($0.number), .text($0.text)] }
        try await run.append(RowPage(firstRow: first, columns: 2, rows))
    }

    /// Checks the invariants of the database, and returns the recorded run.
    ///
    /// The table is the old one or the new one, with its view and indexes. The hidden rows are the first ones of the
    /// result, and their number is that of the checkpoint. The file is intact.
    func checkInvariants(of folder: StagingFolder, _ comment: Comment) throws -> Found {
        let connection = try folder.connect()
        // Deallocation closes a connection that is busy now.
        defer { try? connection.close() }
        return try connection.unsafeRead { db in
            try #require(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"], comment)
            let (found, hasRows) = try Self.find(db, comment)
            try expectTable(found.isPublished ? published(to: old) : old, isNew: found.isPublished, db, comment)

            let hidden = try Self.hiddenTables(db)
            #expect(hidden == (hasRows ? ["_bqpull_rows_\(found.runID ?? "")"] : []), comment)
            if let name = hidden.first {
                try expectRows(of: name, Array(new.prefix(Int(found.rows))), db, comment)
            } else {
                #expect(found.isPublished || found.rows == 0, comment)
            }
            return found
        }
    }

    /// Checks that a command without a fault has published its rows after `times` earlier publications, and left only its
    /// records.
    func checkPublished(in folder: StagingFolder, after times: Int, _ comment: Comment) throws {
        #expect(try folder.files == ["staging.db"], comment)
        let connection = try folder.connect()
        // Deallocation closes a connection that is busy now.
        defer { try? connection.close() }
        try connection.unsafeRead { db in
            #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"], comment)
            #expect(try String.fetchOne(db, sql: "PRAGMA journal_mode") == ownJournalMode, comment)
            let lines = (0...times).reduce(old) { lines, _ in published(to: lines) }
            try expectTable(lines, isNew: true, db, comment)
            #expect(try Self.hiddenTables(db) == [], comment)
            #expect(try String.fetchAll(db, sql: "SELECT key FROM _bqpull_meta") == ["version"], comment)
            let states = try String.fetchAll(db, sql: "SELECT state FROM _bqpull_runs")
            #expect(states == Array(repeating: "published", count: times + 1), comment)
        }
    }

    private func expectTable(_ lines: [Line], isNew: Bool, _ db: Database, _ comment: Comment) throws {
        try expectRows(of: "results", lines, db, comment)
        #expect(try Int64.fetchAll(db, sql: "SELECT * FROM doubled") == lines.map { $0.number * 2 }, comment)
        let count = "SELECT count(*) FROM results INDEXED BY by_number WHERE n > 0"
        #expect(try Int.fetchOne(db, sql: count) == lines.count, comment)
        let added = isNew ? indexes.count + (ifExists == .replace && !key.isEmpty ? 1 : 0) : 0
        let made = "SELECT count(*) FROM pragma_index_list('results') WHERE name LIKE '\\_bqpull\\_%' ESCAPE '\\'"
        #expect(try Int.fetchOne(db, sql: made) == added, comment)
    }

    private func expectRows(of table: String, _ lines: [Line], _ db: Database, _ comment: Comment) throws {
        let rows = try Row.fetchAll(db, sql: "SELECT n, s FROM \(table.quotedDatabaseIdentifier) ORDER BY rowid")
        #expect(rows.map { Line(number: $0[0], text: $0[1]) } == lines, comment)
    }

    private static func hiddenTables(_ db: Database) throws -> [String] {
        try String.fetchAll(
            db,
            sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '\\_bqpull\\_rows%' ESCAPE '\\'")
    }

    /// The recorded run, and whether it should have a hidden table.
    private static func find(_ db: Database, _ comment: Comment) throws -> (Found, hasRows: Bool) {
        guard try db.tableExists("_bqpull_runs") else { return (Found(), false) }
        let runs = try Row.fetchAll(db, sql: "SELECT run_id, rows, state, schema FROM _bqpull_runs")
        #expect(runs.count <= 1, comment)
        guard let run = runs.first else { return (Found(), false) }
        let state: String = run["state"]
        #expect(["running", "interrupted", "published"].contains(state), comment)
        let isPublished = state == "published"
        return (
            Found(runID: run["run_id"], rows: run["rows"], isPublished: isPublished),
            hasRows: !isPublished && run["schema"] != nil
        )
    }
}
