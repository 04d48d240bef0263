package import BigQueryRows
import TextSupport

/// The files of an export: their names in Cloud Storage, format and compression.
///
/// ```swift
/// import BigQuery
///
/// func destination() throws -> ExportDestination {
///     try ExportDestination(uri: "gs://my-bucket/orders-*.parquet", compression: .zstd)
/// }
/// ```
public struct ExportDestination: Sendable, Hashable {
    /// `gs://bucket/name`, with at most one `*` for the number of the file, such as `000000000000`.
    public let uri: String
    /// The format of the files.
    public let format: ExportFormat
    /// The compression of the files.
    public let compression: ExportCompression

    /// Creates a destination.
    ///
    /// - Parameters:
    ///   - uri: `gs://bucket/name` with at most one `*`, which must not be in the bucket.
    ///   - format: the format; `nil` for that of the name's extension, which `.gz` can follow.
    ///   - compression: the compression; `nil` for gzip if the name ends in `.gz`, otherwise none.
    /// - Throws: ``BigQueryError`` with code `invalidRequest` if BigQuery would reject the destination, or if the name
    ///   implies another format or compression.
    public init(uri: String, format: ExportFormat? = nil, compression: ExportCompression? = nil) throws(BigQueryError) {
        let name = String(try Self.objectName(uri))
        let parts = name.split(separator: "/").last?.split(separator: ".").dropFirst() ?? []
        let isGzip = parts.last?.lowercased() == "gz"
        let ending = (isGzip ? parts.dropLast() : parts).last.map(String.init) ?? ""
        let implied = ExportFormat(ending: ending)
        guard let format = format ?? implied else {
            throw Self.invalid(
                "the name \(printable(name, limit: 200)) does not identify the format of the files",
                .unknownExportFormat)
        }
        guard implied == nil || implied == format else {
            throw Self.invalid(
                "the name ends with .\(printable(ending, limit: 20)), but the format is \(format.rawValue)",
                .exportFormatMismatch(format))
        }
        let compression = compression ?? (isGzip ? .gzip : .none)
        guard format.compressions.contains(compression) else {
            let supported = format.compressions.map(\.rawValue).joined(separator: ", ")
            throw Self.invalid(
                "BigQuery does not compress \(format.rawValue) files with \(compression.rawValue); supported: \(supported)"
            )
        }
        guard !isGzip || compression == .gzip else {
            throw Self.invalid(
                "the name ends with .gz, but the compression is \(compression.rawValue)",
                .exportCompressionMismatch)
        }
        self.uri = uri
        self.format = format
        self.compression = compression
    }

    /// Whether the export can write several files.
    package var hasWildcard: Bool { uri.contains("*") }

    /// Rejects columns that the format cannot represent.
    ///
    /// - Throws: ``BigQueryError`` with code `invalidRequest` for a STRUCT or an ARRAY in CSV.
    package func require(_ schema: TableSchema) throws(BigQueryError) {
        guard format == .csv,
            let nested = schema.fields.first(where: { $0.mode == .repeated || !$0.fields.isEmpty })
        else { return }
        let kind = nested.mode == .repeated ? "an ARRAY" : "a STRUCT"
        throw Self.invalid(
            "the column \(printable(nested.name)) is \(kind), which CSV cannot represent", .notExportableColumn)
    }

    /// The part of a URI after the bucket.
    private static func objectName(_ uri: String) throws(BigQueryError) -> Substring {
        let shown = printable(uri, limit: 200)
        guard uri.hasPrefix("gs://") else {
            throw invalid("\(shown) is not a URI of Cloud Storage", .invalidExportURI(.parquet))
        }
        let parts = uri.dropFirst("gs://".count).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, isBucket(parts[0]), !parts[1].isEmpty, !parts[1].hasSuffix("/"),
            !parts[1].unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw invalid("\(shown) does not name files in a bucket", .invalidExportURI(.parquet)) }
        guard parts[1].count(where: { $0 == "*" }) <= 1 else {
            throw invalid("\(shown) has more than one *", .invalidExportURI(.parquet))
        }
        return parts[1]
    }

    /// Source: "Bucket names" in the documentation of Cloud Storage.
    private static func isBucket(_ name: Substring) -> Bool {
        (3...222).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_.".utf8.contains(byte)
            }
    }

    static func invalid(_ message: String, _ detail: BigQueryError.Detail? = nil) -> BigQueryError {
        BigQueryError(code: .invalidRequest, message: message, detail: detail)
    }
}
