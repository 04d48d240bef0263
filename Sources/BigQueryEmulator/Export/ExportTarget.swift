/// The destination files of an export, validated like BigQuery does.
struct ExportTarget: Sendable {
    /// The file format, with the API's names.
    enum Format: String {
        case csv = "CSV"
        case json = "NEWLINE_DELIMITED_JSON"
        case avro = "AVRO"
        case parquet = "PARQUET"

        /// The supported values of `compression`, besides `NONE`.
        fileprivate var compressions: Set<String> {
            switch self {
            case .csv, .json: ["GZIP"]
            case .avro: ["DEFLATE", "SNAPPY"]
            case .parquet: ["GZIP", "SNAPPY", "ZSTD"]
            }
        }
    }

    let uri: String
    let bucket: String
    /// The object name up to the `*`, or the whole name.
    let prefix: String
    /// The object name after the `*`; `nil` without `*`.
    let suffix: String?
    let format: Format
    let isGzip: Bool
    var delimiter = ","
    var hasHeader = true
    /// Whether existing files can be overwritten.
    var replaces = true

    /// - Throws: a ``ServiceError`` with reason `invalid`.
    init(uri: String, format: Format, compression: String?) throws(ServiceError) {
        let parts = uri.trimmingPrefix("gs://").split(separator: "/", maxSplits: 1).map(String.init)
        guard uri.hasPrefix("gs://"), parts.count == 2, !parts[0].contains("*"),
            parts[1].count(where: { $0 == "*" }) < 2
        else {
            throw ServiceError(
                .invalid, "Invalid extract destination URI '\(uri)'. Must be a valid Google Storage path.")
        }
        // Such names would escape the bucket's folder.
        guard parts[1].split(separator: "/").allSatisfy({ $0 != "." && $0 != ".." }) else {
            throw ServiceError(.invalid, "The emulator does not write to '\(uri)'")
        }
        let compression = compression?.uppercased() ?? "NONE"
        guard compression == "NONE" || format.compressions.contains(compression) else {
            throw ServiceError(.invalid, "Compression \(compression) is not supported for format \(format.rawValue).")
        }
        self.uri = uri
        bucket = parts[0]
        let halves = parts[1].split(separator: "*", omittingEmptySubsequences: false).map(String.init)
        prefix = halves[0]
        suffix = halves.count > 1 ? halves[1] : nil
        self.format = format
        isGzip = compression == "GZIP"
    }

    /// Sets the field delimiter of CSV files.
    mutating func setDelimiter(_ text: String) throws(ServiceError) {
        guard format == .csv else { throw ServiceError(.invalid, "Only exports to CSV may specify a field delimiter.") }
        delimiter = text == "\\t" || text == "tab" ? "\t" : text
        guard delimiter.utf8.count == 1 else { throw ServiceError(.invalid, "Invalid field delimiter: \(text)") }
    }

    /// The object name of a file, numbered from 0.
    func objectName(_ number: Int) -> String {
        guard let suffix else { return prefix }
        let digits = String(number)
        return prefix + String(repeating: "0", count: max(0, Self.digitCount - digits.count)) + digits + suffix
    }

    private static let digitCount = 12
}
