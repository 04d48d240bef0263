import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

@testable import BQPullCommands

/// Texts of servers and databases with control characters and bidirectional overrides.
@Suite struct HiddenCharacterTests {
    /// A control sequence of C0, one of C1, a bidirectional override, DEL.
    private static let hostile = "x\u{1B}[31m\u{9B}2J\u{202E}\u{7F}"
    private static let escaped = #"x\u{1b}[31m\u{9b}2J\u{202e}\u{7f}"#

    /// Whether a text has no hidden characters except line feeds and tabs.
    private func isVisible(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            $0 == "\n" || $0 == "\t" || ![.control, .format].contains($0.properties.generalCategory)
        }
    }

    /// An instruction to respond with a JSON object.
    private func answer(_ object: [String: Any], status: Int = 200) throws -> FaultInstruction {
        let body = try String(decoding: JSONSerialization.data(withJSONObject: object), as: UTF8.self)
        let instruction = try JSONSerialization.data(withJSONObject: ["status": status, "body": body] as [String: Any])
        return try FaultInstruction(String(decoding: instruction, as: UTF8.self))
    }

    private func configuration(_ instructions: [String: [FaultInstruction]]) -> EmulatorConfiguration {
        EmulatorConfiguration(faults: FaultPlan(instructions))
    }

    @Test(.faults("P31"), arguments: [[], ["--log-format", "json"]])
    func ofAColumnType(options: [String]) async throws {
        let table = try answer([
            "tableReference": ["projectId": "local-project", "datasetId": "bench", "tableId": "numbers_1"],
            "type": "TABLE", "etag": "fake", "numRows": "1", "numBytes": "8", "lastModifiedTime": "1",
            "schema": ["fields": [["name": Self.hostile, "type": Self.hostile]]],
        ])
        let rows = try answer(["totalRows": "1", "rows": [["f": [["v": "1"]]]]])
        let faults = ["bigquery.tables.get": [table, table, table], "bigquery.tabledata.list": [rows]]
        try await EmulatorHome.with(configuration(faults)) { home in
            let outcome = try await home.run(
                [
                    "table", "bench.numbers_1", "--into", home.folder.file("staging.db"), "--endpoint",
                    home.emulator.endpoint, "--credentials", home.credentials,
                ] + options)
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            let shown = options.isEmpty ? Self.escaped : Self.escaped.replacing("\\", with: "\\\\")
            #expect(outcome.errors.contains("the column \(shown) has the unknown type \(shown); "))
            #expect(isVisible(outcome.errors))
        }
    }

    @Test(.faults("P31"), arguments: [[], ["--log-format", "json"]])
    func ofAnError(options: [String]) async throws {
        let error = try answer(
            ["error": ["code": 400, "message": Self.hostile, "errors": [["reason": "invalidQuery"]]]], status: 400)
        try await EmulatorHome.with(configuration(["bigquery.jobs.dryRun": [error]])) { home in
            let outcome = try await home.run(
                [
                    "query", "SELECT 1", "--dry-run", "--endpoint", home.emulator.endpoint, "--credentials",
                    home.credentials,
                ] + options)
            #expect(outcome.exitCode == 3, "\(outcome.errors)")
            let shown = options.isEmpty ? Self.escaped : Self.escaped.replacing("\\", with: "\\\\")
            #expect(outcome.errors.contains(shown))
            #expect(isVisible(outcome.errors))
        }
    }

    /// The values of a record are exact, whatever is in them.
    @Test(.faults("P31")) func ofAValueInAJSONRecord() async throws {
        try await EmulatorHome.with { home in
            let outcome = try await home.run([
                "query", "SELECT 1 AS one", "--into", home.folder.file("\u{9B}\u{202E}.db"), "--log-format", "json",
                "--endpoint", home.emulator.endpoint, "--credentials", home.credentials,
            ])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(isVisible(outcome.errors))
            let records = try outcome.errors.split(separator: "\n").map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
            let files = records.compactMap { ($0?["details"] as? [String: Any])?["file"] as? String }
            #expect(files.allSatisfy { $0.hasSuffix("/\u{9B}\u{202E}.db") } && !files.isEmpty)
        }
    }

    @Test(.faults("P31")) func ofADatabase() async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("staging.db")
            let pull = try await home.run([
                "query", "SELECT 1 AS one", "--into", file, "--endpoint", home.emulator.endpoint, "--credentials",
                home.credentials,
            ])
            #expect(pull.exitCode == 0, "\(pull.errors)")
            let key = try String(decoding: JSONEncoder().encode([Self.hostile + "\n"]), as: UTF8.self)
            try await DatabaseQueue(path: file).write { db in
                try db.execute(
                    sql: "UPDATE _bqpull_runs SET run_id = ?, key_columns = ?", arguments: [Self.hostile + "\n", key])
            }
            let outcome = try await home.run(["runs", file])
            #expect(isVisible(outcome.everything))
            // In the list, or in the error.
            #expect(outcome.everything.contains(Self.escaped), "\(outcome.everything)")
        }
    }

    /// Only the files that escape text write to a stream.
    @Test(.faults("P31")) func noOtherFileWritesToAStream() throws {
        let writer =
            /FileHandle\.standard(?:Error|Output)|currentStandard(?:Error|Output)|FileHandle\(fileDescriptor|STD(?:ERR|OUT)_FILENO|\/dev\/std(?:err|out)|\b(?:print|debugPrint|dump|puts|fputs|fwrite|fprintf|vprintf|perror|NSLog|psignal)\(|\b(?:stdout|stderr)\b|exit\(withError/
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../../Sources")
            .standardizedFileURL
        let names = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String } ?? []
        let writing = try names.filter { $0.hasSuffix(".swift") || $0.hasSuffix(".c") }.filter { name in
            let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8)
            return text.split(separator: "\n").contains { line in
                !line.drop { $0 == " " }.hasPrefix("//") && line.contains(writer)
            }
        }
        // The writers of text and of rows; the parser's help; files that examine a stream, or pass it to a child.
        #expect(
            Set(writing) == [
                "BQPullCommands/Terminal/StandardError.swift", "BQPullCommands/Terminal/StandardOutput.swift",
                "BQPullCommands/Terminal/BufferedOutput.swift", "BQPullCommands/BQPull.swift",
                "GoogleOAuth/Processes/CommandRun.swift", "CResourceLimits/CResourceLimits.c",
            ])
        #expect(names.count > 300)
    }
}
