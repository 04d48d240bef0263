/// What a job has exported, as far as the service reports it.
package struct ExportStatistics: Sendable, Hashable {
    /// The number of files.
    package var files: Int64?
    /// The number of rows; `nil` for an extract job.
    package var rows: Int64?
    /// The logical size of the rows, not the size of the files; `nil` for an EXPORT DATA statement.
    package var bytes: Int64?
}

/// The `statistics.extract` of a job.
struct ExtractStatistics: Decodable, Sendable {
    var fileCounts: [WireInteger]?
    var inputBytes: WireInteger?

    private enum CodingKeys: String, CodingKey {
        case inputBytes
        case fileCounts = "destinationUriFileCounts"
    }

    var statistics: ExportStatistics {
        ExportStatistics(
            files: fileCounts.map { counts in counts.map(\.value).reduce(0, +) },
            bytes: inputBytes?.value)
    }
}

/// The `exportDataStatistics` of a query's job.
struct ExportDataStatistics: Decodable, Sendable {
    var fileCount: WireInteger?
    var rowCount: WireInteger?

    var statistics: ExportStatistics { ExportStatistics(files: fileCount?.value, rows: rowCount?.value) }
}
