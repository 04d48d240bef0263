import Foundation
import TestSupport

@testable import BigQueryEmulator

/// A folder of files to load as tables: `sales.orders.csv` is the table `sales.orders`.
struct TableFolder: Sendable {
    let url: URL

    /// Calls `body` with a client of an emulator with the tables of these files.
    static func with(
        _ files: [String: String], resultLifetime: Duration? = nil,
        _ body: @escaping @Sendable (APIClient, TableFolder) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { temporary in
            let folder = TableFolder(url: URL(filePath: temporary.path))
            for (name, text) in files { try folder.write(name, text) }
            let configuration = EmulatorConfiguration(
                resultLifetime: resultLifetime, requiresAuthorization: false,
                tables: files.keys.filter { !$0.hasSuffix(".schema.json") }.sorted().map(folder.source))
            try await withClient(configuration) { try await body($0, folder) }
        }
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: url.appending(path: name))
    }

    func source(_ name: String) -> EmulatorConfiguration.TableSource {
        let parts = name.split(separator: ".").map(String.init)
        return .init(dataset: parts[0], table: parts[1], file: url.appending(path: name).path)
    }

    /// Rewrites a file and reloads it in the running emulator.
    func load(_ name: String, _ text: String, _ client: APIClient) async throws {
        try write(name, text)
        try await TableLoader(catalog: client.emulator.server.catalog).loadWhileRunning(source(name))
    }
}
