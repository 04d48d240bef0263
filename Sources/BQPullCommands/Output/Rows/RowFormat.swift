import ArgumentParser
import RowFormats

/// How rows are written to standard output.
enum RowFormat: String, ExpressibleByArgument, CaseIterable {
    /// Aligned columns, for people.
    case table
    /// RFC 4180 with a header: NULL is nothing or a text of the user's, an empty text is `""`.
    case csv
    /// One JSON object a line.
    case jsonl

    /// What writes it.
    ///
    /// - Parameters:
    ///   - width: the columns of the terminal; `nil` if there is none to cut lines for.
    ///   - null: the text of NULL in CSV.
    func encoder(width: Int?, null: String = "") throws(RowFormatError) -> any RowEncoder {
        switch self {
        case .table: TableEncoder(width: width)
        case .csv: try CSVEncoder(null: null)
        case .jsonl: JSONLinesEncoder()
        }
    }
}
