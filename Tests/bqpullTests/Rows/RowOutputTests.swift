import BigQueryEmulator
import Foundation
import TestSupport
import Testing

@testable import BQPullCommands

/// Rows on standard output, of the built binary.
@Suite struct RowOutputTests {
    private static let sql = "SELECT trip_id, vendor, paid_by_card FROM bench.trips_3"
    private static let nulls = "SELECT 'NULL' AS x UNION ALL SELECT NULL UNION ALL SELECT ''"

    private func run(
        _ home: EmulatorHome, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> Binary.Outcome {
        try await home.run(
            arguments + ["--endpoint", home.emulator.endpoint, "--credentials", home.credentials],
            environment: environment)
    }

    @Test(arguments: [
        (["query", sql], "trip_id,vendor,paid_by_card\n0,Été Cabs,true\n1,Été Cabs,true\n2,Green,true\n"),
        (
            ["query", sql, "--format", "jsonl"],
            """
            {"trip_id":0,"vendor":"Été Cabs","paid_by_card":true}
            {"trip_id":1,"vendor":"Été Cabs","paid_by_card":true}
            {"trip_id":2,"vendor":"Green","paid_by_card":true}

            """
        ),
        (
            ["query", sql, "--format", "table"],
            """
            trip_id  vendor    paid_by_card
            ───────  ────────  ────────────
                  0  Été Cabs  true
                  1  Été Cabs  true
                  2  Green     true

            """
        ),
        (
            ["table", "bench.trips_3", "--columns", "trip_id,vendor", "--rows", "2"],
            "trip_id,vendor\n0,Été Cabs\n1,Été Cabs\n"
        ),
        (["query", "SELECT 1 AS x WHERE FALSE"], "x\n"),
        (["query", nulls, "--null", "NULL"], "x\n\"NULL\"\nNULL\n\"\"\n"),
        (["query", nulls, "--format", "csv", "--null", "\\N"], "x\nNULL\n\\N\n\"\"\n"),
        (["query", "SELECT NULL AS x, 1 AS y"], "x,y\n,1\n"),
        (["query", "SELECT NULL AS x, 1 AS y", "--null", ""], "x,y\n,1\n"),
        (["query", #"SELECT JSON '[1]' AS j"#, "--format", "jsonl"], #"{"j":[1]}"# + "\n"),
        (["query", "SELECT 1 AS x WHERE FALSE", "--format", "jsonl"], ""),
    ])
    func onlyRowsGoToStandardOutput(arguments: [String], output: String) async throws {
        try await EmulatorHome.with { home in
            let outcome = try await run(home, arguments)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.output == output)
            #expect(outcome.errors.contains(" written in "))
            let quiet = try await run(home, arguments + ["--quiet"])
            #expect(quiet.output == output)
            #expect(quiet.errors.isEmpty)
        }
    }

    /// CSV readers skip empty lines, so a row would be lost.
    @Test(arguments: [[], ["--null", ""]]) func aSingleColumnOfCSVHasNoEmptyLine(options: [String]) async throws {
        try await EmulatorHome.with { home in
            let outcome = try await run(home, ["query", Self.nulls, "--quiet"] + options)
            #expect(outcome.isFailure(65), "\(outcome.errors)")
            #expect(outcome.errors.contains("row 2: ") && outcome.errors.contains("--null TEXT"), "\(outcome.errors)")
            #expect(!outcome.output.contains("\n\n"))
        }
    }

    /// The text of a JSON cell must not end the object that it is written into.
    @Test(
        .faults("P35"), arguments: [["--format", "jsonl"], ["--format", "csv"], ["--format", "table"], ["--into"]])
    func aJSONCellIsOneValueOrAnError(options: [String]) async throws {
        let rows = #"{"merge-patch": {"rows": [{"f": [{"v": "1},{\"admin\":true"}]}]}} always"#
        var configuration = EmulatorConfiguration()
        configuration.faults = FaultPlan(["bigquery.jobs.getQueryResults": [try FaultInstruction(rows)]])
        try await EmulatorHome.with(configuration) { home in
            let file = home.folder.file("staging.db")
            let target = options == ["--into"] ? options + [file] : options
            let outcome = try await run(home, ["query", "SELECT JSON '[1]' AS j", "--quiet"] + target)
            #expect(outcome.isFailure(65), "\(outcome.errors)")
            #expect(outcome.errors.contains("row 1, column j: "), "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
    }

    /// Pages that arrive out of order are written in order.
    @Test func manyPagesAreWrittenInOrder() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await run(
                home, ["query", "SELECT trip_id FROM bench.trips_5000", "--page-rows", "97"])
            let expected = "trip_id\n" + (0..<5000).map { "\($0)\n" }.joined()
            #expect(outcome.output == expected)
            #expect(home.emulator.counters.jobs == 1)
        }
    }

    /// As with `| head`: not an error, and no more pages are fetched.
    @Test func aBrokenPipeEndsThePull() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await Shell.run(
                "\(Binary.url.path) query 'SELECT * FROM bench.trips_200000' --page-rows 500 --endpoint "
                    + "\(home.emulator.endpoint) --credentials \(home.credentials) | head -n 2 | wc -l; "
                    + "echo ${PIPESTATUS[0]}")
            #expect(outcome.output == "2\n0\n")
            #expect(!outcome.errors.contains("error"))
            #expect(home.emulator.counters.rows < 200_000)
        }
    }

    @Test(.timeLimit(.minutes(10))) func aBrokenPipeCancelsTheJob() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(jobTime: .seconds(3600))) { home in
            let goAway = home.folder.file("go-away")
            async let running = Shell.run(
                "\(Binary.url.path) query 'SELECT 1 AS x' --endpoint \(home.emulator.endpoint) --credentials "
                    + "\(home.credentials) | (while [ ! -e \(goAway) ]; do sleep 0.05; done); echo ${PIPESTATUS[0]}")
            try await home.emulator.waitForCounters { $0.runningJobs > 0 }
            try Data().write(to: URL(fileURLWithPath: goAway))
            let outcome = try await running
            #expect(outcome.output == "0\n")
            #expect(outcome.errors.contains("requested cancellation of job"))
            // The job ends shortly after the cancellation.
            try await home.emulator.waitForCounters { $0.runningJobs == 0 }
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func anUnwritableOutputIsAnError() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await Shell.run(
                "\(Binary.url.path) query 'SELECT 1 AS x' --endpoint \(home.emulator.endpoint) --credentials "
                    + "\(home.credentials) > /dev/full; echo $?")
            #expect(outcome.output == "74\n")
            #expect(outcome.errors.contains("error: cannot write to standard output: No space left on device"))
        }
    }

    @Test(arguments: [
        (["--key", "x"], "--key applies to a database; pass --into FILE"),
        (["--table", "x"], "--table applies to a database"), (["--restart"], "--restart applies to a database"),
        (["--incremental", "x"], "--incremental applies to a database"),
        (["--load", "x"], "--load applies to a database"), (["--load-column", "x"], "--load-column applies to"),
        (["--loaded-at", "x"], "--loaded-at applies to a database"),
        (["--keep", "latest:x"], "--keep applies to a database"), (["--since", "1"], "--since requires --incremental"),
        (["--into", "a.db", "--format", "csv"], "--format applies to standard output"),
        (["--into", "a.db", "--null", "NULL"], "--null applies to standard output"),
        (["--format", "jsonl", "--null", "NULL"], "--null requires --format csv"),
        (["--format", "table", "--null", "NULL"], "--null requires --format csv"),
        (["--null", "a,b"], "--null must not contain"), (["--null", "\"\""], "--null must not contain"),
        (["--null", "a\nb"], "--null must not contain"),
        (["--format", "csv", "--null", "\r"], "--null must not contain"),
        (["--json"], "to write rows as JSON, use --format jsonl"), (["--format", "xml"], "--format"),
    ])
    func databaseOptionsNeedADatabase(options: [String], message: String) async throws {
        let outcome = try await Binary().run(["query", "SELECT 1 AS x"] + options)
        #expect(outcome.exitCode == 64)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }

    @Test(arguments: [UInt16(80), 31]) func aTableFitsTheTerminal(columns: UInt16) async throws {
        try await EmulatorHome.with { home in
            let terminal = try Terminal(home, ["query", "SELECT * FROM bench.trips_20"], columns: columns)
            let (text, exitCode) = try await terminal.finish()
            #expect(exitCode == 0)
            let lines = text.components(separatedBy: "\r\n").drop { !$0.contains("trip_id") }
            #expect(lines.count > 22)
            #expect(lines.dropFirst().first?.hasPrefix("───────  ──") == true)
            #expect(
                text.contains(" more columns; use --format csv, --format jsonl or --into FILE to get all columns"))
            for line in lines.dropFirst().prefix(21) {
                #expect(TextWidth.of(line) <= Int(columns), "\(line)")
            }
        }
    }
}
