import Foundation

/// A folder that is removed after the test.
package struct TemporaryFolder: Sendable {
    /// The folder's path.
    package let path: String

    /// Creates a folder for `body`.
    package static func with<Result>(_ body: (TemporaryFolder) async throws -> Result) async throws -> Result {
        let url = FileManager.default.temporaryDirectory.appending(path: "bqpull-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        // What cannot be removed is left to the system.
        defer { try? FileManager.default.removeItem(at: url) }
        return try await body(TemporaryFolder(path: url.path))
    }

    /// The path of a file in it.
    package func file(_ name: String) -> String { path + "/" + name }
}
