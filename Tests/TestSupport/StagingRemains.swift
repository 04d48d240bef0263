import Foundation
package import GRDB
package import Testing

/// The state of the latest run in a staging database.
package struct StagingRemains: Sendable {
    /// The run ID; `nil` without a recorded run.
    package var runID: String?
    /// The recorded state; `running` if the process was killed.
    package var state: String?
    /// The number of rows in the checkpoint.
    package var rows: Int64 = 0
    /// The number of recorded runs, including this one.
    package var runs = 0

    /// Whether the run is published.
    package var isPublished: Bool { state == "published" }

    /// Examines a copy of a database, so that the next process finds the original unchanged.
    ///
    /// Checks the invariants: the file is intact, and the hidden rows are exactly those of the checkpoint.
    ///
    /// - Parameters:
    ///   - file: The database.
    ///   - comment: The comment of expectations.
    ///   - body: Examines the copy further.
    /// - Returns: The state.
    /// - Throws: An error of the database or of `body`.
    package static func examine(
        _ file: String, _ comment: Comment? = nil, _ body: (Database, StagingRemains) throws -> Void = { _, _ in }
    ) async throws -> StagingRemains {
        try await TemporaryFolder.with { folder in
            let copy = folder.file("copy.db")
            for suffix in ["", "-wal", "-journal"] where FileManager.default.fileExists(atPath: file + suffix) {
                try FileManager.default.copyItem(atPath: file + suffix, toPath: copy + suffix)
            }
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            return try DatabaseQueue(path: copy, configuration: configuration).unsafeRead { db in
                let remains = try examine(db, comment)
                try body(db, remains)
                return remains
            }
        }
    }

    private static func examine(_ db: Database, _ comment: Comment?) throws -> StagingRemains {
        #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"], comment)
        guard try db.tableExists("_bqpull_runs") else { return StagingRemains() }
        let runs = try Row.fetchAll(db, sql: "SELECT run_id, state, rows FROM _bqpull_runs ORDER BY rowid").map {
            StagingRemains(runID: $0[0], state: $0[1], rows: $0[2])
        }
        let hidden = try String.fetchAll(
            db,
            sql: """
                SELECT substr(name, 14) FROM sqlite_master
                WHERE type = 'table' AND name LIKE '\\_bqpull\\_rows\\_%' ESCAPE '\\'
                """)
        #expect(Set(hidden).isSubset(of: runs.filter { !$0.isPublished }.compactMap(\.runID)), comment)
        for run in runs where ["running", "interrupted"].contains(run.state) {
            let name = run.runID ?? ""
            let count =
                hidden.contains(name)
                ? try Int64.fetchOne(db, sql: "SELECT count(*) FROM \"_bqpull_rows_\(name)\"") : 0
            #expect(count == run.rows, comment)
        }
        guard var last = runs.last else { return StagingRemains() }
        last.runs = runs.count
        return last
    }
}
