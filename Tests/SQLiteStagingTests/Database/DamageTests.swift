import BigQueryRows
import Foundation
import GRDB
import SQLiteStaging
import TestSupport
import Testing

/// Damaged databases, and companion files that belong to other databases.
@Suite struct DamageTests {
    enum Damage: CaseIterable {
        /// The page size in the header.
        case header
        /// The page of the schema.
        case schema
        case truncated
        /// A page of a user's table, which only an integrity check reads.
        case page
        /// The journal of another database's transaction.
        case foreignJournal

        /// Whether only a check of the whole file detects it.
        var isHidden: Bool { self == .page }

        func inflict(on folder: StagingFolder) async throws {
            switch self {
            case .header: try overwrite(folder, at: 16, with: [0x12, 0x34])
            case .schema: try overwrite(folder, at: 100, with: Array(repeating: 0xff, count: 200))
            case .truncated: try truncate(folder)
            case .page: try overwrite(folder, at: 2 * 4096, with: Array(repeating: 0x5a, count: 4096))
            case .foreignJournal: try await leaveJournal(nextTo: folder)
            }
        }

        private func overwrite(_ folder: StagingFolder, at offset: UInt64, with bytes: [UInt8]) throws {
            let file = try #require(FileHandle(forUpdatingAtPath: folder.path))
            try file.seek(toOffset: offset)
            try file.write(contentsOf: Data(bytes))
            try file.close()
        }

        private func truncate(_ folder: StagingFolder) throws {
            let file = try #require(FileHandle(forUpdatingAtPath: folder.path))
            try file.truncate(atOffset: 3 * 4096)
            try file.close()
        }

        /// Copies the journal of an open transaction in a database with other tables.
        private func leaveJournal(nextTo folder: StagingFolder) async throws {
            try await StagingFolder.with { other in
                try other.execute(
                    """
                    CREATE TABLE other (a PRIMARY KEY, b) WITHOUT ROWID;
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
                    INSERT INTO other SELECT hex(i * 7919), zeroblob(100) FROM n;
                    """)
                let connection = try other.connect()
                try await connection.writeWithoutTransaction { db in
                    // With this cache size the journal is synced and pages are written before the commit.
                    try db.execute(sql: "PRAGMA cache_size = 1; BEGIN; UPDATE other SET b = zeroblob(101)")
                }
                try FileManager.default.copyItem(atPath: other.path + "-journal", toPath: folder.path + "-journal")
                try connection.close()
            }
        }
    }

    @Test(.faults("L16"), arguments: Damage.allCases) func isReportedAndTheFileIsKept(_ damage: Damage) async throws {
        try await StagingFolder.with { folder in
            try folder.execute(Self.tables)
            try await damage.inflict(on: folder)
            let before = try Data(contentsOf: URL(fileURLWithPath: folder.path))
            let error = await #expect(throws: StagingError.self) {
                _ = try await StagingDatabase.open(
                    folder.target(), damage.isHidden ? .checkingEverything : StagingOptions())
            }
            #expect([.corrupt, damage == .header ? .databaseUnusable : .corrupt].contains(error?.code))
            #expect(error?.message.hasPrefix(folder.path) == true)
            #expect(error?.message.contains("\n") == false)
            let after = try Data(contentsOf: URL(fileURLWithPath: folder.path))
            // SQLite rolls a journal back before the file is inspected.
            if damage != .foreignJournal { #expect(after == before) }
        }
    }

    /// A killed process leaves an incomplete log, which does not hide the rows.
    @Test(.faults("L16"), arguments: [Data(repeating: 0x5a, count: 9000), Data([0x37, 0x7f, 0x06, 0x82])])
    func ignoresALogOfGarbage(_ garbage: Data) async throws {
        try await StagingFolder.with { folder in
            try folder.execute(Self.tables + "PRAGMA journal_mode = WAL")
            try garbage.write(to: URL(fileURLWithPath: folder.path + "-wal"))
            try await folder.stage([[.integer(1)]], schema: .numbers)
            #expect(try folder.read("PRAGMA integrity_check") == ["\"ok\""])
            #expect(try folder.read("SELECT count(*) FROM mine") == ["900"])
            #expect(try folder.read("SELECT n FROM results") == ["1"])
        }
    }

    private static let tables = """
        PRAGMA page_size = 4096;
        CREATE TABLE mine (n INTEGER, s TEXT);
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
        INSERT INTO mine SELECT i, hex(i) || ' is mine' FROM n;
        CREATE INDEX by_text ON mine (s);

        """
}
