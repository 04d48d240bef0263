import Foundation
import GRDB
import Hummingbird
import NIOCore
import ServiceLifecycle

/// A local BigQuery for tests: Google's OAuth server, and the part of the REST API that runs queries and reads rows.
///
/// Page limits, errors and job states are the service's. SQL is executed by SQLite, with BigQuery's table names,
/// literals, parameters and temporary functions. Besides the configured tables there are generated ones of any row count N: `bench.trips_N`
/// with a column of every type, `bench.numbers_N` with narrow numeric columns, `bench.texts_N` with wide text columns
/// in many scripts, and `bench.nested_N` with STRUCTs and ARRAYs.
///
/// ```swift
/// import BigQueryEmulator
///
/// func countRequests(of test: @Sendable (_ endpoint: String) async throws -> Void) async throws -> Int {
///     let emulator = try Emulator(configuration: EmulatorConfiguration(requiresAuthorization: false))
///     return try await emulator.withRunning { running in
///         try await test(running.endpoint)
///         return running.counters.requests.values.reduce(0, +)
///     }
/// }
/// ```
public final class Emulator: Sendable {
    private let configuration: EmulatorConfiguration
    let server: EmulatorServer
    private let storage: TemporaryDatabase

    /// Loads the configured tables.
    ///
    /// - Parameter configuration: the data to serve, and the behavior.
    /// - Throws: an ``EmulatorError``: a file that cannot be loaded (with its line), a bucket without a folder, or a
    ///   port outside 0...65535.
    public init(configuration: EmulatorConfiguration) throws {
        guard (0...65_535).contains(configuration.port) else {
            throw EmulatorError(
                code: .cannotListen, message: "\(configuration.port) is not a port from 1 to 65535")
        }
        self.configuration = configuration
        try Exporter.check(configuration.buckets)
        storage = try TemporaryDatabase()
        let catalog = Catalog(
            project: configuration.project, location: configuration.location, database: storage.pool)
        for table in configuration.tables { try TableLoader(catalog: catalog).load(table) }
        server = EmulatorServer(configuration: configuration, catalog: catalog)
    }

    /// Listens, calls `body` once the server accepts requests, and shuts down when it returns. An emulator runs only
    /// once.
    ///
    /// - Parameter body: the test. The server accepts requests until it returns; requests in flight then have one more
    ///   second.
    /// - Returns: the result of `body`.
    /// - Throws: an ``EmulatorError`` if the port cannot be bound or a view's query does not compile; rethrows errors
    ///   of `body`.
    nonisolated(nonsending) public func withRunning<Result: Sendable>(
        _ body: (RunningEmulator) async throws -> Result
    ) async throws -> Result {
        for table in configuration.tables { try await TableLoader(catalog: server.catalog).checkView(table) }
        if let faults = configuration.faults { return try await withFaults(faults, body) }
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let services = services { continuation.yield($0) }
        // An unstructured task: a cancelled server drops connections that it has not accepted yet, which NIO treats as
        // a fatal error. It is always shut down gracefully instead, and awaited.
        let serving = Task {
            defer { continuation.finish() }
            try await self.serve(services)
        }
        do {
            let result = try await withJobRunner {
                for await port in ports {
                    server.setPort(port)
                    return try await body(
                        RunningEmulator(port: port, configuration: configuration, server: server, faults: nil))
                }
                try Task.checkCancellation()
                try await serving.value
                throw CancellationError()
            }
            await services.triggerGracefulShutdown()
            try await serving.value
            return result
        } catch {
            await services.triggerGracefulShutdown()
            _ = await serving.result
            throw error
        }
    }

    nonisolated(nonsending) private func withFaults<Result: Sendable>(
        _ faults: FaultPlan, _ body: (RunningEmulator) async throws -> Result
    ) async throws -> Result {
        let ledger = FaultLedger(faults, onEntry: configuration.onFault)
        let faulty = FaultyServer(router: server.makeRouter(), ledger: ledger, logger: configuration.logger)
        return try await withJobRunner {
            do {
                return try await faulty.withRunning(port: configuration.port, tls: configuration.tls) { port in
                    server.setPort(port)
                    return try await body(
                        RunningEmulator(port: port, configuration: configuration, server: server, faults: ledger))
                }
            } catch let error as IOError {
                throw cannotListen(error)
            }
        }
    }

    private func cannotListen(_ error: IOError) -> EmulatorError {
        EmulatorError(code: .cannotListen, message: "127.0.0.1:\(configuration.port): \(error)")
    }

    nonisolated(nonsending) private func withJobRunner<Result>(_ body: () async throws -> Result) async throws -> Result
    {
        try await withThrowingTaskGroup { group in
            group.addTask { await self.server.jobs.run() }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// Serves until the task is cancelled. An emulator runs only once.
    ///
    /// - Parameter onReady: called once the server accepts requests.
    /// - Throws: an ``EmulatorError`` if the port cannot be bound or a view's query does not compile; rethrows errors
    ///   of `onReady`.
    package func run(onReady: (RunningEmulator) async throws -> Void) async throws {
        try await withRunning { running in
            try await onReady(running)
            let (forever, _) = AsyncStream<Never>.makeStream()
            for await _ in forever {}
        }
    }

    private func services(onReady: @escaping @Sendable (Int) -> Void) -> ServiceGroup {
        let application = Application(
            router: server.makeRouter(),
            configuration: .init(address: .hostname("127.0.0.1", port: configuration.port), serverName: "bqpull"),
            onServerRunning: { channel in onReady(channel.localAddress?.port ?? 0) },
            logger: configuration.logger)
        var services = ServiceGroupConfiguration(services: [application], logger: configuration.logger)
        services.maximumGracefulShutdownDuration = Self.shutdownTime
        return ServiceGroup(configuration: services)
    }

    /// Grace period for requests in flight at shutdown.
    private static let shutdownTime: Duration = .seconds(1)

    private func serve(_ services: ServiceGroup) async throws {
        do {
            try await services.run()
        } catch let error as IOError {
            throw cannotListen(error)
        }
    }
}
