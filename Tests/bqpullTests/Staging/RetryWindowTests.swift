import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// When the same command reports a published run, and when it runs the query again.
@Suite(.timeLimit(.minutes(15))) struct RetryWindowTests {
    /// What happens between the run whose report was lost and the same command.
    enum Change: String, CaseIterable, Sendable {
        case windowIsOff, isAcknowledged, otherCommand, tableIsDropped, rowIsDeleted, rowIsAdded, publishedLongAgo
        case restart, backupIsRestored, laterPublicationOfSameCommand
    }

    @Test(
        .faults("L33"), arguments: Sweep.few(5, of: Change.allCases),
        Sweep.whole(RepeatingUser.Mode.allCases, orPart: [.append]))
    func afterAChangeTheCommandRuns(change: Change, mode: RepeatingUser.Mode) async throws {
        try await RepeatingUser.with(mode) { user in
            let backup = user.home.folder.file("backup.db")
            try FileManager.default.copyItem(atPath: user.file, toPath: backup)
            try await user.runWithoutReport()
            #expect(try await user.acknowledged() == [true, false])
            var options: [String] = []
            var rows = user.rowCount(afterRuns: 2)
            switch change {
            case .windowIsOff:
                options = ["--retry-window", "0"]
            case .isAcknowledged:
                let report = try await user.run()
                #expect(report.errors.contains("already published at"), "\(report.errors)")
            case .otherCommand:
                let other = try await user.home.run(user.query("SELECT 7 AS trip_id, 'other' AS vendor"))
                #expect(other.exitCode == 0, "\(other.errors)")
                #expect(try await user.acknowledged() == [true, true, true])
                if mode == .append { rows += 1 }
            case .tableIsDropped:
                try await user.edit("DROP TABLE results")
                rows = RepeatingUser.rows
            case .rowIsDeleted:
                try await user.edit("DELETE FROM results WHERE trip_id = 5")
                if mode == .append { rows -= 1 }
            case .rowIsAdded:
                try await user.edit("INSERT INTO results (trip_id, vendor) VALUES (-1, 'mine')")
                if [.append, .upsert].contains(mode) { rows += 1 }
            case .publishedLongAgo:
                try await user.setPublicationTime("-11 minutes")
            case .restart:
                options = ["--restart"]
            case .backupIsRestored:
                for suffix in ["", "-wal", "-shm", "-journal"] {
                    // Not all of them exist.
                    try? FileManager.default.removeItem(atPath: user.file + suffix)
                }
                try FileManager.default.copyItem(atPath: backup, toPath: user.file)
                rows = user.rowCount(afterRuns: 1)
            case .laterPublicationOfSameCommand:
                let later = try await user.run(["--retry-window", "0"])
                #expect(later.exitCode == 0, "\(later.errors)")
                #expect(try await user.acknowledged() == [true, true, true])
                rows = user.rowCount(afterRuns: 3)
            }
            let jobs = user.home.emulator.counters.jobs
            let again = try await user.run(options)
            #expect(again.exitCode == 0, "\(again.errors)")
            #expect(!again.errors.contains("already published"), "\(again.errors)")
            #expect(user.home.emulator.counters.jobs == jobs + 1)
            try await user.expectRows(rows)
            #expect(try await !user.acknowledged().contains(false))
        }
    }

    @Test(.faults("L33")) func aPublicationIntoAnotherTableChangesNothing() async throws {
        try await RepeatingUser.with(.append) { user in
            try await user.runWithoutReport()
            #expect(try await user.run(["--table", "other"]).exitCode == 0)
            let again = try await user.run()
            #expect(again.errors.contains("already published at"), "\(again.errors)")
            #expect(user.home.emulator.counters.jobs == 3)
            try await user.expectRows(user.rowCount(afterRuns: 1))
        }
    }

    @Test(.faults("L25"), arguments: [("1h", true), ("20m", false), ("31m", true), ("1500s", false)])
    func theWindowIsAnOption(window: String, isInside: Bool) async throws {
        try await RepeatingUser.with(.append) { user in
            try await user.runWithoutReport()
            try await user.setPublicationTime("-30 minutes")
            let again = try await user.run(["--retry-window", window])
            #expect(again.exitCode == 0, "\(again.errors)")
            #expect(again.errors.contains("already published at") == isInside, "\(again.errors)")
            #expect(user.home.emulator.counters.jobs == (isInside ? 2 : 3))
            try await user.expectRows(user.rowCount(afterRuns: isInside ? 1 : 2))
        }
    }

    /// Running append twice doubles rows; in the other modes it only bills twice.
    @Test(.faults("L25"), arguments: Sweep.few(2, of: RepeatingUser.Mode.allCases), ["+1 day", "+1 hour"])
    func aClockThatWentBackwardsCountsAsInsideForAppendOnly(mode: RepeatingUser.Mode, time: String) async throws {
        try await RepeatingUser.with(mode) { user in
            try await user.runWithoutReport()
            try await user.setPublicationTime(time)
            let again = try await user.run()
            #expect(again.exitCode == 0, "\(again.errors)")
            #expect(again.errors.contains("already published at") == (mode == .append), "\(again.errors)")
            #expect(user.home.emulator.counters.jobs == (mode == .append ? 2 : 3))
            try await user.expectRows(user.rowCount(afterRuns: 1))
        }
    }

    /// Version 0.1.0 acknowledged nothing: its runs count as acknowledged.
    @Test(.faults("L26"), arguments: Sweep.few(2, of: RepeatingUser.Mode.allCases))
    func aRunOfAnOlderVersionIsAcknowledged(mode: RepeatingUser.Mode) async throws {
        try await RepeatingUser.with(mode) { user in
            try await user.runWithoutReport()
            try await user.edit(Self.olderVersion)
            let again = try await user.run()
            #expect(again.exitCode == 0, "\(again.errors)")
            #expect(user.home.emulator.counters.jobs == 3)
            try await user.expectRows(user.rowCount(afterRuns: 2))
            #expect(try await user.acknowledged() == [true, true, true])
        }
    }

    private static let columns = """
        run_id, target, if_exists, key_columns, index_columns, adds_columns, incremental_column, watermark, made_table,
        state, command, project, location, job_id, sql, configuration, statement_type, estimated_bytes, schema, rows,
        total_rows, page_token, data_written, pages, wire_bytes, inflated_bytes, bytes_processed, bytes_billed,
        cache_hit, started_at, updated_at, finished_at, tool_version, error
        """

    /// Gives the log of runs the columns that it had in 0.1.0.
    private static let olderVersion = """
        ALTER TABLE _bqpull_runs RENAME TO newer_runs;
        CREATE TABLE _bqpull_runs (
            run_id TEXT NOT NULL PRIMARY KEY,
            target TEXT NOT NULL COLLATE NOCASE,
            if_exists TEXT,
            key_columns TEXT NOT NULL DEFAULT '[]',
            index_columns TEXT NOT NULL DEFAULT '[]',
            adds_columns INTEGER NOT NULL DEFAULT 0,
            incremental_column TEXT COLLATE NOCASE,
            watermark TEXT,
            made_table INTEGER NOT NULL DEFAULT 0,
            state TEXT NOT NULL,
            command TEXT NOT NULL,
            project TEXT NOT NULL,
            location TEXT,
            job_id TEXT,
            sql TEXT NOT NULL,
            configuration TEXT NOT NULL,
            statement_type TEXT,
            estimated_bytes INTEGER,
            schema TEXT,
            rows INTEGER NOT NULL DEFAULT 0,
            total_rows INTEGER,
            page_token TEXT,
            data_written INTEGER NOT NULL DEFAULT 0,
            pages INTEGER NOT NULL DEFAULT 0,
            wire_bytes INTEGER NOT NULL DEFAULT 0,
            inflated_bytes INTEGER NOT NULL DEFAULT 0,
            bytes_processed INTEGER,
            bytes_billed INTEGER,
            cache_hit INTEGER,
            started_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            finished_at TEXT,
            tool_version TEXT NOT NULL,
            error TEXT
        );
        INSERT INTO _bqpull_runs (\(columns)) SELECT \(columns) FROM newer_runs ORDER BY rowid;
        DROP TABLE newer_runs;
        DROP TABLE _bqpull_loads;
        UPDATE _bqpull_meta SET value = 2 WHERE key = 'version';
        """
}
