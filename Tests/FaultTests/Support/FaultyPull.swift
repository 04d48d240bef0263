import BigQuery
import BigQueryEmulator
import BigQueryPull
import BigQueryRows
import Foundation
import GRDB
import GoogleHTTP
import GoogleOAuth
import Logging
import NIOSSL
import SQLiteStaging
import TestSupport
import Testing
import TextSupport

@testable import BQPullCommands

/// A faulty service, a client whose waits take no time, and a database with an earlier table.
struct FaultyPull: Sendable {
    /// The rows to pull.
    static let truth = Truth(rowCount: 400)
    /// The rows published before.
    static let earlier = Truth(rowCount: 7)
    static let pageRows = 50
    /// The number of page requests; the first one also waits for the job.
    static let pages = truth.rowCount / pageRows

    let emulator: RunningEmulator
    let folder: TemporaryFolder
    let client: BigQueryClient
    let tokens: RenewingTokenProvider
    let clock: ManualClock
    /// Whether to read the table without a query.
    private(set) var readsTable = false
    private var earlierWaits = 0
    private let transport: HTTPSTransport
    private let ledger: FaultLedger

    /// The outcome of a pull, as its user sees it.
    struct Outcome: Sendable {
        var exitCode: Int32
        var message = ""
        var hint: String?
        var report: PullReport?
        /// The rows kept by a stopped pull.
        var rowsKept: Int64 = 0
    }

    /// Serves while `body` runs, without faults until ``inject(_:)``.
    static func with(
        _ configuration: EmulatorConfiguration = EmulatorConfiguration(), limits: HTTPLimits = HTTPLimits(),
        longPoll: Duration = .seconds(60), firstByteAllowance: Duration = .seconds(15),
        budget: Duration = .seconds(600), pageLimits: BodyLimits = .page, waits: (any Clock<Duration>)? = nil,
        tls: NIOSSLContext? = nil, trusting authority: TestAuthority? = nil, proxy: String? = nil,
        publishesEarlier: Bool = true,
        _ body: @Sendable (FaultyPull) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            var configuration = configuration
            let file = folder.file("truth.jsonl")
            try truth.write(to: file)
            configuration.tables = [.init(dataset: "d", table: "truth", file: file)]
            configuration.faults = FaultPlan([:])
            configuration.tls = tls
            let authorities = try authority.map {
                try Data($0.pem.utf8).write(to: URL(filePath: folder.file("ca.pem")))
                return try TrustedAuthorities(contentsOfFile: folder.file("ca.pem"))
            }
            let transport = HTTPSTransport(
                userAgent: "test", limits: limits, proxy: HTTPProxy(environment: ["HTTPS_PROXY": proxy ?? ""]),
                authorities: authorities, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try await Emulator(configuration: configuration).withRunning { emulator in
                var service = try BigQueryConfiguration(
                    project: "local-project", endpoint: HTTPEndpoint(emulator.endpoint))
                service.longPoll = longPoll
                service.firstByteAllowance = firstByteAllowance
                service.retry.budget = budget
                service.pageLimits = pageLimits
                try await serve(emulator, folder, transport, service, waits, publishesEarlier, body)
            }
        }
    }

