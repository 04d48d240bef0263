import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

@Suite struct EmulatorCommandTests {
    @Test func optionsOfTheOAuthServerTakeEffect() async throws {
        try await TemporaryFolder.with { folder in
            let home = Binary(environment: ["HOME": folder.path])
            let emulator = try await home.start([
                "emulator", "--client-file", folder.file("client.json"), "--credentials-file", folder.file("c.json"),
                "--redirect-uri", "https://example.com/cb", "--access-token-lifetime", "77",
                "--refresh-token-lifetime", "604799", "--rotate-refresh-tokens", "--failure", "no-token-info",
            ])
            _ = try await emulator.wait(for: /bqpull auth login[^\n]+\n/)
            let login = try await home.start([
                "auth", "login", "--no-browser", "--client-file", folder.file("client.json"), "--project",
                "local-project",
            ])
            let browser = PlainBrowser(follows: false)
            let page = try await browser.open(try await login.wait(for: PlainBrowser.address))
            let (address, _) = try await browser.submit(page, decision: "allow")
            #expect(address.hasPrefix("https://example.com/cb?"))
            try login.write(address + "\n")
            let outcome = try await login.finish()
            #expect(outcome.errors.contains("as the token endpoint announced"))
            let test = try await home.run(["auth", "test"])
            #expect(test.output.contains("valid for 77 s"))
            #expect(test.output.contains("token        ") && test.output.contains("warning: no token information"))
            let rotated = try await home.run(["auth", "token", "--credentials", folder.file("c.json")])
            #expect(rotated.errors.contains("replaced the refresh token"))
            emulator.send(signal: SIGTERM)
            #expect(try await emulator.outcome().exitCode == 0)
        }
    }

    @Test(
        .faults("N44"),
        arguments: [
            ("--port", "65536"), ("--port", "18446744073709551617"), ("--port", "9223372036854775807"),
            ("--port", "-1"), ("--latency", "9223372036854775807"), ("--page-latency", "1000000001"),
            ("--job-time", "9223372036854775807"), ("--access-token-lifetime", "9223372036854775807"),
            ("--refresh-token-lifetime", "9223372036854775807"), ("--result-lifetime", "9223372036854775807"),
            ("--redirect-uri", "http://localhost:65536/"), ("--redirect-uri", "http://h:18446744073709551617/"),
        ])
    func rejectsNumbersOutOfRange(option: String, value: String) async throws {
        let outcome = try await Binary().run(["emulator", "\(option)=\(value)"])
        #expect(outcome.exitCode == 64)
        #expect(outcome.errors.contains(option), "\(outcome.errors)")
    }

    @Test func reloadsTablesAndViewsOnSIGHUP() async throws {
        try await TemporaryFolder.with { folder in
            let (table, view) = (folder.file("t.csv"), folder.file("v.sql"))
            try Data("id\n1\n".utf8).write(to: URL(filePath: table))
            try Data("SELECT SUM(id) AS total FROM d.t".utf8).write(to: URL(filePath: view))
            let home = Binary(environment: ["HOME": folder.path])
            let emulator = try await home.start([
                "emulator", "--no-auth", "--load", "d.v=\(view)", "--load", "d.t=\(table)", "--result-lifetime", "600",
            ])
            let endpoint = try await emulator.wait(for: /http:\/\/127\.0\.0\.1:[0-9]+/)
            func total() async throws -> Int64? {
                let database = folder.file("staging.db")
                let outcome = try await home.run([
                    "query", "SELECT total FROM d.v", "--into", database, "--project", "local-project", "--endpoint",
                    endpoint,
                ])
                #expect(outcome.exitCode == 0, "\(outcome.errors)")
                return try await DatabaseQueue(path: database).read {
                    try Int64.fetchOne($0, sql: "SELECT total FROM results")
                }
            }
            #expect(try await total() == 1)
            try Data("id\n1\n41\n".utf8).write(to: URL(filePath: table))
            #expect(try await total() == 1)
            emulator.send(signal: SIGHUP)
            _ = try await emulator.wait(for: /reloaded d\.t from [^\n]+\n/)
            #expect(try await total() == 42)
            try Data("SELECT nothing FROM d.t".utf8).write(to: URL(filePath: view))
            emulator.send(signal: SIGHUP)
            _ = try await emulator.wait(for: /warning: d\.v is unchanged: [^\n]+\n/)
            #expect(try await total() == 42)

            let api = "\(endpoint)/bigquery/v2/projects/local-project/"
            let jobs = try await PlainBrowser().open(api + "jobs?maxResults=1&projection=full&prettyPrint=false").html
            let result = try #require(jobs.firstMatch(of: /"datasetId":"(_[^"]+)","tableId":"([^"]+)"/))
            let page = try await PlainBrowser().open(api + "datasets/\(result.output.1)/tables/\(result.output.2)")
            #expect(page.html.contains("\"expirationTime\""))
            emulator.send(signal: SIGTERM)
            #expect(try await emulator.outcome().exitCode == 0)
        }
    }

    @Test(arguments: [
        ["--failure", "nonsense"], ["--access-token-lifetime", "-1"], ["--result-lifetime", "-1"],
        ["--redirect-uri", "nonsense"], ["--page-latency", "-1"], ["--page-cache", "0"], ["--page-bytes", "0"],
    ])
    func rejectsInvalidOptions(options: [String]) async throws {
        let outcome = try await Binary().run(["emulator"] + options)
        #expect(outcome.exitCode == 64)
        #expect(outcome.errors.contains(options[0]))
    }

    @Test func namesAPortInUse() async throws {
        try await Emulator(configuration: EmulatorConfiguration()).withRunning { running in
            let outcome = try await Binary().run(["emulator", "--port", "\(running.port)"])
            #expect(outcome.exitCode == 71)
            #expect(outcome.errors.contains("127.0.0.1:\(running.port)"))
            #expect(outcome.errors.contains("hint: choose another port"))
        }
    }

    @Test(arguments: ["/nonexistent/t.csv", #filePath])
    func namesAFileThatCannotBeLoaded(file: String) async throws {
        let outcome = try await Binary().run(["emulator", "--load", "d.t=\(file)"])
        #expect(outcome.exitCode == 66, "\(outcome.errors)")
        #expect(outcome.errors.contains(file))
    }
}
