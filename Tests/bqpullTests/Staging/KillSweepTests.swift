import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// Kills the binary at many moments of a pull, and runs it again.
///
/// The default sample is too small to require kills in every state.
@Suite(.serialized) struct KillSweepTests {
    private static let instants = Sweep.whole(210, orPart: 4, orShort: 2)
    private static let rows = Sweep.whole(200_000, orPart: 20_000)
    private static let oldRows = 10

    private enum Mode: String, CaseIterable {
        case replace, append, upsert
    }

    /// The state of a pull when it was killed.
    private enum Place: String, CaseIterable {
        case before = "before the first page"
        case during = "between the first and the last page"
        case staged = "after the last page"
        case published = "after publishing"
    }

    /// The state that a killed process leaves.
    private struct Remains {
        var place: Place
        /// The number of rows in the checkpoint of the unfinished run.
        var rows: Int64
        var hasRun: Bool
    }

    private struct Scene: Sendable {
        let home: EmulatorHome
        let file: String
        /// The content of an undisturbed pull.
        var checksum: Int64?

        func command(_ mode: Mode) -> [String] {
            let key = mode == .append ? [] : ["--key", "trip_id"]
            return [
                "query", "SELECT trip_id, vendor FROM bench.trips_\(KillSweepTests.rows)", "--if-exists", mode.rawValue,
            ]
                + key + ["--page-rows", "\(KillSweepTests.rows / 100)", "--into", file] + connection
        }

        var connection: [String] { ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials] }

        /// Creates a new database with an old table.
        func prepare(_ mode: Mode) async throws {
            try removeFiles(of: file)
            let outcome = try await home.run(
                ["query", "SELECT trip_id, vendor || '!' AS vendor FROM bench.trips_\(KillSweepTests.oldRows)"]
                    + (mode == .append ? [] : ["--key", "trip_id"]) + ["--quiet", "--into", file] + connection)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
        }

        func removeFiles(of file: String) throws {
            for suffix in ["", "-wal", "-shm", "-journal"] {
                guard FileManager.default.fileExists(atPath: file + suffix) else { continue }
                try FileManager.default.removeItem(atPath: file + suffix)
            }
        }

