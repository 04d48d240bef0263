import Foundation

/// Standard output: data only.
enum StandardOutput {
    /// Writes a value as one line of JSON.
    ///
    /// A reader that went away is no error.
    /// - Throws: ``CommandError`` if it cannot be written.
    static func writeJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try write(try encoder.encode(value) + Data("\n".utf8))
    }

    private static func write(_ data: Data) throws {
        do {
            try FileHandle.standardOutput.write(contentsOf: data)
        } catch {
            guard errno != EPIPE else { return }
            throw CommandError(
                message: "standard output cannot be written: \(error.localizedDescription)",
                hint: "the table is staged; only the report is lost", exitStatus: .localIO
            )
        }
    }
}
