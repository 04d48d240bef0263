import BigQueryRows

/// Discards rows, so that only fetching and decoding are measured.
struct DiscardingSink: RowSink {
    func begin(_ schema: TableSchema) {}
    func append(_ page: RowPage) {}
    func finish() {}
}
