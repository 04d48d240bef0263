import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// The form of the files: the encoding of a database, and the permissions of what bqpull creates.
@Suite(.timeLimit(.minutes(5))) struct FileFormTests {
    /// SQLite would turn U+FFFE and U+FFFF into U+FFFD.
    @Test(.faults("L36"), arguments: ["UTF-16le", "UTF-16be"])
    func aDatabaseInUTF16IsRejectedBeforeAnythingIsSent(encoding: String) async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("staging.db")
            let queue = try DatabaseQueue(path: file)
            try await queue.writeWithoutTransaction { db in
                try db.execute(
                    sql: "PRAGMA encoding = '\(encoding)'; CREATE TABLE mine (a); INSERT INTO mine VALUES ('x')")
            }
            try queue.close()
            let before = try Data(contentsOf: URL(fileURLWithPath: file))
            let connection = ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials]
            for command in [
                ["query", "SELECT 1 AS one", "--into", file] + connection,
                ["query", "SELECT 1 AS one", "--if-exists", "replace", "--into", file] + connection,
                ["table", "bench.trips_5", "--into", file] + connection, ["resume", file] + connection, ["runs", file],
            ] {
                let outcome = try await home.run(command)
                #expect(outcome.isFailure(73), "\(command[0]): \(outcome.errors)")
                #expect(outcome.errors.contains("UTF-16"), "\(command[0]): \(outcome.errors)")
            }
            #expect(home.emulator.counters.requests == [:])
            #expect(home.emulator.counters.tokenRequests == 0)
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: home.folder.path).contains("staging.db-wal")
                    == false)
        }
    }

    /// The mode of every file in a folder and the folders in it.
    private func modes(in folder: String) throws -> [String: Int] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        return try Dictionary(
            uniqueKeysWithValues: names.map { name in
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
                return (name, attributes[.posixPermissions] as? Int ?? 0)
            })
    }

    @Test(.faults("L38"), arguments: ["777", "700", "277"])
    func onlyTheOwnerCanReadADatabase(umask: String) async throws {
        try await StagingUser.withRelay { user, relay in
            try FileManager.default.removeItem(atPath: user.file)
            var shell = user.home.binary()
            shell.program = URL(fileURLWithPath: "/bin/sh")
            // The tenth page is withheld. By then others are written, so that every file has been created.
            try user.home.inject(
                "bigquery.jobs.getQueryResults", Array(repeating: "pass", count: 9) + ["stall-for-600s"])
            let pull = try await shell.start(
                ["-c", "umask \(umask)\nexec \"$0\" \"$@\"", Binary.url.path] + user.command + ["--parallel", "1"])
            try await user.home.allApplied()
            let during = try modes(in: user.folder)
            #expect(during.count == 4, "\(during)")
            #expect(during.values.allSatisfy { $0 == 0o600 }, "\(during)")
            #expect(relay.cut() > 0)
            let outcome = try await pull.outcome()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(try modes(in: user.folder) == ["staging.db": 0o600])
            #expect(try await StagingRemains.examine(user.file).isPublished)
        }
    }

    @Test(.faults("L38"), arguments: ["777", "000"]) func onlyTheOwnerCanReadStoredCredentials(umask: String)
        async throws
    {
        try await EmulatorHome.with { home in
            var shell = home.binary(["BIGQUERY_EMULATOR_HOST": home.emulator.endpoint])
            shell.program = URL(fileURLWithPath: "/bin/sh")
            for command in [
                ["auth", "import", home.credentials, "--project", "local-project"],
                ["config", "location", "EU"],
                ["auth", "token"],
            ] {
                let outcome = try await shell.run(
                    ["-c", "umask \(umask)\nexec \"$0\" \"$@\"", Binary.url.path] + command)
                #expect(outcome.exitCode == 0, "\(command): \(outcome.errors)")
            }
            let modes = try modes(in: home.store)
            #expect(modes["credentials.json"] == 0o600 && modes["settings.json"] == 0o600, "\(modes)")
            #expect(modes["credentials.lock"] == 0o600, "\(modes)")
            #expect(modes.values.allSatisfy { $0 == 0o600 }, "\(modes)")
        }
    }
}
