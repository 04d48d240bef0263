/// The format of exported files.
public enum ExportFormat: String, Sendable, Hashable, Codable, CaseIterable {
    case parquet, avro, csv
    /// JSON lines.
    case jsonl

    /// The compressions that BigQuery supports for this format.
    ///
    /// Source: "Export formats and compression types" in BigQuery's documentation of exports.
    package var compressions: [ExportCompression] {
        switch self {
        case .csv, .jsonl: [.none, .gzip]
        case .avro: [.none, .deflate, .snappy]
        case .parquet: [.none, .gzip, .snappy, .zstd]
        }
    }

    private static let byEnding: [String: ExportFormat] = [
        "parquet": .parquet, "avro": .avro, "csv": .csv, "jsonl": .jsonl, "json": .jsonl, "ndjson": .jsonl,
    ]

    /// The format with this file extension; `nil` for an unknown extension.
    init?(ending: some StringProtocol) {
        guard let format = Self.byEnding[ending.lowercased()] else { return nil }
        self = format
    }

    /// The name in an extract job's configuration.
    var extractName: String { self == .jsonl ? "NEWLINE_DELIMITED_JSON" : rawValue.uppercased() }

    /// The name in an EXPORT DATA statement.
    var statementName: String { self == .jsonl ? "JSON" : rawValue.uppercased() }
}

/// The compression of exported files.
public enum ExportCompression: String, Sendable, Hashable, Codable, CaseIterable {
    case none, gzip, deflate, snappy, zstd

    /// The name in the API.
    var wireName: String { rawValue.uppercased() }
}
