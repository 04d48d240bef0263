import BigQueryRows
public import SQLiteStaging

/// A result that seems to need more disk space than is free.
public struct DiskSpaceShortage: Sendable, Hashable, CustomStringConvertible {
    /// The staging database.
    public var path: String
    /// About the bytes that the rows need, and publishing them; indexes need more.
    public var requiredBytes: Int64
    /// The bytes that are free.
    public var freeBytes: Int64

    /// The error that stops a pull, with the code `notEnoughSpace`.
    public var error: StagingError {
        StagingError(
            code: .notEnoughSpace, message: "\(path): \(description)",
            hint: "free some space, or choose a file on another disk")
    }

    /// Required and free bytes.
    public var description: String {
        "the rows need about \(DiskSpace.text(requiredBytes)), and \(DiskSpace.text(freeBytes)) are free"
    }
}

extension Pull {
    /// Results above this size are worked with in BigQuery or in files of columns rather than in one file on one machine.
    private static var sensibleBytes: Int64 { 100_000_000_000 }

    /// Stops the pull if a result needs more disk space than is free, and warns of a very large one. Does nothing if
    /// that has been done before.
    func checkDiskSpace(
        for bytes: Int64?, at path: String, _ meter: PullReporter, isCopied: Bool = false,
        free: (String) -> Int64? = { DiskSpace(at: $0).freeBytes }
    ) async throws {
        guard let bytes, !meter.report.warnings.contains(where: { $0.code == .largeResult }) else { return }
        if let freeBytes = free(path),
            let requiredBytes = DiskSpace(freeBytes: freeBytes).shortage(for: bytes, isCopied: isCopied)
        {
            let shortage = DiskSpaceShortage(path: path, requiredBytes: requiredBytes, freeBytes: freeBytes)
            if !staging.ignoresDiskSpace { try await onDiskSpaceShortage(shortage) }
            meter.acceptsDiskSpaceShortage = true
            meter.warn(.largeResult, shortage.description)
        } else if bytes > Self.sensibleBytes {
            meter.warn(
                .largeResult, "the rows need about \(DiskSpace.text(bytes)), which is much for one file on one machine")
        }
    }
}

extension StagingTarget {
    /// Whether publishing can copy the rows into a table that exists.
    var isAddedTo: Bool { ifExists == .append || ifExists == .upsert }
}

extension QuerySession.Result {
    /// About the bytes that the rows fill in a database which are to come; `nil` if they are all in the first page.
    var storedByteCount: Int64? {
        let rows = wantedRows - firstPage.rows.firstRow
        let count = Int64(firstPage.rows.rowCount)
        return count > 0 && rows > count ? firstPage.rows.storedByteCount(rows: rows) : nil
    }
}
