import Foundation
package import GRDB
package import Testing

/// What is found in a staging database of its latest run, whatever became of that.
package struct StagingRemains: Sendable {
    /// The run; `nil` if none was recorded.
    package var runID: String?
    /// The run's state as it is recorded, which is `running` if its process ended without a word.
    package var state: String?
    /// The rows that the checkpoint counts.
    package var rows: Int64 = 0
    /// The number of runs that are recorded, this one included.
    package var runs = 0

    /// Whether the run's rows are in the table with the name.
    package var isPublished: Bool { state == "published" }

    /// Looks at a copy of a database, so that the next process finds what the last one has left.
    ///
    /// Checks what must be true at any time: the file is whole, and hidden are as many rows as the checkpoint of their
    /// run counts, and no others.
    ///
    /// - Parameter body: may look further; gets the copy.
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
