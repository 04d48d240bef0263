import TextSupport

extension QueryRequest {
    /// The statement that has BigQuery write the rows of this query to files, with the same parameters and settings.
    ///
    /// The query's text comes last, so that a semicolon or a comment may end it. CSV files begin with a header, Avro files
    /// have logical types.
    ///
    /// - Parameter overwriting: whether files that are there are replaced; else BigQuery refuses to write beside them.
    /// - Throws: ``BigQueryError`` with code `invalidRequest` for a query in the legacy dialect, and for files without
    ///   `*` in their name.
    public func exporting(to destination: ExportDestination, overwriting: Bool) throws(BigQueryError) -> QueryRequest {
        guard !useLegacySQL else {
            throw ExportDestination.invalid(
                "the legacy dialect has no EXPORT DATA", hint: "write the query in GoogleSQL")
        }
        guard destination.hasWildcard else {
            throw ExportDestination.invalid(
                "\(printable(destination.uri, limit: 200)) has no *, and a query is exported to several files",
                hint: "put one * into the name, for example gs://bucket/prefix-*.\(destination.format.rawValue)")
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
