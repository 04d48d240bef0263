import TextSupport

extension QueryRequest {
    /// The EXPORT DATA statement that writes the rows of this query to files, with the same parameters and settings.
    ///
    /// The query's text comes last, so that it can end in a semicolon or a comment. CSV files begin with a header, Avro
    /// files have logical types.
    ///
    /// - Parameters:
    ///   - destination: the files.
    ///   - overwriting: whether existing files are replaced. Otherwise BigQuery rejects a prefix that has files.
    /// - Returns: the statement.
    /// - Throws: ``BigQueryError`` with code `invalidRequest` for a query in the legacy dialect, or a URI without `*`.
    package func exporting(to destination: ExportDestination, overwriting: Bool) throws(BigQueryError) -> QueryRequest {
        guard !useLegacySQL else {
            throw ExportDestination.invalid("the legacy dialect has no EXPORT DATA", .legacyExport)
        }
        guard destination.hasWildcard else {
            throw ExportDestination.invalid(
                "\(printable(destination.uri, limit: 200)) has no *, but a query is exported to several files",
                .invalidExportURI(destination.format))
        }
        var options = [
            "uri = \(Self.literal(destination.uri))", "format = '\(destination.format.statementName)'",
            "overwrite = \(overwriting)",
        ]
        if destination.compression != .none { options.append("compression = '\(destination.compression.wireName)'") }
        if destination.format == .csv { options.append("header = true") }
        if destination.format == .avro { options.append("use_avro_logical_types = true") }
        var statement = self
        statement.sql = "EXPORT DATA OPTIONS (\(options.joined(separator: ", "))) AS\n\(sql)"
        return statement
    }

    private static func literal(_ text: String) -> String {
        "'\(text.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
    }
}
