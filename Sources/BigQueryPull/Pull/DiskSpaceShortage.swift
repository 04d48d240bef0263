import BigQueryRows
public import SQLiteStaging

/// Reports that a result seems to need more disk space than is free.
public struct DiskSpaceShortage: Sendable, Hashable, CustomStringConvertible {
    /// The staging database.
    public let path: String
    /// The estimated number of bytes for the rows and for publishing them; indexes need more.
    public let requiredBytes: Int64
    /// The number of free bytes.
    public let freeBytes: Int64

    /// The error that stops a pull, with the code `notEnoughSpace`.
    public var error: StagingError {
        StagingError(code: .notEnoughSpace, message: "\(path): \(description)")
    }

    /// Required and free bytes.
    public var description: String {
        "the rows need about \(DiskSpace.text(requiredBytes)), but only \(DiskSpace.text(freeBytes)) is free"
    }
}

extension Pull {
    /// The size above which a result is better exported to files than staged on one machine.
    private static var largeResultBytes: Int64 { 100_000_000_000 }

    /// Stops the pull if the result needs more disk space than is free, and warns of a very large result, once.
    func checkDiskSpace(
        for bytes: Int64?, at path: String, _ reporter: PullReporter, isCopied: Bool = false,
        free: (String) -> Int64? = { DiskSpace(at: $0).freeBytes }
    ) async throws {
        guard let bytes, !reporter.report.warnings.contains(where: { $0.code == .largeResult }) else { return }
        if let freeBytes = free(path),
            let requiredBytes = DiskSpace(freeBytes: freeBytes).shortage(for: bytes, isCopied: isCopied)
        {
            let shortage = DiskSpaceShortage(path: path, requiredBytes: requiredBytes, freeBytes: freeBytes)
            if !staging.ignoresDiskSpace { try await onDiskSpaceShortage(shortage) }
            reporter.acceptsDiskSpaceShortage = true
            reporter.warn(.largeResult, shortage.description)
        } else if bytes > Self.largeResultBytes {
            reporter.warn(
                .largeResult, "the rows need about \(DiskSpace.text(bytes)), which is large for a file on one machine")
        }
    }
}