        /// Examines the database, whose first run created the old table.
        func examine(_ mode: Mode) async throws -> Remains {
            let found = try await StagingRemains.examine(file) { db, found in
                let isNew = found.runs > 1 && found.isPublished
                let table = try Table(db)
                #expect(table == (isNew ? .new(mode, checksum) : .old))
            }
            guard found.runs > 1 else { return Remains(place: .before, rows: 0, hasRun: false) }
            guard !found.isPublished else { return Remains(place: .published, rows: 0, hasRun: true) }
            // Or the continuing process was killed after it had recorded the interruption.
            #expect(["running", "interrupted"].contains(found.state))
            let place: Place =
                found.rows == 0 ? .before : found.rows < KillSweepTests.rows ? .during : .staged
            return Remains(place: place, rows: found.rows, hasRun: true)
        }
    }

    /// A digest of a table that lost, duplicated or changed rows alter.
    private struct Table: Equatable {
        var rows: Int
        var ids: Int
        var lowest: Int64
        var highest: Int64
        var old: Int
        /// The digest of the new rows; `nil` if it is not known in advance.
        var checksum: Int64?

        static let base: Int64 = 0

        static let old = Table(
            rows: oldRows, ids: oldRows, lowest: base, highest: base + Int64(oldRows) - 1, old: oldRows)

        static func new(_ mode: Mode, _ checksum: Int64?) -> Table {
            let added = mode == .append ? oldRows : 0
            var table = Table(
                rows: KillSweepTests.rows + added, ids: KillSweepTests.rows, lowest: base,
                highest: base + Int64(KillSweepTests.rows) - 1, old: added)
            table.checksum = checksum
            return table
        }

        init(rows: Int, ids: Int, lowest: Int64, highest: Int64, old: Int) {
            (self.rows, self.ids, self.lowest, self.highest, self.old) = (rows, ids, lowest, highest, old)
        }

        init(_ db: Database) throws {
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT count(*) AS n, count(DISTINCT trip_id) AS ids, min(trip_id) AS low, max(trip_id) AS high,
                    count(*) FILTER (WHERE vendor LIKE '%!') AS old,
                    sum(unicode(vendor) * (trip_id % 8191)) FILTER (WHERE vendor NOT LIKE '%!') AS checksum FROM results
                    """)
            let found = try #require(row)
            self.init(
                rows: found["n"], ids: found["ids"], lowest: found["low"], highest: found["high"],
                old: found["old"])
            checksum = found["checksum"]
        }
    }

    @Test(.faults("L5"), .timeLimit(.minutes(25))) func aKilledPullIsNeitherLostNorBilledTwice() async throws {
        try await EmulatorHome.with { home in
            let (scene, duration) = try await inPeace(home)
            var places: [Place: Int] = [:]
            var number = 0
            while number < Self.instants || places[.during, default: 0] < Self.instants * 3 / 5,
                number < 3 * Self.instants
            {
                let mode = Mode.allCases[number % Mode.allCases.count]
                // Spread over the whole duration.
                let share = (Double(number) * 0.618_033_988_75).truncatingRemainder(dividingBy: 1)
                let place = try await killAndFinish(
                    scene, mode, after: duration * share, byResuming: number % 2 == 1)
                places[place, default: 0] += 1
                number += 1
            }
            let counts = Place.allCases.map { "\(places[$0, default: 0]) \($0.rawValue)" }
            print("kill sweep: \(number) kills: \(counts.joined(separator: ", "))")
            if Sweep.isWhole { #expect(places[.during, default: 0] >= Self.instants * 3 / 5) }
        }
    }

    /// An undisturbed pull, which generates the emulator's rows; returns its duration.
    private func inPeace(_ home: EmulatorHome) async throws -> (Scene, Duration) {
        var scene = Scene(home: home, file: home.folder.file("staging.db"))
        var duration = Duration.zero
        for _ in 1...2 {
            // As before every kill: replacing all these rows would take longer.
            try await scene.prepare(.replace)
            let start = ContinuousClock.now
            #expect(try await home.run(scene.command(.replace) + ["--quiet"]).exitCode == 0)
            duration = ContinuousClock.now - start
        }
        scene.checksum = try await DatabaseQueue(path: scene.file).read { try Table($0).checksum }
        #expect(scene.checksum ?? 0 > 0)
        return (scene, duration)
    }

    /// A pull that is killed repeatedly never loses progress.
    @Test(.faults("L7"), .timeLimit(.minutes(10))) func aRepeatedlyKilledPullCompletes() async throws {
        try await EmulatorHome.with { home in
            let (scene, duration) = try await inPeace(home)
            try await scene.prepare(.upsert)
            let jobs = home.emulator.counters.jobs
            var (rows, progressed, isPublished) = (Int64(0), 0, false)
            for number in 1...max(4, Self.instants / 4) {
                let pull = try await home.binary().start(
                    number % 2 == 1 || rows == 0 ? scene.command(.upsert) : ["resume", scene.file] + scene.connection)
                // The sweep is over the time of the kill, mostly shortly before or after the first page.
                try await Task.sleep(for: duration * (0.2 + 0.02 * Double(number % 10)))
                pull.send(signal: SIGKILL)
                _ = try await pull.outcome()
                let remains = try await scene.examine(.upsert)
                isPublished = remains.place == .published
                if isPublished { break }
                #expect(remains.rows >= rows)
                if remains.rows > rows { progressed += 1 }
                rows = remains.rows
            }
            if Sweep.isWhole { #expect(progressed > 0) }
            if !isPublished { #expect(try await home.run(scene.command(.upsert)).exitCode == 0) }
            #expect(home.emulator.counters.jobs - jobs == 1)
            let table = try await DatabaseQueue(path: scene.file).read { try Table($0) }
            #expect(table == .new(.upsert, scene.checksum))
        }
    }

    /// Kills a pull after a delay, examines its state, and continues it in another process.
    private func killAndFinish(
        _ scene: Scene, _ mode: Mode, after delay: Duration, byResuming: Bool
    ) async throws -> Place {
        try await scene.prepare(mode)
        let emulator = scene.home.emulator
        let jobs = emulator.counters.jobs
        let pull = try await scene.home.binary().start(scene.command(mode))
        // The sweep is over the time of the kill.
        try await Task.sleep(for: delay)
        pull.send(signal: SIGKILL)
        let end = try await pull.outcome()
        #expect([0, 137].contains(end.exitCode), "\(end.errors)")

        let remains = try await scene.examine(mode)
        let pages = emulator.counters.firstRows.count
        // A finished run is not applied twice.
        let resumes = remains.place == .published || byResuming && remains.hasRun
        let again = try await scene.home.run(
            resumes ? ["resume", scene.file] + scene.connection : scene.command(mode))
        #expect(again.exitCode == 0, "\(again.errors)")
        #expect(emulator.counters.jobs - jobs == 1, "\(remains)")
        let asked = emulator.counters.firstRows.dropFirst(pages)
        #expect(asked.allSatisfy { $0 >= remains.rows }, "\(remains): \(asked)")
        let table = try await DatabaseQueue(path: scene.file).read { try Table($0) }
        #expect(table == .new(mode, scene.checksum), "\(mode), \(remains)")
        let files = try FileManager.default.contentsOfDirectory(atPath: scene.home.folder.path)
        // The next pull into the table removes the lock file, and an unused journal of the change back to the original
        // journal mode.
        let companions = files.filter {
            $0.hasPrefix("staging.db-")
                && !(remains.place == .published && ($0.contains("-bqpull-") || $0.hasSuffix("-journal")))
        }
        #expect(companions == [])
        return remains.place
    }
}
