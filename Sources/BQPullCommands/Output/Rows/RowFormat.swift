import ArgumentParser
import RowFormats

/// The format of rows on standard output.
enum RowFormat: String, ExpressibleByArgument, CaseIterable {
    /// Aligned columns.
    case table
    /// RFC 4180 with a header. NULL is empty or a text set by the user, an empty string is `""`.
    case csv
    /// One JSON object per line.
    case jsonl

    /// An encoder for this format.
    ///
    /// - Parameters:
    ///   - width: The width of the terminal, to which lines are truncated; `nil` without a terminal.
    ///   - null: The text for NULL in CSV.
    /// - Returns: The encoder.
    /// - Throws: `RowFormatError` if the text for NULL needs quotes.
    func encoder(width: Int?, null: String = "") throws(RowFormatError) -> any RowEncoder {
        switch self {
        case .table: TableEncoder(width: width)
        case .csv: try CSVEncoder(null: null)
        case .jsonl: JSONLinesEncoder()
        }
    }
}
