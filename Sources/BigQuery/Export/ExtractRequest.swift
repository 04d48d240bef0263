/// A table to write to files.
public struct ExtractRequest: Sendable, Hashable {
    /// The table.
    public var table: TableReference
    /// The files.
    public var destination: ExportDestination
    /// Where the table is; `nil` lets BigQuery find out.
    public var location: String?
    /// Labels of the job, which appear in the bill.
    public var labels: [String: String] = [:]

    /// Makes a request with the defaults.
    public init(_ table: TableReference, to destination: ExportDestination) {
        self.table = table
        self.destination = destination
    }
}

extension ExtractRequest {
    /// The `configuration` of a job as it is sent.
    struct Configuration: Encodable, Sendable {
        struct Extract: Encodable, Sendable {
            var sourceTable: TableReference
            var destinationUris: [String]
            var destinationFormat: String
            var compression: String
            var printHeader: Bool?
            var useAvroLogicalTypes: Bool?
        }

        var extract: Extract
        var labels: [String: String]?
    }

    var configuration: Configuration {
        Configuration(
            extract: .init(
                sourceTable: table, destinationUris: [destination.uri],
                destinationFormat: destination.format.extractName, compression: destination.compression.wireName,
                printHeader: destination.format == .csv ? true : nil,
                useAvroLogicalTypes: destination.format == .avro ? true : nil
            ),
            labels: labels.isEmpty ? nil : labels
        )
    }
}
