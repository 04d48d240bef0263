import BigQueryEmulator
import TestSupport
import Testing

@testable import BQPullCommands

@Suite struct CommentedSQLTests {
    @Test(
        arguments: [
            (["query", "-- a\nSELECT 1", "--yes"], ["query", "--yes", "--", "-- a\nSELECT 1"]),
            (["query", "--a\nSELECT 1 = 1"], ["query", "--", "--a\nSELECT 1 = 1"]),
            (["query", "--\nSELECT 1", "--", "x"], ["query", "--", "--\nSELECT 1", "x"]),
        ])
    func followsTheOptions(arguments: [String], separated: [String]) {
        #expect(CommentedSQL.separated(arguments) == separated)
    }

    @Test(
        arguments: [
            [], ["query", "--since=2024-01-01 10:00", "x"], ["query", "--param=p::a\nb"], ["query", "--", "-- a\nb"],
            ["query", "--yes", "-y", "-"], ["query", "/* -- */ SELECT 1"], ["query", "--", "x", "-- a b"],
        ])
    func otherArgumentsStay(arguments: [String]) {
        #expect(CommentedSQL.separated(arguments) == arguments)
    }

    @Test(arguments: ["-- night 3\nSELECT 1 AS a, 2 AS b", "--night\nSELECT 1 AS a, 2 AS b -- = --x"])
    func isRun(sql: String) async throws {
        try await EmulatorHome.with { home in
            let outcome = try await home.run([
                "query", sql, "--endpoint", home.emulator.endpoint, "--credentials", home.credentials, "--quiet",
            ])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.output == "a,b\n1,2\n")
        }
    }
}
