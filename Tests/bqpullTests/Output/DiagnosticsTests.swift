import BigQueryEmulator
import Foundation
import TestSupport
import Testing

@testable import BQPullCommands

@Suite struct DiagnosticsTests {
    private struct Line: Decodable {
        var time: Date
        var level: String
        var message: String
        var identifier: String?
        var hint: String?
        var exitCode: Int32?
        var details: Details?
    }

    private struct Details: Decodable {
        var rowsCopied: Int?
        var bytesProcessed: Int?
    }

    private func lines(_ text: String) throws -> [Line] {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            return try Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        }
        return try text.split(separator: "\n").map { try decoder.decode(Line.self, from: Data($0.utf8)) }
    }

    private static let sql = "SELECT trip_id FROM bench.trips_5"

    @Test(
        arguments: [
            (["--log-format", "json"], [:]), (["--log-format=json"], [:]), ([], ["BQPULL_LOG_FORMAT": "json"]),
        ] as [([String], [String: String])])
    func everyLineIsAnObject(options: [String], environment: [String: String]) async throws {
        try await EmulatorHome.with { home in
            let outcome = try await home.run(
                [
                    "query", Self.sql, "--into", home.folder.file("a.db"), "--verbose", "--endpoint",
                    home.emulator.endpoint, "--credentials", home.credentials,
                ] + options, environment: environment)
            #expect(outcome.exitCode == 0)
            let lines = try lines(outcome.errors)
            #expect(Set(lines.map(\.level)).subtracting(["progress"]) == ["debug", "info"])
            let report = try #require(lines.first { $0.message.hasPrefix("5 rows staged in table results of ") })
            #expect(report.details?.rowsCopied == 5)
            let estimate = try #require(lines.first { $0.message.hasPrefix("the query will process ") })
            #expect(estimate.details?.bytesProcessed == 1650)
            #expect(lines.contains { $0.message.contains("POST ") }, "\(lines.map(\.message))")
        }
    }

    @Test func rejectsAnUnknownFormat() async throws {
        let outcome = try await Binary(environment: ["BQPULL_LOG_FORMAT": "yaml"]).run(["config"])
        #expect(outcome.exitCode == 64)
        #expect(outcome.errors == "error: BQPULL_LOG_FORMAT=yaml is not a log format\n\nhint: set it to text or json\n")
    }

    /// An error is one line, with the members that scripts use.
    @Test(
        arguments: [
            (["query", sql, "--nope"], "usage", 64), (["qeury"], "usage", 64),
            (["query", "SELECT * FROM nowhere.nothing"], "notFound", 3),
            (["query", sql, "--credentials", "/nonexistent/c.json"], "credentialsMissing", 66),
        ] as [([String], String, Int32)])
    func anErrorHasIdentifierHintAndExitCode(arguments: [String], identifier: String, exitCode: Int32) async throws {
        try await EmulatorHome.with { home in
            let outcome = try await home.run(
                arguments + ["--log-format", "json"],
                environment: [
                    "BIGQUERY_EMULATOR_HOST": home.emulator.endpoint, "BQPULL_CREDENTIALS": home.credentials,
                ])
            #expect(outcome.exitCode == exitCode)
            let error = try #require(try lines(outcome.errors).last)
            #expect(error.level == "error")
            #expect(error.identifier == identifier)
            #expect(error.exitCode == exitCode)
            #expect(error.hint?.isEmpty == false)
            #expect(!error.message.isEmpty && !error.message.hasPrefix("error"))
        }
    }

    @Test func colourIsForTerminals() async throws {
        try await EmulatorHome.with { home in
            let (text, exitCode) = try await Terminal(home, ["qeury"]).finish()
            #expect(exitCode == 64)
            #expect(text.hasPrefix("\u{1B}[1;31merror:\u{1B}[0m bqpull has no command qeury\r\n\r\n"))
            let plain = try await Terminal(home, ["qeury"], environment: ["NO_COLOR": "1"]).finish()
            #expect(plain.text.hasPrefix("error: bqpull has no command qeury\r\n\r\nhint: "))
            #expect(try await Binary().run(["qeury"]).errors.hasPrefix("error: "))
        }
    }

    @Test(
        arguments: [
            (["query", "--log-format", "json"], [:], LogFormat.json),
            (["--log-format=text"], ["BQPULL_LOG_FORMAT": "json"], .text),
            (["query"], ["BQPULL_LOG_FORMAT": "json"], .json), (["query"], [:], .text), (["--log-format"], [:], .text),
            (["query", "--log-format", "yaml"], [:], .text),
        ] as [([String], [String: String], LogFormat)])
    func theFormatIsKnownBeforeParsing(
        arguments: [String], environment: [String: String], format: LogFormat
    ) {
        #expect(LogFormat(arguments: arguments, environment: environment) == format)
    }
}
