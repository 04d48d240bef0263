import BigQuery
import BigQueryEmulator
import BigQueryPull
import Foundation
import GRDB
import SQLiteStaging
import Synchronization
import TestSupport
import Testing

@testable import BQPullCommands

/// Jobs that fail, cannot be found, or belong to others.
@Suite struct JobFaultTests {
    private static let (insert, get) = ("bigquery.jobs.insert", "bigquery.jobs.get")
    private static let page = "bigquery.jobs.getQueryResults"

    /// The job runs once, whether or not the service handled the first request.
    @Test(
        .faults("B1", "B2", "N2"),
        arguments: [
            "return-503-once-done", "return-500-backendError-once-done", "return-503", "return-500-backendError",
            "return-reset-connection-after-0B", "return-reset-connection", "return-broken-stream-after-half",
            "return-html-502", "return-empty-503",
        ])
    func insertsAJobOnce(instruction: String) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival([Self.insert: [instruction]])
            let made = pull.emulator.counters.requests["jobs.insert"] ?? 0
            #expect(made >= 4)
        }
    }

    @Test(.faults("B3")) func waitsForAJobNotYetVisible() async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival([
                Self.insert: ["return-503-once-done"],
                Self.get: Array(repeating: "return-404-notFound", count: 3),
            ])
        }
        try await FaultyPull.with { pull in
            try await pull.expectSurvival([Self.page: Array(repeating: "return-404-notFound", count: 3)])
        }
    }

    @Test(.faults("B4")) func rejectsTheJobOfAnotherRun() async throws {
        try await FaultyPull.with { pull in
            let foreign = #"{"merge-patch": {"configuration": {"query": {"query": "SELECT 'of another'"}}}}"#
            let outcome = try await pull.expectStop(
                [Self.insert: ["return-503-once-done"], Self.get: [foreign]], exitCode: 65, jobs: 2)
            #expect(outcome.message.contains("another query"))
        }
    }

    @Test(.faults("B5"), arguments: ["jobBackendError", "jobInternalError", "jobRateLimitExceeded"])
    func reinsertsAJobThatFailedInTheService(reason: String) async throws {
        try await FaultyPull.with { pull in
            try pull.inject([Self.page: ["return-400-\(reason)", "return-400-\(reason)"]])
            let outcome = await pull.run()
            pull.expectApplied()
            #expect(outcome.exitCode == 0, "\(outcome.message)")
            #expect(outcome.report?.retries == 2)
            try await pull.expectSound(.new)
            #expect(pull.emulator.counters.jobs == FaultyPull.earlierJobs + 3)
        }
        try await FaultyPull.with { pull in
            try await pull.expectStop(
                [Self.page: Array(repeating: "return-400-\(reason)", count: 3)], exitCode: 3, jobs: 4)
        }
    }

    /// The error is retryable, but the job is done.
    @Test(.faults("B6")) func doesNotPollAFailedJob() async throws {
        try await FaultyPull.with { pull in
            let failed = """
                {"merge-patch": {"status": {"state": "DONE", "errorResult":
                {"reason": "invalidQuery", "message": "Division by zero: 1 / 0"}}}}
                """.replacing("\n", with: " ")
            let outcome = try await pull.expectStop(
                [Self.page: ["return-500-internalError"], Self.get: [failed]], exitCode: 3, jobs: 2)
            #expect(outcome.message.contains("Division by zero"))
            #expect(pull.waits.isEmpty)
        }
    }

    @Test(
        .faults("B7", "B9", "B10", "B14"),
        arguments: [
            ("return-500-bytesBilledLimitExceeded", "--max-bytes-billed", 3),
            ("return-400-bytesBilledLimitExceeded", "--max-bytes-billed", 3),
            ("return-403-quotaExceeded", "quota", 75), ("return-403-accessDenied", "role", 77),
            ("return-499-stopped", "same command", 3), ("return-403-billingNotEnabled", "billing", 77),
            ("return-400-resourcesExceeded", "", 3), ("return-400-invalidQuery", "", 3),
        ] as [(String, String, Int32)])
    func aPermanentErrorEndsThePull(instruction: String, hint: String, exitCode: Int32) async throws {
        // While waiting for the job, and while fetching pages.
        for passed in [0, 2] {
            try await FaultyPull.with { pull in
                let isPaging = passed > 0
                let instructions = Array(repeating: "pass", count: passed) + ["\(instruction) always"]
                let jobs = isPaging || exitCode != 3 ? 1 : 2
                let outcome = try await pull.expectStop([Self.page: instructions], exitCode: exitCode, jobs: jobs)
                #expect(hint.isEmpty || outcome.hint?.contains(hint) == true, "\(outcome.hint ?? "")")
                #expect(pull.waits.isEmpty)
            }
        }
    }

    @Test(.faults("B8"), arguments: [403, 429]) func throttledRequestsBackOff(status: Int) async throws {
        try await FaultyPull.with { pull in
            try await pull.expectSurvival(
                [Self.page: ["pass"] + Array(repeating: "return-\(status)-rateLimitExceeded", count: 5)])
        }
    }

    @Test(.faults("B11")) func pollsAMissingJobForALimitedTime() async throws {
        try await FaultyPull.with { pull in
            let outcome = try await pull.expectStop([Self.page: ["return-404-notFound always"]], exitCode: 3, jobs: 1)
            #expect(outcome.hint?.contains("--location") == true)
            let waited = pull.waits.reduce(.zero, +)
            #expect((.seconds(150)...(.seconds(240))).contains(waited))
        }
    }

    /// The rows are dropped when the next run starts, whose report states what the dropped run billed.
    @Test(.faults("B12"), arguments: [false, true]) func runsAQueryAgainIfItsResultIsGone(isForbidden: Bool)
        async throws
    {
        try await FaultyPull.with { pull in
            try pull.inject([Self.page: ["pass", "pass", "pass", "return-404-notFound always"]])
            let outcome = await pull.run()
            #expect(outcome.exitCode == 75, "\(outcome.message)")
            pull.expectReadable(outcome)
            try await pull.expectSound(.earlier)
            pull.expectApplied()
            pull.emulator.expireResults()
            var again = pull.pull()
            if isForbidden { again.query.maximumBytesBilled = 1 }
            let last = await pull.run(again)
            #expect(last.exitCode == (isForbidden ? 75 : 0), "\(last.message)")
            #expect(last.message.contains("would process") == isForbidden)
            try await pull.expectSound(isForbidden ? .earlier : .new)
            #expect(pull.emulator.counters.jobs == FaultyPull.earlierJobs + (isForbidden ? 1 : 2))
        }
    }

    @Test(.faults("B18", "B15"), arguments: [[], ["return-503 always"], ["stall-for-60s always"]])
    func reportsTheStateOfAnInterruptedJob(cancelInstructions: [String]) async throws {
        // Without a fault there is no time limit.
        let clock: any Clock<Duration> =
            cancelInstructions.isEmpty ? ManualClock(longestSleep: .seconds(1)) : ContinuousClock()
        let slow = EmulatorConfiguration(jobTime: .seconds(30))
        try await FaultyPull.with(slow, waits: clock, publishesEarlier: false) { pull in
            try pull.inject(["bigquery.jobs.cancel": cancelInstructions])
            let told = Mutex<[InterruptedJob]>([])
            var running = pull.pull()
            running.onInterruptedJob = { job in told.withLock { $0.append(job) } }
            let inserted = pull.emulator.counters.requests["jobs.insert"] ?? 0
            let task = Task { [running] in await pull.run(running) }
            try await pull.emulator.waitForCounters { $0.runningJobs > 0 && $0.requests["jobs.insert"] != inserted }
            task.cancel()
            let outcome = await task.value
            #expect(outcome.exitCode == 130)
            pull.expectApplied()
            #expect(told.withLock { $0.map(\.isCancelled) } == [cancelInstructions.isEmpty])
            #expect(pull.emulator.counters.requests["jobs.cancel", default: 0] <= 1)
            let job = try #require(told.withLock { $0.first })
            let text = InterruptedJobText.text(job)
            let command =
                "bq --project_id=local-project --location=US cancel \(job.reference.jobID)"
            #expect(text.contains(job.reference.jobID) && text.contains(command) == !cancelInstructions.isEmpty)
        }
    }

    /// The job runs longer than the lifetime of a token.
    @Test(.faults("B19")) func refreshesTheTokenWhileTheJobRuns() async throws {
        try await FaultyPull.with { pull in
            let before = pull.emulator.counters.tokenRequests
            let running = #"{"status": 200, "body": {"jobComplete": false}}"#
            try await pull.expectSurvival(
                [Self.page: [running, "return-401-authError", running, running, "return-401-authError", running]])
            #expect(pull.emulator.counters.tokenRequests == before + 2)
        }
    }

    @Test(.faults("B20")) func recordsACacheHit() async throws {
        try await FaultyPull.with { pull in
            let first = await pull.run()
            let second = await pull.run()
            #expect(first.report?.cacheHit == false)
            #expect(second.report?.cacheHit == true)
            var query = pull.pull().query
            query.useQueryCache = false
            var uncached = QueryPull(query, client: pull.client)
            uncached.limits = pull.pull().limits
            #expect(await pull.run(uncached).report?.cacheHit == false)
            try await pull.expectSound(.new)
            let recorded = try await DatabaseQueue(path: pull.target.path).read {
                try Bool?.fetchAll($0, sql: "SELECT cache_hit FROM _bqpull_runs ORDER BY rowid")
            }
            #expect(recorded.dropFirst() == [false, true, false])
        }
    }

    @Test(.faults("B21"), arguments: ["INSERT", "CREATE_TABLE_AS_SELECT", "SCRIPT", "DROP_TABLE", "MERGE"])
    func rejectsAStatementThatChangesData(type: String) async throws {
        try await FaultyPull.with { pull in
            let patch = #"{"merge-patch": {"statistics": {"query": {"statementType": "\#(type)"}}}}"#
            let outcome = try await pull.expectStop(["bigquery.jobs.dryRun": [patch]], exitCode: 64)
            #expect(outcome.message.contains(type))
        }
    }
}