    private static func serve(
        _ emulator: RunningEmulator, _ folder: TemporaryFolder, _ transport: HTTPSTransport,
        _ service: BigQueryConfiguration, _ waits: (any Clock<Duration>)?, _ publishesEarlier: Bool,
        _ body: @Sendable (FaultyPull) async throws -> Void
    ) async throws {
        let (clock, credentials) = (ManualClock(), folder.file("credentials.json"))
        try emulator.writeCredentialsFile(to: credentials)
        let tokens = try AuthorizedUserCredential(contentsOfFile: credentials).tokenProvider(
            TokenContext(transport: transport, clock: clock))
        let client = BigQueryClient(service, tokens: tokens, transport: transport, clock: waits ?? clock)
        var faulty = FaultyPull(
            emulator: emulator, folder: folder, client: client, tokens: tokens, clock: clock, transport: transport,
            ledger: try #require(emulator.faults))
        do {
            if publishesEarlier {
                let sql = "SELECT * FROM d.truth WHERE id < \(earlier.rowCount) ORDER BY id"
                let report = try await faulty.pull(sql).stage(into: faulty.target)
                #expect(report.rowsCopied == Int64(earlier.rowCount))
                faulty.earlierWaits = clock.slept.count
            }
            try await body(faulty)
            try await transport.shutdown()
        } catch {
            // The first error is the one to report.
            try? await transport.shutdown()
            throw error
        }
    }

    /// The waits before retries, without those of the pull of the earlier table.
    var waits: ArraySlice<Duration> { clock.slept.dropFirst(earlierWaits) }

    /// The number of jobs of the pull of the earlier table.
    static let earlierJobs = 1

    var target: StagingTarget { StagingTarget(path: folder.file("staging.db")) }

    func pull(_ sql: String = "SELECT * FROM d.truth ORDER BY id") -> QueryPull {
        var pull = QueryPull(QueryRequest(sql), client: client)
        pull.limits.pageRows = Self.pageRows
        pull.limits.parallelPages = 4
        return pull
    }

    /// Makes the next request need a new access token.
    func forgetToken() async throws {
        await tokens.reject(try await tokens.accessToken())
    }

    /// The same rows, read without a query or job.
    func readingTable() -> FaultyPull {
        var table = self
        table.readsTable = true
        return table
    }

    private func tablePull() throws -> TablePull {
        var pull = TablePull(
            try TableReference(parsing: "d.truth", defaultProject: "local-project"), client: client, clock: clock)
        pull.limits.pageRows = Self.pageRows
        return pull
    }

    /// The same pull from another address.
    func pull(atEndpoint address: String) throws -> QueryPull {
        var service = client.configuration
        service.endpoint = try HTTPEndpoint(address)
        let client = BigQueryClient(service, tokens: tokens, transport: transport, clock: clock)
        var pull = QueryPull(pull().query, client: client)
        pull.limits = self.pull().limits
        return pull
    }

    /// Injects instructions into the next requests of each method, in order.
    func inject(_ instructions: [String: [String]]) throws {
        ledger.add(FaultPlan(try instructions.mapValues { try $0.map { try FaultInstruction($0) } }))
    }

    /// Runs the pull to its end.
    func run(_ pull: (any Pull)? = nil) async -> Outcome {
        do {
            let pull = try pull ?? (readsTable ? tablePull() : self.pull())
            let report = try await pull.stage(into: target)
            return Outcome(exitCode: 0, report: report)
        } catch {
            let failure = Failure(error)
            return Outcome(
                exitCode: failure.exitStatus.rawValue, message: failure.message, hint: failure.hint)
        }
    }

    /// Expects that every instruction was applied, counts them, and ends persistent ones.
    func expectApplied(sourceLocation: SourceLocation = #_sourceLocation) {
        let unmet = ledger.unmet.map { "\($0.method): \($0.instruction)" }
        #expect(unmet.isEmpty, "faults that were not applied", sourceLocation: sourceLocation)
        Injections.count(ledger.consumed.count { $0.instruction.description != "pass" })
        ledger.end()
    }

    /// The expected content of the staging database.
    enum State { case earlier, new }

    /// Expects the invariants of every fault: an intact file, exactly the old or the new table, hidden rows only of a run
    /// that can continue and as many as it records, no secret, and no running job.
    @discardableResult
    func expectSound(
        _ state: State, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> StagingRemains {
        // A job that was not cancelled ends shortly after.
        try await emulator.waitForCounters { $0.runningJobs == 0 }
        let truth = state == .new ? Self.truth : Self.earlier
        let remains = try await StagingRemains.examine(target.path) { db, _ in
            #expect(try truth.compare(db, table: target.table) == Truth.Comparison(), sourceLocation: sourceLocation)
            let hidden = try String.fetchAll(
                db,
                sql:
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '\\_bqpull\\_rows\\_%' ESCAPE '\\'"
            )
            #expect(state == .earlier || hidden.isEmpty, sourceLocation: sourceLocation)
            // The hidden rows are a prefix of the result.
            for table in hidden {
                let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.quotedDatabaseIdentifier)") ?? 0
                let rows = try Truth(rowCount: count).compare(db, table: table)
                #expect(rows == Truth.Comparison(), sourceLocation: sourceLocation)
            }
        }
        let secrets = [
            "emulator-client-secret", "emulator-refresh-token", try await tokens.accessToken().value.reveal(),
        ]
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasPrefix("staging") {
            let bytes = try Data(contentsOf: URL(filePath: folder.file(file)))
            for secret in secrets {
                #expect(bytes.firstRange(of: Data(secret.utf8)) == nil, sourceLocation: sourceLocation)
            }
        }
        return remains
    }

    /// Expects a pull that succeeds despite the instructions.
    ///
    /// - Parameters:
    ///   - instructions: The faults, by method.
    ///   - retries: Whether a request is retried.
    ///   - sourceLocation: The location of the expectation.
    /// - Returns: The outcome.
    /// - Throws: An error of the database.
    @discardableResult
    func expectSurvival(
        _ instructions: [String: [String]], retries: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Outcome {
        try inject(instructions)
        let outcome = await run()
        expectApplied(sourceLocation: sourceLocation)
        #expect(outcome.exitCode == 0, "\(outcome.message)", sourceLocation: sourceLocation)
        if retries { #expect((outcome.report?.retries ?? 0) > 0, sourceLocation: sourceLocation) }
        try await expectSound(outcome.exitCode == 0 ? .new : .earlier, sourceLocation: sourceLocation)
        expectJobs(readsTable ? 0 : 1, sourceLocation: sourceLocation)
        return outcome
    }

    /// Expects a pull that stops, keeps the invariants, and succeeds without the fault: it continues from the kept rows or,
    /// if it needs another job, starts from scratch.
    ///
    /// - Parameters:
    ///   - instructions: The faults, by method.
    ///   - exitCode: The expected exit code.
    ///   - jobs: The number of jobs, including the successful pull.
    ///   - continues: Whether the pull continues from the staged rows; by default if it needs no other job.
    ///   - sourceLocation: The location of the expectation.
    /// - Returns: The outcome of the stopped pull.
    /// - Throws: An error of the database.
    @discardableResult
    func expectStop(
        _ instructions: [String: [String]], exitCode: Int32, jobs: Int? = nil, continues: Bool? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Outcome {
        try inject(instructions)
        var outcome = await run()
        expectApplied(sourceLocation: sourceLocation)
        #expect(outcome.exitCode == exitCode, "\(outcome.message)", sourceLocation: sourceLocation)
        expectReadable(outcome, sourceLocation: sourceLocation)
        let left = try await expectSound(.earlier, sourceLocation: sourceLocation)
        let continues = continues ?? (jobs ?? 1 <= 1)
        let isBegun = left.runs > 1
        if isBegun { #expect((left.state == "interrupted") == continues, sourceLocation: sourceLocation) }
        outcome.rowsKept = isBegun && continues ? left.rows : 0
        let again = await run()
        #expect(again.exitCode == 0, "\(again.message)", sourceLocation: sourceLocation)
        let continued = again.report?.rowsContinued ?? 0
        #expect(continued == outcome.rowsKept, sourceLocation: sourceLocation)
        try await expectSound(.new, sourceLocation: sourceLocation)
        expectJobs(jobs ?? (readsTable ? 0 : 1), sourceLocation: sourceLocation)
        return outcome
    }

    /// Expects this number of jobs since the earlier table, and no cancellation.
    private func expectJobs(_ count: Int, sourceLocation: SourceLocation) {
        #expect(emulator.counters.jobs == Self.earlierJobs + count, sourceLocation: sourceLocation)
        #expect(emulator.counters.requests["jobs.cancel"] == nil, sourceLocation: sourceLocation)
    }

    /// Expects a printable one-line message and a hint, without secrets.
    func expectReadable(_ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(!outcome.message.isEmpty && outcome.message.count < 4000, sourceLocation: sourceLocation)
        #expect(printable(outcome.message, limit: 4000) == outcome.message, sourceLocation: sourceLocation)
        #expect(outcome.hint?.isEmpty == false, "\(outcome.message)", sourceLocation: sourceLocation)
        for secret in ["emulator-client-secret", "emulator-refresh-token", "Bearer "] {
            #expect(!"\(outcome.message) \(outcome.hint ?? "")".contains(secret), sourceLocation: sourceLocation)
        }
    }
}
