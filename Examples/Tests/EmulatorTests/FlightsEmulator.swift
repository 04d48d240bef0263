import BigQuery
import BigQueryEmulator
import Connecting
import Foundation

/// A BigQuery of one's own for a test: an emulator that has some flights, and a client that is connected to it.
struct FlightsEmulator: Sendable {
    let client: BigQueryClient
    private let emulator: RunningEmulator
    /// Removed when the test is over.
    private let folder: URL

    /// Runs `body` with an emulator whose table `nycflights.flights` is loaded from `flights`, CSV with a header, and
    /// whose responses have the given faults.
    static func with<Result: Sendable>(
        flights: String, faults: FaultPlan? = nil, _ body: @Sendable (FlightsEmulator) async throws -> Result
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "examples-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // What cannot be removed is left to the system.
        defer { try? FileManager.default.removeItem(at: folder) }
        let table = source(in: folder)
        try flights.write(toFile: table.file, atomically: true, encoding: .utf8)
        let configuration = EmulatorConfiguration(faults: faults, tables: [table])
        return try await Emulator(configuration: configuration).withRunning { emulator in
            let credentials = folder.appending(path: "credentials.json").path
            try emulator.writeCredentialsFile(to: credentials)
            let environment = ["BQPULL_CREDENTIALS": credentials, "BIGQUERY_EMULATOR_HOST": emulator.endpoint]
            return try await BigQueryClient.with(environment: environment) { client in
                try await body(FlightsEmulator(client: client, emulator: emulator, folder: folder))
            }
        }
    }

    /// Puts other flights in the place of those that are there.
    func replaceFlights(with csv: String) async throws {
        let table = Self.source(in: folder)
        try csv.write(toFile: table.file, atomically: true, encoding: .utf8)
        try await emulator.load(table)
    }

    /// The path of a file that is removed when the test is over.
    func file(_ name: String) -> String { folder.appending(path: name).path }

    private static func source(in folder: URL) -> EmulatorConfiguration.TableSource {
        .init(dataset: "nycflights", table: "flights", file: folder.appending(path: "flights.csv").path)
    }
}
