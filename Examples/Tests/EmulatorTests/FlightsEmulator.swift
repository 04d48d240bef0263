import BigQuery
import BigQueryEmulator
import BigQueryPull
import Foundation

/// An emulator with flights, and a client of it.
struct FlightsEmulator: Sendable {
    let client: BigQueryClient
    private let emulator: RunningEmulator
    /// Removed after the test.
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
            return try await withBigQueryClient(credential: .file(credentials), endpoint: emulator.endpoint) { client in
                try await body(FlightsEmulator(client: client, emulator: emulator, folder: folder))
            }
        }
    }

    /// Replaces the flights.
    func replaceFlights(with csv: String) async throws {
        let table = Self.source(in: folder)
        try csv.write(toFile: table.file, atomically: true, encoding: .utf8)
        try await emulator.load(table)
    }

    /// The path of a file that is removed after the test.
    func file(_ name: String) -> String { folder.appending(path: name).path }

    private static func source(in folder: URL) -> EmulatorConfiguration.TableSource {
        .init(dataset: "nycflights", table: "flights", file: folder.appending(path: "flights.csv").path)
    }
}
