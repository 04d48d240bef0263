import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// Another program uses the file that a pull creates: its data stays however the pull ends.
@Suite(.timeLimit(.minutes(20))) struct ForeignDataTests {
    /// The state of the pull when the other program opens the file.
    enum Moment: CaseIterable, Sendable {
        /// The file does not exist yet; the other program creates it.
        case dryRun
        /// The file has just appeared.
        case creation
        case insertion, pages
    }

    enum Ending: CaseIterable, Sendable {
        case interrupt, terminate, kill, lockTimeout

        var signal: Int32? {
            switch self {
            case .interrupt: SIGINT
            case .terminate: SIGTERM
            case .kill: SIGKILL
            case .lockTimeout: nil
            }
        }

        var exitCode: Int32 { signal.map { 128 + $0 } ?? 75 }
    }

    private static let rows = 500

    /// A pull into a new file in a separate folder.
    private struct Scene: Sendable {
        let home: EmulatorHome
        let folder: String

        var file: String { folder + "/staging.db" }
        var connection: [String] { ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials] }
        var command: [String] {
            ["query", "SELECT trip_id, vendor FROM bench.trips_\(rows)", "--page-rows", "20", "--parallel", "1"]
                + ["--into", file, "--lock-timeout", "1s"] + connection
        }

        static func with(_ test: @Sendable (Scene) async throws -> Void) async throws {
            try await EmulatorHome.with(EmulatorConfiguration(faults: FaultPlan([:]))) { home in
                let folder = home.folder.file("staging")
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                try await test(Scene(home: home, folder: folder))
            }
        }

        /// Starts the command, and waits until its request of this method is held back for a time.
        func start(holding method: String, after passed: Int = 0, for time: String) async throws -> RunningBinary {
            try home.inject("bigquery.\(method)", Array(repeating: "pass", count: passed) + ["stall-for-\(time)"])
            let pull = try await home.binary().start(command)
            try await home.allApplied()
            return pull
        }

        func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }

        func inode() throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int
        }

        /// A connection of another program.
        func connect() throws -> DatabaseQueue {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.allowsUnsafeTransactions = true
            return try DatabaseQueue(path: file, configuration: configuration)
        }
    }

    @Test(.faults("L34"), arguments: Moment.allCases, Sweep.few(2, of: Ending.allCases))
    func theDataOfAnotherProgramStays(moment: Moment, ending: Ending) async throws {
        let rounds = Sweep.whole(13, orPart: 1)
        for _ in 0..<rounds {
            try await Scene.with { scene in try await endPull(of: scene, moment, ending) }
        }
        print("foreign data: \(rounds) rounds, \(moment), \(ending)")
    }

    /// Ends a pull while another program uses its file, and checks what the other program finds afterwards.
    private func endPull(of scene: Scene, _ moment: Moment, _ ending: Ending) async throws {
        let comment: Comment = "\(moment), \(ending)"
        let pull = try await start(scene, moment, for: ending == .lockTimeout ? "2s" : "600s")
        let other = try scene.connect()
        try await other.write { try $0.execute(sql: "CREATE TABLE mine (n); INSERT INTO mine VALUES (1)") }
        let inode = try scene.inode()
        // Holding a lock, so that the pull ends before it has created its own tables.
        let isLocked = moment == .creation || ending == .lockTimeout
        if isLocked { try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") } }
        if let signal = ending.signal { pull.send(signal: signal) }
        let outcome = try await pull.outcome()
        #expect(outcome.exitCode == ending.exitCode, "\(moment), \(ending): \(outcome.errors)")
        // The other program keeps using its open connection.
        try await other.writeWithoutTransaction { db in
            try db.execute(sql: "INSERT INTO mine VALUES (2)")
            if isLocked { try db.execute(sql: "COMMIT") }
        }
        #expect(try scene.inode() == inode, comment)
        try other.close()
        #expect(try await mine(in: scene) == [1, 2], comment)
        try scene.home.endFaults()

        let again = try await scene.home.run(scene.command)
        #expect(again.exitCode == 0, "\(moment), \(ending): \(again.errors)")
        #expect(try scene.inode() == inode, comment)
        #expect(try await mine(in: scene) == [1, 2], comment)
        let found = try await StagingRemains.examine(scene.file, comment) { db, _ in
            let rows = try Int.fetchOne(db, sql: "SELECT count(DISTINCT trip_id) FROM results")
            #expect(rows == Self.rows, comment)
        }
        #expect(found.isPublished, comment)
    }

    private func start(_ scene: Scene, _ moment: Moment, for time: String) async throws -> RunningBinary {
        switch moment {
        case .dryRun:
            return try await scene.start(holding: "jobs.dryRun", for: time)
        case .creation:
            try scene.home.inject("bigquery.jobs.insert", ["stall-for-\(time)"])
            let pull = try await scene.home.binary().start(scene.command)
            while access(scene.file, F_OK) != 0 { await Task.yield() }
            return pull
        case .insertion:
            return try await scene.start(holding: "jobs.insert", for: time)
        case .pages:
            return try await scene.start(holding: "jobs.getQueryResults", after: 5, for: time)
        }
    }

    private func mine(in scene: Scene) async throws -> [Int] {
        try await scene.connect().read { try Int.fetchAll($0, sql: "SELECT n FROM mine ORDER BY n") }
    }

    @Test(
        .faults("L34"),
        arguments: [
            (["query", "SELECT nothing FROM bench.trips_5"], 3), (["query", "SELECT 1 AS x, FROM"], 3),
            (["query", "SELECT trip_id FROM bench.trips_5", "--confirm-above", "1B"], 64),
            (["table", "bench.missing"], 3), (["table", "missing.trips_5"], 3),
        ] as [([String], Int32)])
    func aRejectedCommandLeavesNoFile(arguments: [String], exitCode: Int32) async throws {
        try await Scene.with { scene in
            let outcome = try await scene.home.run(arguments + ["--into", scene.file] + scene.connection)
            #expect(outcome.exitCode == exitCode, "\(outcome.errors)")
            #expect(try scene.files() == [])
            #expect(scene.home.emulator.counters.jobs == 0)
        }
    }

    @Test(.faults("L34"), arguments: [SIGINT, SIGTERM, SIGKILL])
    func aPullThatIsInterruptedInItsDryRunLeavesNoFile(signal: Int32) async throws {
        try await Scene.with { scene in
            let pull = try await scene.start(holding: "jobs.dryRun", for: "600s")
            pull.send(signal: signal)
            #expect(try await pull.outcome().exitCode == 128 + signal)
            // A killed process cannot remove its lock file.
            #expect(try scene.files().filter { signal != SIGKILL || !$0.contains("-bqpull-") } == [])
        }
    }

    @Test(.faults("L34"), arguments: [SIGINT, SIGTERM, SIGKILL])
    func anInterruptedPullLeavesADatabase(signal: Int32) async throws {
        try await Scene.with { scene in
            let pull = try await scene.start(holding: "jobs.insert", for: "600s")
            try await scene.home.emulator.waitForCounters { $0.jobs > 0 }
            pull.send(signal: signal)
            #expect(try await pull.outcome().exitCode == 128 + signal)
            let found = try await StagingRemains.examine(scene.file) { db, _ in
                for table in ["_bqpull_meta", "_bqpull_runs", "_bqpull_columns", "_bqpull_loads"] {
                    let exists = try db.tableExists(table)
                    #expect(exists, "\(table)")
                }
            }
            #expect(found.runs == 1)
            #expect(found.state == (signal == SIGKILL ? "running" : "interrupted"))
            let again = try await scene.home.run(scene.command)
            #expect(again.exitCode == 0, "\(again.errors)")
            // A signal cancels the job, so that the query runs again; a kill does not.
            #expect(scene.home.emulator.counters.jobs == (signal == SIGKILL ? 1 : 2))
        }
    }
}
