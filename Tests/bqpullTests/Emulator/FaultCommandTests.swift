import BigQueryEmulator
import Foundation
import GRDB
import TestSupport
import Testing

/// The built binary against a faulty service, in real time.
@Suite struct FaultCommandTests {
    private static let canaries = ["canary-client-secret", "canary-refresh-token", "emulator-access-token-"]
    private static let page = "bigquery.jobs.getQueryResults"

    /// One survivable fault of each kind, and a fatal one.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var faults: [String: [String]]
        var exitCode: Int32
        /// Expected text on standard error.
        var says: String
    }

    static let cases = [
        Case(
            testDescription: "a reset and a failing server",
            faults: [
                page: ["pass", "return-reset-connection-after-1K", "return-503"], "oauth2.token": ["return-503"],
                "bigquery.jobs.insert": ["return-503-once-done"],
            ], exitCode: 0, says: "retrying in 1"),
        Case(
            testDescription: "an expiring token", faults: [page: ["pass", "return-401-authError"]], exitCode: 0,
            says: "retrying in 0"),
        Case(
            testDescription: "an expired refresh token",
            faults: [
                "oauth2.token": [
                    #"{"status": 400, "body": {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}}"#
                ]
            ], exitCode: 77, says: "bqpull auth login"),
        Case(
            testDescription: "a quota", faults: [page: ["pass", "return-403-quotaExceeded always"]], exitCode: 75,
            says: "quota"),
        Case(
            testDescription: "a page of a proxy", faults: [page: ["pass", "return-html-200 always"]], exitCode: 76,
            says: "is not from BigQuery"),
        Case(
            testDescription: "a redirect", faults: [page: ["redirect-307-to-https://bigquery.example.com/x always"]],
            exitCode: 76, says: "redirect"),
        Case(
            testDescription: "changed columns",
            faults: [
                page: ["pass", #"{"merge-patch": {"schema": {"fields": [{"name": "a", "type": "STRING"}]}}} always"#]
            ],
            exitCode: 65, says: "column"),
        Case(
            testDescription: "a failed job", faults: [page: ["return-400-invalidQuery"]], exitCode: 3,
            says: "error: "),
    ]

    @Test(.faults("N1", "N29", "N38", "P17", "B9", "A1", "A15"), arguments: cases)
    func exitsAsTheTableOfFaultsStates(_ test: Case) async throws {
        let configuration = EmulatorConfiguration(
            clientSecret: Self.canaries[0], refreshToken: Self.canaries[1], faults: FaultPlan([:]))
        try await EmulatorHome.with(configuration) { home in
            let ledger = try #require(home.emulator.faults)
            ledger.add(
                FaultPlan(try test.faults.mapValues { try $0.map { try FaultInstruction($0) } }))
            let pull = [
                "query", "SELECT * FROM bench.trips_400", "--into", home.folder.file("staging.db"), "--page-rows", "50",
                "--endpoint", home.emulator.endpoint, "--credentials", home.credentials, "--verbose", "--json",
            ]
            let outcome = try await home.run(pull)
            #expect(outcome.exitCode == test.exitCode, "\(outcome.errors)")
            #expect(outcome.errors.contains(test.says), "\(outcome.errors)")
            #expect(ledger.unmet.isEmpty)
            ledger.end()
            let again = try await home.run(pull)
            #expect(again.exitCode == 0, "\(again.errors)")
            let (count, distinct) = try await DatabaseQueue(path: home.folder.file("staging.db")).read { db in
                let row = try Row.fetchOne(db, sql: "SELECT count(*), count(DISTINCT trip_id) FROM results")
                return (row?[0] as Int?, row?[1] as Int?)
            }
            #expect(count == 400 && distinct == 400)
            #expect(home.emulator.counters.runningJobs == 0)
            for canary in Self.canaries {
                #expect(!"\(outcome.output)\(outcome.errors)\(again.output)\(again.errors)".contains(canary))
            }
            // Each retry is logged and counted.
            if test.exitCode == 0 {
                let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
                let told = outcome.errors.split(separator: "\n").count { $0.hasPrefix("debug: retrying in ") }
                #expect(told > 0)
                #expect(report?["retries"] as? Int == told)
            }
        }
    }

    /// The job exists, the response is lost, the process is killed: the same command finds the job.
    @Test(.faults("B17"), arguments: [page, "bigquery.jobs.insert"])
    func aKillDuringARequestBillsOnce(method: String) async throws {
        try await EmulatorHome.with(EmulatorConfiguration(faults: FaultPlan([:]))) { home in
            let ledger = try #require(home.emulator.faults)
            ledger.add(FaultPlan([method: [try FaultInstruction("stall-for-600s-after-0B")]]))
            let pull = [
                "query", "SELECT * FROM bench.trips_400", "--into", home.folder.file("staging.db"), "--page-rows", "50",
                "--endpoint", home.emulator.endpoint, "--credentials", home.credentials,
            ]
            let killed = try await home.binary().start(pull)
            try await ledger.waitUntilAllConsumed()
            try await home.emulator.waitForCounters { $0.jobs > 0 }
            killed.send(signal: SIGKILL)
            #expect(try await killed.outcome().exitCode == 137)
            let again = try await home.run(pull)
            #expect(again.exitCode == 0, "\(again.errors)")
            #expect(home.emulator.counters.jobs == 1)
            let count = try await DatabaseQueue(path: home.folder.file("staging.db")).read {
                try Int.fetchOne($0, sql: "SELECT count(DISTINCT trip_id) FROM results")
            }
            #expect(count == 400)
        }
    }

    @Test(.faults("N28")) func rejectsPlainHTTPToAnotherMachine() async throws {
        try await EmulatorHome.with { home in
            let file = home.folder.file("staging.db")
            let outcome = try await home.run([
                "query", "SELECT 1", "--into", file, "--endpoint", "http://bigquery.googleapis.com",
                "--credentials", home.credentials,
            ])
            #expect(outcome.exitCode == 78, "\(outcome.errors)")
            #expect(outcome.errors.contains("https"), "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: file))
            #expect(home.emulator.counters.tokenRequests == 0)
        }
    }

    /// Without a terminal there is a progress line every five seconds.
    @Test(.faults("N41")) func reportsTheWaitForAQuery() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(jobTime: .seconds(8))) { home in
            let outcome = try await home.run([
                "query", "SELECT * FROM bench.trips_400", "--into", home.folder.file("staging.db"),
                "--endpoint", home.emulator.endpoint, "--credentials", home.credentials,
            ])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            #expect(outcome.errors.contains("BigQuery is running the query"), "\(outcome.errors)")
        }
    }

    @Test(.faults("N26")) func onlyATrustedServerReceivesARequest() async throws {
        let authority = try TestAuthority()
        var configuration = EmulatorConfiguration(faults: FaultPlan([:]))
        configuration.tls = try authority.serverContext()
        try await EmulatorHome.with(configuration) { home in
            let (right, wrong) = (home.folder.file("ca.pem"), home.folder.file("wrong.pem"))
            try Data(authority.pem.utf8).write(to: URL(filePath: right))
            try Data("no certificate".utf8).write(to: URL(filePath: wrong))
            let pull = [
                "query", "SELECT * FROM bench.trips_400", "--into", home.folder.file("staging.db"),
                "--endpoint", home.emulator.endpoint, "--credentials", home.credentials,
            ]
            for (options, exitCode, says) in [
                ([], 76, "--ca-file"), (["--ca-file", wrong], 66, wrong),
                (["--ca-file", home.folder.file("none.pem")], 66, "none.pem"),
            ] {
                let refused = try await home.run(pull + options)
                #expect(refused.exitCode == exitCode, "\(refused.errors)")
                #expect(refused.errors.contains(says), "\(refused.errors)")
                #expect(home.emulator.counters.requests.isEmpty)
            }
            let trusted = try await home.run(pull + ["--ca-file", right])
            #expect(trusted.exitCode == 0, "\(trusted.errors)")
            #expect(home.emulator.counters.jobs == 1)
        }
    }

    @Test func readsFaultsFromAFileAndLogsThem() async throws {
        try await TemporaryFolder.with { folder in
            let file = folder.file("faults.json")
            let faults =
                #"{"instructions": {"bigquery.jobs.getQueryResults": ["return-503", {"status": 429, "headers": {"Retry-After": "1"}}], "oauth2.token": ["pass"]}}"#
            try Data(faults.utf8).write(to: URL(filePath: file))
            let home = Binary(environment: ["HOME": folder.path])
            let credentials = folder.file("credentials.json")
            let emulator = try await home.start(["emulator", "--faults", file, "--credentials-file", credentials])
            let endpoint = try await emulator.wait(for: /http:\/\/127\.0\.0\.1:[0-9]+/)
            let outcome = try await home.run([
                "query", "SELECT * FROM bench.trips_10", "--into", folder.file("staging.db"), "--endpoint", endpoint,
                "--credentials", credentials,
            ])
            #expect(outcome.exitCode == 0, "\(outcome.errors)")
            emulator.send(signal: SIGTERM)
            let told = try await emulator.outcome()
            #expect(told.exitCode == 0)
            #expect(
                told.errors.contains("fault: oauth2.token: pass\nfault: bigquery.jobs.getQueryResults: return-503\n"))
            #expect(told.errors.contains("fault: bigquery.jobs.getQueryResults: {\"status\":429"))
        }
    }

    @Test(arguments: [
        ("{}", "has no instructions"), (#"{"instructions": {"jobs.insert": []}}"#, "jobs.insert is not a method"),
        (#"{"instructions": {"bigquery.jobs.insert": "return-503"}}"#, "has no list"),
        (#"{"instructions": {"bigquery.jobs.insert": ["return-5"]}}"#, "\"return-5\" is not a fault instruction"),
        (#"{"instructions": {"bigquery.jobs.insert": [{"status": 200, "bodie": ""}]}}"#, "is not a fault instruction"),
    ])
    func namesAnInvalidFaultFile(text: String, message: String) async throws {
        try await TemporaryFolder.with { folder in
            try Data(text.utf8).write(to: URL(filePath: folder.file("faults.json")))
            let outcome = try await Binary().run(["emulator", "--faults", folder.file("faults.json")])
            #expect(outcome.exitCode == 65)
            #expect(outcome.errors.contains(message), "\(outcome.errors)")
        }
    }
}
