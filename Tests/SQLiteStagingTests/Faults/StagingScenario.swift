import BigQueryRows
import GRDB
import SQLiteStaging
import Testing

/// A table of a user's with a view and an index on it, and a run that replaces it or adds to it.
struct StagingScenario: Sendable, CustomTestStringConvertible {
    /// How the database protects its transactions.
    enum Journal {
        /// WAL during the run, a rollback journal before and after.
        case walForTheRun
        /// WAL always.
        case wal
        /// A rollback journal always, because the file system has no shared memory.
        case rollback
    }

    /// What the run does when something fails, before it closes the database.
    enum Ending {
        case leaves, abandons
    }

    /// How a run came out.
    struct Outcome {
        /// The first error; `nil` if there was none.
        var error: StagingError?
        /// Whether the error came while the database was being opened.
        var isUnopened = false
        /// Whether the rows were reported to be published.
        var isFinished = false
    }

    let testDescription: String
    var ifExists = StagingTarget.ExistingTable.replace
    var journal = Journal.walForTheRun
    var ending = Ending.leaves
    var pageSize = 4096
    var pages = 3
    var rowsPerPage = 2
    var textLength = 700

    var hasSharedMemory: Bool { journal != .rollback }

    private static let schema = TableSchema.pairs
    private static let old: [Int64] = Array(1...8)

    private var ownJournalMode: String { journal == .wal ? "wal" : "delete" }

    private var new: [Int64] { (0..<Int64(pages * rowsPerPage)).map { 100 + $0 } }

    /// Makes the database with the old table.
    func prepare(_ folder: StagingFolder) throws {
        let connection = try folder.connect()
        try connection.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    PRAGMA page_size = \(pageSize);
                    PRAGMA journal_mode = \(ownJournalMode);
                    BEGIN;
                    CREATE TABLE results (n INTEGER, s TEXT);
                    CREATE INDEX by_number ON results (n);
                    CREATE VIEW doubled AS SELECT n * 2, s FROM results;
                    """)
            for number in Self.old {
                try db.execute(sql: "INSERT INTO results VALUES (?, ?)", arguments: [number, text(number)])
            }
            try db.execute(sql: "COMMIT")
        }
        try connection.close()
    }

    /// Stages and publishes the new rows, and closes the database whatever happens.
    func run(in folder: StagingFolder, runID: String) async throws -> Outcome {
        var outcome = Outcome()
        let database: StagingDatabase
        do {
            database = try await StagingDatabase.open(folder.target("results", ifExists))
        } catch let error as StagingError {
            return Outcome(error: error, isUnopened: true)
        }
        do {
            try await stage(in: database, runID: runID)
            outcome.isFinished = true
        } catch let error as StagingError {
            outcome.error = error
        }
        do {
            try await database.close()
        } catch let error as StagingError {
            outcome.error = outcome.error ?? error
        }
        return outcome
    }

    private func stage(in database: StagingDatabase, runID: String) async throws {
        let run = try await database.begin(.test(runID: runID))
        do {
            try await run.begin(Self.schema)
            for first in stride(from: 0, to: new.count, by: rowsPerPage) {
                let rows = new[first..<first + rowsPerPage].map { [CellValue.integer($0), .text(text($0))] }
                try await run.append(RowPage(firstRow: first, columns: 2, rows))
            }
            run.record(StagingStatistics(totalRows: Int64(new.count)))
            try await run.finish()
        } catch {
            if ending == .abandons { try? await run.abandon(error: "\(error)") }
            throw error
        }
    }

    /// Checks all that must be true of the database at any time; tells whether the run was published.
    ///
    /// The table is the old one or the new one, and its view and index are there; the hidden rows are the first
    /// ones of the result, as many as the checkpoint counts; the file is whole.
    func checkInvariants(of folder: StagingFolder, runID: String, _ comment: Comment) throws -> Bool {
        let connection = try folder.connect()
        defer { try? connection.close() }
        return try connection.unsafeRead { db in
            #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"], comment)
            let checkpoint = try Self.checkpoint(of: runID, db)
            let isPublished = checkpoint?.state == "published"
            try expectTable(isPublished ? published(after: Self.old) : Self.old, db, comment)

            let hidden = try Self.hiddenTables(db)
            if checkpoint?.state == "running", let name = hidden.first {
                let rows = try Row.fetchAll(db, sql: "SELECT n, s FROM \(name.quotedDatabaseIdentifier)")
                expectRows(rows, Array(new.prefix(checkpoint?.rows ?? 0)), comment)
                #expect(hidden == ["_bqpull_rows_\(runID)"], comment)
            } else {
                #expect(hidden == [], comment)
                #expect(isPublished || checkpoint?.rows ?? 0 == 0 || checkpoint?.state == "failed", comment)
            }
            return isPublished
        }
    }

    /// Checks that a run without a fault has published its rows and left no trace but its records.
    func checkPublished(in folder: StagingFolder, alreadyPublished: Bool, _ comment: Comment) throws {
        #expect(try folder.files == ["staging.db"], comment)
        let connection = try folder.connect()
        defer { try? connection.close() }
        try connection.unsafeRead { db in
            #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"], comment)
            #expect(try String.fetchOne(db, sql: "PRAGMA journal_mode") == ownJournalMode, comment)
            try expectTable(
                published(after: alreadyPublished ? published(after: Self.old) : Self.old), db, comment)
            #expect(try Self.hiddenTables(db) == [], comment)
            #expect(try String.fetchAll(db, sql: "SELECT key FROM _bqpull_meta") == ["version"], comment)
        }
    }

    private func published(after rows: [Int64]) -> [Int64] {
        ifExists == .append ? rows + new : new
    }

    private func expectTable(_ numbers: [Int64], _ db: Database, _ comment: Comment) throws {
        try expectRows(
            Row.fetchAll(db, sql: "SELECT n, s FROM results"), numbers, comment)
        #expect(try Int64.fetchAll(db, sql: "SELECT * FROM doubled") == numbers.map { $0 * 2 }, comment)
        let indexed = "SELECT count(*) FROM results INDEXED BY by_number WHERE n > 0"
        #expect(try Int.fetchOne(db, sql: indexed) == numbers.count, comment)
    }

    private func expectRows(_ rows: [Row], _ numbers: [Int64], _ comment: Comment) {
        #expect(rows.map { $0["n"] as Int64 } == numbers, comment)
        #expect(rows.map { $0["s"] as String } == numbers.map(text), comment)
    }

    private static func hiddenTables(_ db: Database) throws -> [String] {
        try String.fetchAll(
            db, sql: "SELECT name FROM sqlite_master WHERE name LIKE '\\_bqpull\\_rows%' ESCAPE '\\'")
    }

    private static func checkpoint(of runID: String, _ db: Database) throws -> (state: String, rows: Int)? {
        guard try db.tableExists("_bqpull_runs") else { return nil }
        let sql = "SELECT state, rows FROM _bqpull_runs WHERE run_id = ?"
        return try Row.fetchOne(db, sql: sql, arguments: [runID]).map { ($0[0], $0[1]) }
    }

    private func text(_ number: Int64) -> String {
        String(repeating: "\(number)-", count: textLength / 4)
    }
}
