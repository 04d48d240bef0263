import BigQueryRows
import Foundation
import GRDB
import SQLiteStaging
import TestSupport
import Testing

/// Files that were databases once, and what stands beside them that does not belong to them.
@Suite struct DamageTests {
    enum Damage: CaseIterable {
        /// The size of the pages, in the header.
        case header
        /// The page that holds the schema.
        case schema
        case truncated
        /// A page of a table of the user's, of which nobody takes notice who does not look.
        case page
        /// A journal that another database's transaction has left.
        case foreignJournal

        /// Whether it is noticed only if the file is checked as a whole.
        var isHidden: Bool { self == .page }

        func inflict(on folder: StagingFolder) async throws {
            switch self {
            case .header: try overwrite(folder, at: 16, with: [0x12, 0x34])
            case .schema: try overwrite(folder, at: 100, with: Array(repeating: 0xff, count: 200))
            case .truncated: try truncate(folder)
            case .page: try overwrite(folder, at: 2 * 4096, with: Array(repeating: 0x5a, count: 4096))
            case .foreignJournal: try await leaveJournal(beside: folder)
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

        /// Takes the journal of a transaction that is still going on in a database of other tables.
        private func leaveJournal(beside folder: StagingFolder) async throws {
            try await StagingFolder.with { other in
                try other.execute(
                    """
                    CREATE TABLE other (a PRIMARY KEY, b) WITHOUT ROWID;
                    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
                    INSERT INTO other SELECT hex(i * 7919), zeroblob(100) FROM n;
                    """)
                let connection = try other.connect()
                try await connection.writeWithoutTransaction { db in
                    // With so little memory the journal is made safe, and pages are written before the commit.
                    try db.execute(sql: "PRAGMA cache_size = 1; BEGIN; UPDATE other SET b = zeroblob(101)")
                }
                try FileManager.default.copyItem(atPath: other.path + "-journal", toPath: folder.path + "-journal")
                try connection.close()
            }
        }
    }

    @Test(.faults("L16"), arguments: Damage.allCases) func isNamedAndTheFileIsKept(_ damage: Damage) async throws {
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
            // What SQLite writes back from a journal it writes before anybody is asked.
            if damage != .foreignJournal { #expect(after == before) }
        }
    }

    /// A log that is not whole is what a process leaves that was killed, and hides nothing.
    @Test(.faults("L16"), arguments: [Data(repeating: 0x5a, count: 9000), Data([0x37, 0x7f, 0x06, 0x82])])
    func aLogOfGarbageIsNone(_ garbage: Data) async throws {
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
