import Foundation
import GRDB

/// The emulator's SQLite database: files in a folder of their own that go when the emulator goes.
final class TemporaryDatabase: Sendable {
    let pool: DatabasePool
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "bqpull-emulator-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var configuration = Configuration()
        configuration.maximumReaderCount = 8
        configuration.prepareDatabase { database in
            // Nothing has to survive a crash.
            try database.execute(sql: "PRAGMA synchronous = OFF")
            SQLiteFunctions.install(in: database)
        }
        pool = try DatabasePool(path: folder.appending(path: "emulator.db").path, configuration: configuration)
    }

    deinit {
        try? pool.close()
        try? FileManager.default.removeItem(at: folder)
    }
}
