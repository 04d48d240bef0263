/// What a job has exported, as far as the service tells.
public struct ExportStatistics: Sendable, Hashable {
    /// The number of files.
    public var files: Int64?
    /// The number of rows; an extract job does not tell it.
    public var rows: Int64?
    /// The size of the rows as BigQuery counts it, not that of the files; an EXPORT DATA statement does not tell it.
    public var bytes: Int64?
}

/// The members of a job that tell what it has exported.
struct ExtractStatistics: Decodable, Sendable {
    var destinationUriFileCounts: [WireInteger]?
    var inputBytes: WireInteger?

    var statistics: ExportStatistics {
        ExportStatistics(
            files: destinationUriFileCounts.map { counts in counts.map(\.value).reduce(0, +) },
            bytes: inputBytes?.value)
    }
}

/// The members of a query's job that tell what an EXPORT DATA statement has exported.
struct ExportDataStatistics: Decodable, Sendable {
    var fileCount: WireInteger?
    var rowCount: WireInteger?

    var statistics: ExportStatistics { ExportStatistics(files: fileCount?.value, rows: rowCount?.value) }
}
