/// An extract job: a table to write to files.
package struct ExtractRequest: Sendable, Hashable {
    /// The table.
    package var table: TableReference
    /// The files.
    package var destination: ExportDestination
    /// The location of the table; `nil` lets BigQuery find it.
    package var location: String?
    /// The labels of the job, which appear on the bill.
    package var labels: [String: String] = [:]

    /// Creates a request with the defaults.
    package init(_ table: TableReference, to destination: ExportDestination) {
        self.table = table
        self.destination = destination
    }
}

extension ExtractRequest {
    /// The `configuration` of a job as it is sent.
    struct Configuration: Encodable, Sendable {
        struct Extract: Encodable, Sendable {
            var sourceTable: TableReference
            var destinationURIs: [String]
            var destinationFormat: String
            var compression: String
            var printHeader: Bool?
            var useAvroLogicalTypes: Bool?

            private enum CodingKeys: String, CodingKey {
                case sourceTable, destinationFormat, compression, printHeader, useAvroLogicalTypes
                case destinationURIs = "destinationUris"
            }
        }

        var extract: Extract
        var labels: [String: String]?
    }

    var configuration: Configuration {
        Configuration(
            extract: .init(
                sourceTable: table, destinationURIs: [destination.uri],
                destinationFormat: destination.format.extractName, compression: destination.compression.wireName,
                printHeader: destination.format == .csv ? true : nil,
                useAvroLogicalTypes: destination.format == .avro ? true : nil
            ),
            labels: labels.isEmpty ? nil : labels
        )
    }
}
