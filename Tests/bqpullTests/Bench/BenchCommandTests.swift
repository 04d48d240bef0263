import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// `bqpull bench` as a user types it, against the emulator over a real socket.
@Suite(.timeLimit(.minutes(10))) struct BenchCommandTests {
    private static let sql = "SELECT * FROM bench.trips_1000"

    private func bench(_ home: EmulatorHome, _ options: [String]) async throws -> Binary.Outcome {
        var all = ["bench"] + options
        if !options.contains("--endpoint") { all += ["--endpoint", home.emulator.endpoint] }
        return try await home.run(all + ["--credentials", home.credentials])
    }

    private func strings(_ home: EmulatorHome, _ sql: String) throws -> [String] {
        try DatabaseQueue(path: home.folder.file("bench.db")).read { try String.fetchAll($0, sql: sql) }
    }

    @Test func printsATableAndASummary() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await bench(
                home, [Self.sql, "--rows", "600", "--page-rows", "100,300", "--parallel", "auto,2", "--gzip", "on,off"])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
            // Two headers with eight settings each, an empty line, the caption of the times, and the end.
            #expect(lines.count == 21)
            for column in ["rows/page", "parallel", "gzip", "rows/s", "wire MB/s", "ratio", "requests", "retries"] {
                #expect(lines[0].contains(column), "\(column)")
            }
            for column in ["first byte", "transfer", "inflate", "decode", "wait for writer", "insert", "commit"] {
                #expect(lines[11].contains(column), "\(column)")
            }
            #expect(lines[1].split(separator: " ").starts(with: ["100", "auto", "on"]))
            #expect(lines[8].split(separator: " ").starts(with: ["300", "2", "off"]))
            #expect(outcome.errors.contains("the query will process 330 kB, less than $0.01 on demand\n"))
            #expect(outcome.errors.contains("best    ") && outcome.errors.contains("600 rows, the median of 3 runs"))
            #expect(outcome.errors.contains("limit   "))
            #expect(home.emulator.counters.jobs == 1)
            #expect(home.emulator.counters.requests["jobs.getQueryResults"] == 1 + 3 * 4 * (6 + 2))
        }
    }

    @Test func hasModestDefaults() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await bench(home, [Self.sql, "--json"])
            let report = try json(outcome.output)
            let settings = try #require(report["results"] as? [[String: Any]]).map { $0["setting"] as? NSDictionary }
            #expect(settings == [1, 2, 4, 8].map { ["parallelPages": $0, "gzip": true] })
            #expect(report["rows"] as? Int == 1000)
            #expect(home.emulator.counters.requests["jobs.getQueryResults"] == 1 + 3 * 4)
        }
    }

    private func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func printsEverythingAsJSON() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await bench(
                home, [Self.sql, "--rows", "500", "--page-rows", "100", "--parallel", "2,3", "--runs", "2", "--json"])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.count == 1)
            let report = try json(outcome.output)
            #expect(report["rows"] as? Int == 500)
            #expect(report["jobId"] is String)
            #expect(report["bytesProcessed"] is NSNumber && report["bytesBilled"] is NSNumber)
            let best = try #require(report["best"] as? [String: Any])
            #expect(best["pageRows"] as? Int == 100 && best["gzip"] as? Bool == true)
            let factors = ["service", "network", "decode", "disk"]
            #expect(factors.contains(report["limitedBy"] as? String ?? ""))
            let results = try #require(report["results"] as? [[String: Any]])
            #expect(results.count == 2)
            for result in results {
                #expect(factors.contains(result["limitedBy"] as? String ?? ""))
                #expect((result["measurements"] as? [Any])?.count == 2)
                let median = try #require(result["median"] as? [String: Any])
                for name in [
                    "seconds", "rows", "pages", "requests", "retries", "dataRead", "dataInflated", "rowsPerSecond",
                    "wireBytesPerSecond", "inflatedBytesPerSecond", "compressionRatio",
                ] {
                    #expect(median[name] is NSNumber, "\(name)")
                }
                #expect(median["requests"] as? Int == 5)
                let durations = try #require(median["detailedDurations"] as? [String: Any])
                #expect(
                    Set(durations.keys) == [
                        "timeToFirstByte", "transfer", "inflate", "decode", "waitForWriter", "waitForPages", "insert",
                        "commit",
                    ])
            }
        }
    }

    @Test func stagesAndPlots() async throws {
        try await EmulatorHome.with { home in
            let (file, plot) = (home.folder.file("bench.db"), home.folder.file("bench.svg"))
            let outcome = try await bench(
                home, [Self.sql, "--rows", "500", "--runs", "1", "--parallel", "1,3", "--into", file, "--plot", plot])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("staged  the rows of the last run are in table bench of \(file)\n"))
            #expect(try strings(home, "SELECT count(*) FROM bench") == ["500"])
            #expect(try strings(home, "SELECT count(*) FROM _bqpull_runs WHERE state = 'published'") == ["2"])
            let svg = try String(contentsOfFile: plot, encoding: .utf8)
            #expect(svg.contains("Pulling 500 rows") && svg.contains(" into SQLite"))
            #expect(svg.ranges(of: "class=\"setting\"").count == 2)
        }
    }

    @Test func readsATableWithoutAJob() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await bench(
                home, ["--table", "bench.trips_1000", "--rows", "500", "--page-rows", "100,250", "--runs", "2"])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.count == 7)
            #expect(home.emulator.counters.jobs == 0)
            #expect(home.emulator.counters.requests["jobs.insert"] == nil)
            #expect(home.emulator.counters.requests["tabledata.list"] == 1 + 2 * (5 + 2))
            #expect(!outcome.errors.contains("billed") && !outcome.errors.contains("dry run"))
        }
    }

    @Test func rejectsACostlyQueryUnlessAllowed() async throws {
        try await EmulatorHome.with { home in
            let sql = "SELECT trip_id FROM bench.trips_5000000000 LIMIT 5"
            let refused = try await bench(home, [sql])
            #expect(refused.exitCode == 3, "\(refused.errors)")
            #expect(refused.errors.contains("limit for bytes billed: 10000000000"))
            #expect(refused.errors.contains("--max-bytes-billed"))
            #expect(home.emulator.counters.rows == 0)
            let small = try await bench(home, [Self.sql, "--max-bytes-billed", "1"])
            #expect(small.errors.contains("limit for bytes billed: 1"))
        }
    }

    @Test(
        arguments: [
            ([], 64, "or --table NAME"), ([sql, "--table", "bench.trips_5"], 64, "exactly one of"),
            ([sql, "--file", "x.sql"], 64, "exactly one of"), ([sql, "--parallel", "0"], 64, "--parallel"),
            ([sql, "--parallel", "1,,2"], 64, "--parallel"), ([sql, "--parallel", "many"], 64, "--parallel"),
            ([sql, "--page-rows", "10,0"], 64, "--page-rows"), ([sql, "--gzip", "maybe"], 64, "--gzip"),
            ([sql, "--rows", "0"], 64, "--rows"), ([sql, "--runs", "0"], 64, "--runs must be at least 1"),
            ([sql, "--plot", "bench.db"], 64, "ends in .svg"), ([sql, "--plot", "/nonexistent/b.svg"], 73, "b.svg"),
            ([sql, "--into", "/nonexistent/b.db"], 73, "/nonexistent"),
            ([sql, "--max-bytes-billed", "0"], 64, "--max-bytes-billed"),
            (["--table", "bench.trips_5", "--parallel", "2"], 64, "--parallel applies to queries"),
            (["--table", "bench.trips_5", "--param", "x:INT64:1"], 64, "without a job"),
            (["--table", "bench.trips_5", "--no-cache"], 64, "without a job"),
            (["--table", "trips_5"], 64, "DATASET.TABLE"), (["--table", "bench.trips_x"], 3, "error: "),
            (["--table", "sales.latset"], 3, "did you mean sales.latest?"),
            (["--table", "sales.latest"], 64, "bqpull bench 'SELECT * FROM `local-project.sales.latest`'"),
            (["SELECT 1 AS x WHERE FALSE"], 64, "no rows to measure"), ([" "], 64, "SQL text is empty"),
            (["SELECT nonsense FROM nowhere.at_all"], 3, "error: "),
            (["CREATE TABLE d.t AS SELECT 1"], 64, "the statement is CREATE_TABLE_AS_SELECT"),
            ([sql, "--endpoint", "http://example.com"], 78, "plain http"),
        ] as [([String], Int32, String)])
    func invalidInputHasAClearErrorAndExitCode(options: [String], exit: Int32, mention: String) async throws {
        try await EmulatorHome.with { home in
            let view = home.folder.file("latest.sql")
            try Data("SELECT 1 AS id".utf8).write(to: URL(filePath: view))
            try await home.emulator.load(.init(dataset: "sales", table: "latest", file: view))
            let outcome = try await bench(home, options)
            #expect(outcome.exitCode == exit, "\(outcome.errors)")
            #expect(outcome.errors.contains(mention), "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
            // Rejected before anything is billed.
            #expect(home.emulator.counters.jobs == (mention == "no rows to measure" ? 1 : 0))
        }
    }

    @Test func keepsATableThatItDidNotCreate() async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("bench.db")
            try await DatabaseQueue(path: file).write { try $0.execute(sql: "CREATE TABLE bench (x INTEGER)") }
            let outcome = try await bench(home, [Self.sql, "--into", file])
            #expect(outcome.exitCode == 73)
            #expect(outcome.errors.contains("bench"))
            #expect(home.emulator.counters.requests.isEmpty)
            #expect(try strings(home, "SELECT name FROM sqlite_master") == ["bench"])
        }
    }

    @Test func aSignalCancelsARunningJob() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(jobTime: .seconds(600))) { home in
            let running = try await home.binary().start([
                "bench", Self.sql, "--endpoint", home.emulator.endpoint, "--credentials", home.credentials,
            ])
            try await home.emulator.waitForCounters { $0.requests["jobs.getQueryResults"] != nil }
            running.send(signal: SIGINT)
            let outcome = try await running.outcome()
            #expect(outcome.exitCode == 130)
            #expect(outcome.errors.contains("requested cancellation of job local-project:US.bqpull_"))
            #expect(home.emulator.counters.requests["jobs.cancel"] == 1)
        }
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func aSignalEndsTheRunsAndDropsPartialRows(signal: Int32, exitCode: Int32) async throws {
        // A hundred pages of 20 ms in each run.
        try await EmulatorHome.with(EmulatorConfiguration(latency: .milliseconds(20))) { home in
            let running = try await home.binary().start([
                "bench", Self.sql, "--page-rows", "10", "--parallel", "1", "--into", home.folder.file("bench.db"),
                "--endpoint", home.emulator.endpoint, "--credentials", home.credentials,
            ])
            // One page, and half of the first run.
            try await home.emulator.waitForCounters { $0.rows >= 1500 }
            running.send(signal: signal)
            let outcome = try await running.outcome()
            #expect(outcome.exitCode == exitCode)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains("the measurements are discarded"))
            #expect(home.emulator.counters.requests["jobs.cancel"] == nil)
            #expect(
                try strings(home, "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%rows%'") == [])
            #expect(try strings(home, "PRAGMA integrity_check") == ["ok"])
        }
    }

    @Test func helpNamesEveryOption() async throws {
        let outcome = try await Binary().run(["bench", "--help"])
        #expect(outcome.exitCode == 0)
        for option in [
            "--table", "--rows", "--page-rows", "--parallel", "--gzip", "--runs", "--into", "--plot", "--json",
            "--file",
            "--location", "--param", "--use-legacy-sql", "--label", "--priority", "--no-cache", "--max-bytes-billed",
            "--project", "--credentials", "--endpoint", "--verbose", "10.0 GB",
        ] {
            #expect(outcome.output.contains(option), "\(option)")
        }
    }
}
