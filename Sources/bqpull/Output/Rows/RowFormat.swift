import ArgumentParser

/// How rows are written to standard output.
enum RowFormat: String, ExpressibleByArgument, CaseIterable {
    /// Aligned columns, for people.
    case table
    /// RFC 4180 with a header: NULL is nothing, an empty text is `""`.
    case csv
    /// One JSON object a line.
    case jsonl

    /// What writes it.
    ///
    /// - Parameter width: the columns of the terminal; `nil` if there is none to cut lines for.
    func encoder(width: Int?) -> any RowEncoder {
        switch self {
        case .table: TableEncoder(width: width)
        case .csv: CSVEncoder()
        case .jsonl: JSONLinesEncoder()
        }
    }
}
