import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

@testable import BQPullCommands

/// The place of the staging database: full and read-only disks, removed files, unusual paths and processes.
@Suite(.timeLimit(.minutes(10))) struct StagingPlaceTests {
    /// Mounts in a separate namespace, where the system allows it.
    private static let mounts = Task {
        try await Shell.run("/usr/bin/unshare -Urm /bin/mount -t tmpfs none /mnt").exitCode == 0
    }

    /// Drops the privileges of root, which could write everywhere.
    private static let unprivileged = Task { () -> [String]? in
        if geteuid() != 0 { return [] }
        return try await Shell.run("/usr/bin/unshare -U /bin/true").exitCode == 0 ? ["/usr/bin/unshare", "-U"] : nil
    }

    /// Runs a script with the command as its arguments.
    private func run(_ user: StagingUser, _ program: [String], _ script: String) async throws -> Binary.Outcome {
        let words = program + ["/bin/sh", "-c", script, Binary.url.path] + user.command
        var binary = user.home.binary()
        binary.program = URL(fileURLWithPath: words[0])
        return try await binary.run(Array(words.dropFirst()))
    }

    @Test(.faults("L1"), .enabled("needs unprivileged mounts") { try await mounts.value })
    func aFullDiskIsAnErrorUntilSpaceIsFree() async throws {
        try await StagingUser.with { user in
            let (disk, kept) = (user.folder, user.home.folder.file("kept"))
            // Little more space than the table and its log need.
            let outcome = try await run(
                user, ["/usr/bin/unshare", "-Urm"],
                """
                set -e
                mkdir '\(kept)'; cp '\(user.file)' '\(kept)'
                mount -t tmpfs -o size=700k none '\(disk)'; cp '\(kept)/staging.db' '\(disk)'
                code=0; "$0" "$@" --ignore-disk-space || code=$?
                cp '\(disk)'/* '\(kept)'
                exit $code
                """)
            #expect(outcome.isFailure(74), "\(outcome.errors)")
            #expect(outcome.errors.hasPrefix("error: \(user.file): the disk is full"))
            #expect(outcome.errors.contains("\nhint: the missing rows need about 1 MB"))
            // With enough space.
            for name in try FileManager.default.contentsOfDirectory(atPath: kept) where !name.hasSuffix("-shm") {
                try? FileManager.default.removeItem(atPath: "\(disk)/\(name)")
                try FileManager.default.copyItem(atPath: "\(kept)/\(name)", toPath: "\(disk)/\(name)")
            }
            #expect(try await user.examine().rows > 0)
            try await user.goOn()
        }
    }

    @Test(.faults("L11"), .enabled("needs unprivileged mounts") { try await mounts.value })
    func rejectsAReadOnlyDiskBeforeAnyRequest() async throws {
        try await StagingUser.with { user in
            let requests = user.home.emulator.counters.requests
            let outcome = try await run(
                user, ["/usr/bin/unshare", "-Urm"],
                """
                mount --bind '\(user.folder)' '\(user.folder)' && mount -o remount,bind,ro '\(user.folder)' || exit 99
                exec "$0" "$@"
                """)
            #expect(outcome.isFailure(73), "\(outcome.errors)")
            #expect(user.home.emulator.counters.requests == requests)
            #expect(try FileManager.default.contentsOfDirectory(atPath: user.folder) == ["staging.db"])
            try await user.goOn()
        }
    }

    @Test(
        .faults("L11"), .enabled("needs an unprivileged user") { try await unprivileged.value != nil },
        arguments: [true, false])
    func rejectsAnUnwritablePathBeforeAnyRequest(isFolder: Bool) async throws {
        try await StagingUser.with { user in
            let requests = user.home.emulator.counters.requests
            let place = isFolder ? user.folder : user.file
            try #require(chmod(place, isFolder ? 0o500 : 0o400) == 0)
            let outcome = try await run(user, Self.unprivileged.value ?? [], "exec \"$0\" \"$@\"")
            try #require(chmod(place, 0o700) == 0)
            #expect(outcome.isFailure(73), "\(outcome.errors)")
            #expect(user.home.emulator.counters.requests == requests)
            #expect(try FileManager.default.contentsOfDirectory(atPath: user.folder) == ["staging.db"])
            try await user.goOn()
        }
    }

    @Test(.faults("L14")) func aLongReaderDoesNotBlockThePull() async throws {
        try await StagingUser.with(StagingUser.slowly) { user in
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let pull = try await user.start()
            let reader = try DatabaseQueue(path: user.file, configuration: configuration)
            func ids() throws -> [Int] {
                try reader.unsafeRead { try Int.fetchAll($0, sql: "SELECT trip_id FROM results LIMIT 3") }
            }
            try await reader.writeWithoutTransaction { try $0.execute(sql: "BEGIN") }
            #expect(try ids() == [1, 2])
            let outcome = try await pull.outcome()
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(try ids() == [1, 2])
            try await reader.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            #expect(try ids() == [0, 1, 2])
            try reader.close()
            #expect(try await user.examine().isPublished)
        }
    }

    /// Rows written to an unlinked file would be lost.
    @Test(.faults("L21"), arguments: [true, false]) func aRemovedFileEndsThePull(isReplaced: Bool) async throws {
        try await StagingUser.with(StagingUser.slowly) { user in
            let pull = try await user.start()
            let away = user.home.folder.file("away.db")
            try FileManager.default.moveItem(atPath: user.file, toPath: away)
            if isReplaced { try Data("mine".utf8).write(to: URL(fileURLWithPath: user.file)) }
            let outcome = try await pull.outcome()
            #expect(outcome.isFailure(74), "\(outcome.errors)")
            #expect(outcome.errors.contains("\(user.file) was removed or replaced"))
            // The new file is not changed, and the moved one has the old table.
            let found = FileManager.default.contents(atPath: user.file)
            #expect(found == (isReplaced ? Data("mine".utf8) : nil))
            try? FileManager.default.removeItem(atPath: user.file)
            try FileManager.default.moveItem(atPath: away, toPath: user.file)
            try await user.goOn()
        }
    }

    @Test(.faults("L23"), arguments: ["unset HOME TMPDIR XDG_CONFIG_HOME", "umask 000"])
    func inheritedProcessStateDoesNotMatter(script: String) async throws {
        try await StagingUser.with(StagingUser.slowly) { user in
            // A new file.
            try FileManager.default.removeItem(atPath: user.file)
            var shell = user.home.binary()
            shell.program = URL(fileURLWithPath: "/bin/sh")
            let pull = try await shell.start(
                ["-c", "\(script)\nexec \"$0\" \"$@\"", Binary.url.path] + user.command + ["--parallel", "1"])
            while try FileManager.default.contentsOfDirectory(atPath: user.folder).count < 4 {
                try await Task.sleep(for: .milliseconds(1))
            }
            for name in try FileManager.default.contentsOfDirectory(atPath: user.folder) {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(user.folder)/\(name)")
                let mode = attributes[.posixPermissions] as? Int ?? 0
                #expect(mode & 0o177 == 0, "\(name) \(mode)")
            }
            #expect(try await pull.outcome().exitCode == 0)
            let attributes = try FileManager.default.attributesOfItem(atPath: user.file)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(try await StagingRemains.examine(user.file).isPublished)
        }
    }

    /// A relative path fails in a removed directory; an absolute one does not.
    @Test(.faults("L23"), arguments: [true, false]) func theWorkingDirectoryCanBeRemoved(isRelative: Bool) async throws
    {
        try await StagingUser.with { user in
            let script = "mkdir '\(user.folder)/gone'; cd '\(user.folder)/gone'; rmdir '\(user.folder)/gone'"
            let options = isRelative ? ["--into", "staging.db"] : []
            let outcome = try await user.run(after: script, options)
            if isRelative {
                #expect(outcome.isFailure(73), "\(outcome.errors)")
                #expect(try await user.examine().runs == 1)
            } else {
                #expect(outcome.exitCode == 0, "\(outcome.errors)")
                #expect(try await user.examine().isPublished)
            }
        }
    }

    private static let paths: [(path: String, exitCode: Int32)] = [
        ("../staging.db", 0), ("file:evil?mode=memory", 0), (":memory:", 0), ("?", 0),
        (String(repeating: "x", count: 5000), 73), ("../missing/staging.db", 73), ("", 64), ("/proc/version", 73),
        ("/proc/new.db", 73), ("/dev/null", 73),
    ]

    /// A path is never a URI or an option of SQLite. A command line cannot contain NUL.
    @Test(.faults("L15", "L24"), arguments: paths)
    func aPathIsOnlyAFileName(_ example: (path: String, exitCode: Int32)) async throws {
        try await StagingUser.with { user in
            let folder = user.folder + "/here"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let before = try Data(contentsOf: URL(fileURLWithPath: user.file))
            let requests = user.home.emulator.counters.requests
            let outcome = try await user.run(after: "cd '\(folder)'", ["--into", example.path, "--table", "other"])
            if example.exitCode == 0 {
                #expect(outcome.exitCode == 0, "\(outcome.errors)")
                let file = folder + "/" + example.path
                let tables = try await DatabaseQueue(path: file).read { db in
                    try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE name IN ('results', 'other')")
                }
                #expect(tables.sorted() == (example.path.hasPrefix("..") ? ["other", "results"] : ["other"]))
            } else {
                #expect(outcome.isFailure(example.exitCode), "\(outcome.errors)")
                #expect(user.home.emulator.counters.requests == requests)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
                #expect(try Data(contentsOf: URL(fileURLWithPath: user.file)) == before)
            }
        }
    }

    /// The wall clock only decides the age of a run.
    @Test(.faults("L25"), arguments: ["2001-01-01T00:00:00.000Z", "2199-01-01T00:00:00.000Z"])
    func theWallClockDecidesNothing(time: String) async throws {
        try await StagingUser.with(StagingUser.slowly) { user in
            let pull = try await user.start()
            pull.send(signal: SIGINT)
            _ = try await pull.outcome()
            try await DatabaseQueue(path: user.file).write { db in
                try db.execute(
                    sql:
                        "UPDATE _bqpull_runs SET updated_at = :t, finished_at = nullif(finished_at, :t)",
                    arguments: ["t": time])
            }
            let date = try Date(time, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: user.file)
            #expect(try await user.home.run(["runs", user.file]).exitCode == 0)
            try await user.goOn()
        }
    }
}
