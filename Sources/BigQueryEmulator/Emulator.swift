import Foundation
import GRDB
import Hummingbird
import NIOCore

/// A local stand-in for BigQuery: its OAuth token endpoint and the part of its REST API that queries and reads,
/// with SQL answered by SQLite.
///
/// It answers as the service does, page limits, errors and job states included, but SQL is SQLite's, with
/// BigQuery's table names, literals and parameters. Besides the tables that it loads it has a generated table
/// `bench.trips_N` for every N, with N rows and a column of every type.
public final class Emulator: Sendable {
    private let configuration: EmulatorConfiguration
    let server: EmulatorServer
    private let storage: TemporaryDatabase

    /// Loads the tables.
    ///
    /// - Throws: An ``EmulatorError`` that names the file and line that cannot be loaded.
    public init(configuration: EmulatorConfiguration) throws {
        self.configuration = configuration
        storage = try TemporaryDatabase()
        let catalog = Catalog(
            project: configuration.project, location: configuration.location, database: storage.pool)
        for table in configuration.tables { try TableLoader(catalog: catalog).load(table) }
        server = EmulatorServer(configuration: configuration, catalog: catalog)
    }

    /// Listens, calls `body` once requests are answered, and stops when it returns. An emulator runs once.
    public func withRunning<Result: Sendable>(
        _ body: (RunningEmulator) async throws -> Result
    ) async throws -> Result {
        let (addresses, continuation) = AsyncStream<Int>.makeStream()
        return try await withThrowingTaskGroup { group in
            group.addTask { await self.server.jobs.run() }
            group.addTask {
                defer { continuation.finish() }
                try await self.serve { continuation.yield($0) }
            }
            defer { group.cancelAll() }
            for await port in addresses {
                server.setPort(port)
                return try await body(RunningEmulator(port: port, configuration: configuration, server: server))
            }
            while try await group.next() != nil {}
            throw CancellationError()
        }
    }

    /// Serves until the task is cancelled. An emulator runs once.
    ///
    /// - Parameter onReady: Called once requests are answered.
    public func run(onReady: (RunningEmulator) async throws -> Void) async throws {
        try await withRunning { running in
            try await onReady(running)
            let (forever, _) = AsyncStream<Never>.makeStream()
            for await _ in forever {}
        }
    }

    private func serve(onReady: @escaping @Sendable (Int) -> Void) async throws {
        let application = Application(
            router: server.makeRouter(),
            configuration: .init(address: .hostname("127.0.0.1", port: configuration.port), serverName: "bqpull"),
            onServerRunning: { channel in onReady(channel.localAddress?.port ?? 0) },
            logger: configuration.logger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw EmulatorError(
                code: .cannotListen, message: "127.0.0.1:\(configuration.port): \(error)",
                hint: "choose another port, or 0 for a free one")
        }
    }
}
