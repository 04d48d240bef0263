import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// The built binary against the emulator over a real socket.
@Suite struct QueryCommandTests {
    private static let sql = "SELECT * FROM `bench.trips_250`"

    private func withEmulator(
        _ configuration: EmulatorConfiguration = EmulatorConfiguration(),
        _ body: @Sendable (RunningEmulator, TemporaryFolder) async throws -> Void
    ) async throws {
        try await EmulatorHome.with(configuration) { try await body($0.emulator, $0.folder) }
    }

    private func query(
        _ sql: String = sql, _ emulator: RunningEmulator, _ folder: TemporaryFolder, _ more: [String] = [],
        environment: [String: String] = [:], input: String = ""
    ) async throws -> Binary.Outcome {
        try await Binary(environment: environment).run(
            [
                "query", sql, "--into", folder.file("staging.db"), "--endpoint", emulator.endpoint, "--credentials",
                folder.file("credentials.json"),
            ]
                + more, input: input
        )
    }

    private func count(_ folder: TemporaryFolder, table: String = "results") throws -> Int? {
        try DatabaseQueue(path: folder.file("staging.db")).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM \"\(table)\"")
        }
    }

    private func strings(_ folder: TemporaryFolder, _ sql: String) throws -> [String] {
        try DatabaseQueue(path: folder.file("staging.db")).read { try String.fetchAll($0, sql: sql) }
    }

    @Test func stagesAQueryAndReportsIt() async throws {
        try await withEmulator { emulator, folder in
            let outcome = try await query(
                Self.sql, emulator, folder, ["--page-rows", "100", "--json", "--table", "trips"])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("250 rows staged in table trips of"))
            #expect(outcome.errors.contains("in 3 pages"))
            #expect(try count(folder, table: "trips") == 250)
            let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            for name in ["rowsRead", "rowsCopied", "dataRead", "dataWritten", "copyDuration", "throughput"] {
                #expect(report?[name] is NSNumber, "\(name)")
            }
            #expect(report?["rowsCopied"] as? Int == 250)
            #expect(emulator.counters.jobs == 1)
        }
    }

    @Test func quietWritesNothing() async throws {
        try await withEmulator { emulator, folder in
            let outcome = try await query(Self.sql, emulator, folder, ["--quiet"])
            #expect(outcome.exitCode == 0)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.isEmpty)
        }
    }

    @Test func takesTheQueryFromStandardInputOrAFile() async throws {
        try await withEmulator { emulator, folder in
            #expect(try await query("-", emulator, folder, ["--table", "a"], input: "SELECT 1 AS x\n").exitCode == 0)
            #expect(try count(folder, table: "a") == 1)
            let file = folder.file("query.sql")
            try Data("SELECT 1 AS x UNION ALL SELECT 2".utf8).write(to: URL(fileURLWithPath: file))
            let common = [
                "--into", folder.file("staging.db"), "--endpoint", emulator.endpoint, "--credentials",
                folder.file("credentials.json"),
            ]
            #expect(try await Binary().run(["query", "--file", file, "--table", "b"] + common).exitCode == 0)
            #expect(try count(folder, table: "b") == 2)
            #expect(try await Binary().run(["query", "--file", file + ".missing"] + common).exitCode == 66)
        }
    }

    @Test func passesParameters() async throws {
        try await withEmulator { emulator, folder in
            let outcome = try await query(
                "SELECT @n + 1 AS n, @s AS s", emulator, folder, ["--param", "n:INT64:41", "--param", "s::a:b"]
            )
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            let row = try DatabaseQueue(path: folder.file("staging.db")).read {
                try Row.fetchOne($0, sql: "SELECT * FROM results")
            }
            #expect(row == ["n": 42, "s": "a:b"])
        }
    }

    @Test func findsCredentialsProjectAndEndpointInTheEnvironment() async throws {
        try await withEmulator { emulator, folder in
            let outcome = try await Binary(environment: [
                "BIGQUERY_EMULATOR_HOST": emulator.endpoint, "BQPULL_CREDENTIALS": folder.file("credentials.json"),
                "GOOGLE_CLOUD_PROJECT": "local-project",
            ]).run(["query", "SELECT 1 AS x", "--into", folder.file("staging.db")])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(!outcome.errors.contains("warning"))
        }
    }

    @Test func sendsNoRealCredentialsToAnEmulator() async throws {
        try await withEmulator(EmulatorConfiguration(requiresAuthorization: false)) { emulator, folder in
            let environment = [
                "BQPULL_CLIENT_ID": "a", "BQPULL_CLIENT_SECRET": "hush-1", "BQPULL_REFRESH_TOKEN": "hush-2",
            ]
            let outcome = try await Binary(environment: environment).run(
                [
                    "query", "SELECT 1 AS x", "--into", folder.file("staging.db"), "--endpoint", emulator.endpoint,
                    "--project", "local-project", "--verbose",
                ]
            )
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(
                outcome.errors.contains(
                    "warning: no credentials were sent to 127.0.0.1: those of BQPULL_REFRESH_TOKEN are for Google"))
            #expect(emulator.counters.tokenRequests == 0)
            #expect(!outcome.errors.contains("hush"))
            let none = try await Binary().run(
                [
                    "query", "SELECT 1 AS x", "--into", folder.file("staging.db"), "--endpoint", emulator.endpoint,
                    "--project", "local-project",
                ]
            )
            #expect(none.exitCode == 0, "\(none.errors)")
            #expect(none.errors.contains("none were found"))
        }
    }

    /// A foreign table is kept by default; the hint lists the alternatives.
    @Test(.faults("L18")) func keepsAForeignTable() async throws {
        try await withEmulator { emulator, folder in
            try await DatabaseQueue(path: folder.file("staging.db")).write {
                try $0.execute(sql: "CREATE TABLE results (x INTEGER); INSERT INTO results VALUES (7)")
            }
            let refused = try await query("SELECT 1 AS x", emulator, folder)
            #expect(refused.exitCode == 73)
            #expect(refused.errors.contains("--if-exists replace"))
            #expect(emulator.counters.requests.isEmpty)
            #expect(try await query("SELECT 1 AS x", emulator, folder, ["--if-exists", "append"]).exitCode == 0)
            #expect(try count(folder) == 2)
            #expect(try await query("SELECT 1 AS x", emulator, folder, ["--if-exists", "replace"]).exitCode == 0)
            #expect(try count(folder) == 1)
            #expect(try await query("SELECT 1 AS y", emulator, folder).exitCode == 0)
            #expect(try await query("SELECT 1 AS y", emulator, folder, ["--if-exists", "fail"]).exitCode == 73)
        }
    }

    @Test(arguments: [
        (["SELECT nonsense FROM nowhere.at_all"], Int32(3), "error: "),
        (["CREATE TABLE d.t AS SELECT 1"], 64, "the statement is CREATE_TABLE_AS_SELECT"),
        (["SELECT 1 AS x", "--param", "x"], 64, "NAME:TYPE:VALUE"),
        (["SELECT 1 AS x", "--param", "x:INT46:1"], 64, "did you mean INT64?"),
        (["SELECT 1 AS x", "--param", "x:INT64:1", "--param", "X:INT64:2"], 64, "duplicate parameter @X"),
        (["SELECT 1 AS x", "--project", "../x"], 64, "is not a project ID"),
        (["SELECT 1 AS x", "--table", "sqlite_x"], 64, "sqlite_"),
        (["SELECT 1 AS x", "--table", "_bqpull_runs"], 64, "_bqpull_"),
        (["SELECT 1 AS x", "--into", "/nonexistent/folder/x.db"], 73, "/nonexistent/folder"),
        (["SELECT 1 AS x", "--endpoint", "http://example.com"], 78, "plain http"),
        (["SELECT 1 AS x", "--credentials", "/nonexistent.json"], 66, "/nonexistent.json"),
        (["SELECT 1 AS x", "--credentials", "/dev/null"], 78, "/dev/null"),
        (["SELECT 1 AS x", "--page-rows", "0"], 64, "--page-rows"),
        (["SELECT 1 AS x", "--parallel", "0"], 64, "--parallel must be 1 to 32"),
        (["SELECT 1 AS x", "--parallel", "33"], 64, "--parallel must be 1 to 32"),
        (["SELECT 1 AS x", "--memory", "much"], 64, "--memory"),
        ([" "], 64, "SQL text is empty"),
    ])
    func invalidInputHasAClearErrorAndExitCode(arguments: [String], exitCode: Int32, mention: String) async throws {
        try await withEmulator { emulator, folder in
            var all = arguments
            for (option, value) in [
                ("--into", folder.file("staging.db")), ("--endpoint", emulator.endpoint),
                ("--credentials", folder.file("credentials.json")),
            ] where !all.contains(option) {
                all += [option, value]
            }
            let outcome = try await Binary().run(["query"] + all)
            #expect(outcome.exitCode == exitCode, "\(outcome.errors)")
            #expect(outcome.errors.contains(mention), "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
    }

    @Test func aWrongSecretIsAPermissionError() async throws {
        try await withEmulator { emulator, folder in
            let file = folder.file("credentials.json")
            let text = try String(contentsOfFile: file, encoding: .utf8).replacing(
                "emulator-client-secret", with: "hush-wrong")
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            let outcome = try await query("SELECT 1 AS x", emulator, folder, ["--verbose"])
            #expect(outcome.exitCode == 77)
            #expect(outcome.errors.contains("client secret"))
            #expect(!outcome.errors.contains("hush"))
        }
    }

    @Test(arguments: [("INT", "130\n"), ("TERM", "143\n"), ("HUP", "129\n")])
    func aSignalEndsThePullAndKeepsTheOldTable(signal: String, exitCode: String) async throws {
        try await withEmulator(EmulatorConfiguration(latency: .milliseconds(50))) { emulator, folder in
            #expect(try await query("SELECT 1 AS x", emulator, folder).exitCode == 0)
            // In the foreground, since timeout(1) otherwise signals its process group as well.
            // Each page takes 50 ms: the pull is incomplete when the signal arrives.
            let outcome = try await shell(
                "timeout --foreground --preserve-status -s \(signal) 2 '\(Binary.url.path)' query 'SELECT * FROM bench.trips_10000'"
                    + " --into '\(folder.file("staging.db"))' --endpoint \(emulator.endpoint)"
                    + " --credentials '\(folder.file("credentials.json"))' --page-rows 10 2>/dev/null; echo $?"
            )
            #expect(outcome == exitCode)
            #expect(try count(folder) == 1)
            #expect(try strings(folder, "PRAGMA integrity_check") == ["ok"])
            // The signal can arrive before the second run is recorded.
            #expect(
                try Set(strings(folder, "SELECT state FROM _bqpull_runs")).isSubset(of: ["published", "interrupted"]))
        }
    }

    @Test(.faults("L8")) func aSignalCancelsARunningJob() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(jobTime: .seconds(600))) { home in
            let query = try await home.binary().start([
                "query", "SELECT 1 AS x", "--into", home.folder.file("staging.db"), "--endpoint",
                home.emulator.endpoint,
                "--credentials", home.credentials, "--verbose",
            ])
            _ = try await query.wait(
                for: /POST [^\n]+\/jobs\?prettyPrint=false: 200,[\s\S]*POST [^\n]+\/jobs\?prettyPrint=false: 200,/
                    .dotMatchesNewlines())
            query.send(signal: SIGINT)
            let outcome = try await query.outcome()
            #expect(outcome.exitCode == 130)
            #expect(outcome.errors.contains("requested cancellation of job local-project:US.bqpull_"))
            #expect(home.emulator.counters.requests["jobs.cancel"] == 1)
        }
    }

    @Test func helpNamesEveryOption() async throws {
        let outcome = try await Binary().run(["query", "--help"])
        #expect(outcome.exitCode == 0)
        for option in [
            "--into", "--table", "--project", "--location", "--credentials", "--endpoint", "--if-exists", "--page-rows",
            "--parallel", "--memory",
            "--param",
            "--use-legacy-sql", "--label", "--priority", "--no-cache", "--max-bytes-billed", "--quiet", "--verbose",
            "--json", "--file",
        ] {
            #expect(outcome.output.contains(option), "\(option)")
        }
    }

    @Test(.faults("L27")) func aFullStandardOutputLosesOnlyTheReport() async throws {
        try await withEmulator { emulator, folder in
            let command =
                "'\(Binary.url.path)' query 'SELECT 1 AS x' --json --into '\(folder.file("staging.db"))' --endpoint \(emulator.endpoint) --credentials '\(folder.file("credentials.json"))' >/dev/full 2>/dev/null; echo $?"
            let exitCode = try await shell(command)
            #expect(exitCode == "74\n")
            #expect(try count(folder) == 1)
        }
    }

    private func shell(_ command: String) async throws -> String {
        try await Binary(program: URL(fileURLWithPath: "/bin/sh")).run(["-c", command]).output
    }
}
