import BigQueryRows
import Foundation
import SQLiteStaging
import TestSupport
import Testing

@Suite struct StagingFileTests {
    @Test func createsAFileForItsOwnerOnly() async throws {
        try await StagingFolder.with { folder in
            let database = try await StagingDatabase.open(folder.target())
            let run = try await database.begin(.test())
            try await run.begin(.numbers)
            for file in try folder.files {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.folder)/\(file)")
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
            }
            try await database.close()
        }
    }

    /// The first run creates the file, which is never removed.
    @Test(.faults("L34")) func isCreatedByTheFirstRun() async throws {
        try await StagingFolder.with { folder in
            let rejected = try await StagingDatabase.open(folder.target())
            #expect(try await rejected.unfinishedRun(of: "test") == nil)
            #expect(try await rejected.loadState(of: "results").record == nil)
            #expect(try await !rejected.tableExists())
            #expect(try folder.files.allSatisfy { $0.contains("-bqpull-") })
            try await rejected.close()
            #expect(try folder.files == [])
            try await StagingDatabase.prepare(folder.target())
            #expect(try folder.files == ["staging.db"])
        }
    }

    /// Another program creates the file between the inspection and the first run.
    @Test(
        .faults("L34"),
        arguments: [
            ("CREATE TABLE mine (n); INSERT INTO mine VALUES (1)", nil), ("CREATE TABLE results (n)", .targetExists),
        ]
            as [(String, StagingError.Code?)])
    func usesAFileThatAnotherProgramCreated(_ sql: String, code: StagingError.Code?) async throws {
        try await StagingFolder.with { folder in
            let database = try await StagingDatabase.open(folder.target())
            try folder.execute(sql)
            try await expectCode(code) { _ = try await database.begin(.test()) }
            try await database.close()
            #expect(try folder.read("SELECT name FROM sqlite_master WHERE name IN ('mine', 'results')").count == 1)
        }
    }

    @Test(arguments: [":memory:", "file:evil?mode=memory", "a b.db", "?", "naïve.db"])
    func treatsEveryNameAsAFileName(_ name: String) async throws {
        try await StagingFolder.with { folder in
            let up = FileManager.default.currentDirectoryPath.split(separator: "/").map { _ in "../" }
            for path in [folder.folder + "/" + name, up.joined() + folder.folder.dropFirst() + "/" + name] {
                try await StagingDatabase.prepare(StagingTarget(path: path))
            }
            #expect(try folder.files == [name])
        }
    }

    @Test(.faults("L24"), arguments: ["", "a\u{0}b"]) func rejectsInvalidPaths(_ path: String) async throws {
        try await expectCode(.invalidName) { _ = try await StagingDatabase.open(StagingTarget(path: path)) }
    }

    static let strangers = [
        Data("x".utf8), Data("hello\n".utf8), Data("SQLite format 3\u{0}".utf8), Data(count: 512),
        Data(repeating: 0x61, count: 100_000),
    ]

    @Test(.faults("L15"), arguments: strangers) func rejectsAFileThatIsNotADatabase(_ content: Data) async throws {
        try await StagingFolder.with { folder in
            try content.write(to: URL(fileURLWithPath: folder.path))
            try await expectCode(.databaseUnusable) { _ = try await StagingDatabase.open(folder.target()) }
            #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path)) == content)
            #expect(try folder.files == ["staging.db"])
        }
    }

    @Test func treatsAnEmptyFileAsAnEmptyDatabase() async throws {
        try await StagingFolder.with { folder in
            try Data().write(to: URL(fileURLWithPath: folder.path))
            try await folder.stage([[.integer(1)]], schema: .numbers)
            #expect(try folder.read("SELECT * FROM results") == ["1"])
        }
    }

    enum Oddity: CaseIterable {
        case folder, fifo, socket, symbolicLink, danglingLink, hardLink, missingFolder, device, tooLong

        func make(_ folder: StagingFolder) throws -> String {
            let path = folder.path
            switch self {
            case .folder: try #require(mkdir(path, 0o700) == 0)
            case .fifo: try #require(mkfifo(path, 0o600) == 0)
            case .socket: try #require(mknod(path, S_IFSOCK | 0o600, 0) == 0)
            case .symbolicLink:
                try folder.execute("CREATE TABLE t (n)")
                try #require(symlink(path, folder.folder + "/link") == 0)
                return folder.folder + "/link"
            case .danglingLink: try #require(symlink(folder.folder + "/nowhere", path) == 0)
            case .hardLink:
                try folder.execute("CREATE TABLE t (n)")
                try #require(link(path, folder.folder + "/twin") == 0)
            case .missingFolder: return folder.folder + "/missing/staging.db"
            case .device: return "/dev/null"
            case .tooLong: return folder.folder + "/" + String(repeating: "x", count: 5000)
            }
            return path
        }
    }

    @Test(.faults("L15"), .timeLimit(.minutes(10)), arguments: Oddity.allCases)
    func rejectsOtherKindsOfFiles(_ oddity: Oddity) async throws {
        try await StagingFolder.with { folder in
            let path = try oddity.make(folder)
            let before = try folder.files
            try await expectCode(.databaseUnusable) {
                _ = try await StagingDatabase.open(StagingTarget(path: path))
            }
            #expect(try folder.files == before)
        }
    }

    /// The superuser can write every file.
    @Test(.enabled(if: geteuid() != 0), arguments: [true, false])
    func rejectsReadOnlyFilesAndFolders(_ isFolder: Bool) async throws {
        try await StagingFolder.with { folder in
            try folder.execute("CREATE TABLE t (n)")
            try #require(isFolder ? chmod(folder.folder, 0o500) == 0 : chmod(folder.path, 0o400) == 0)
            try await expectCode(.databaseUnusable) { _ = try await StagingDatabase.open(folder.target()) }
            chmod(folder.folder, 0o700)
            #expect(try folder.files == ["staging.db"])
        }
    }

    @Test func createsNoFileThatSQLiteCannotOpen() async throws {
        try await StagingFolder.with { folder in
            // Longer than the limit of SQLite, shorter than that of the system.
            let deep = (0..<4).map { _ in "/" + String(repeating: "d", count: 150) }.joined()
            try FileManager.default.createDirectory(
                atPath: folder.folder + deep, withIntermediateDirectories: true)
            let path = folder.folder + deep + "/staging.db"
            try await expectCode(.databaseUnusable) {
                _ = try await StagingDatabase.open(StagingTarget(path: path))
            }
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }
}
