public import BigQueryRows
import TextSupport

/// The files that an export writes: their names in Cloud Storage, their form and their compression.
public struct ExportDestination: Sendable, Hashable {
    /// `gs://bucket/name`, in which one `*` stands for the number of the file, for example `000000000000`.
    public let uri: String
    /// The form of the files.
    public let format: ExportFormat
    /// Their compression.
    public let compression: ExportCompression

    /// Makes a destination.
    ///
    /// - Parameters:
    ///   - uri: `gs://bucket/name` with at most one `*`, which must not be in the bucket.
    ///   - format: `nil` takes the one that the name's ending stands for, with or without `.gz` behind it.
    ///   - compression: `nil` takes gzip for a name that ends with `.gz`, else none.
    /// - Throws: ``BigQueryError`` with code `invalidRequest` for what BigQuery would refuse, and for names that say
    ///   that the files are something else.
    public init(uri: String, format: ExportFormat? = nil, compression: ExportCompression? = nil) throws(BigQueryError) {
        let name = String(try Self.objectName(uri))
        let parts = name.split(separator: "/").last?.split(separator: ".").dropFirst() ?? []
        let isGzip = parts.last?.lowercased() == "gz"
        let ending = (isGzip ? parts.dropLast() : parts).last.map(String.init) ?? ""
        let told = ExportFormat(ending: ending)
        guard let format = format ?? told else {
            throw Self.invalid(
                "the name \(printable(name, limit: 200)) does not tell the form of the files",
                hint: "end it with .parquet, .avro, .csv or .jsonl, or give --format")
        }
        guard told == nil || told == format else {
            throw Self.invalid(
                "the name ends with .\(printable(ending, limit: 20)), but the format is \(format.rawValue)",
                hint: "leave --format out, or end the name with .\(format.rawValue)")
        }
        let compression = compression ?? (isGzip ? .gzip : .none)
        guard format.compressions.contains(compression) else {
            throw Self.invalid(
                "BigQuery does not compress \(format.rawValue) files with \(compression.rawValue)",
                hint: "take one of \(format.compressions.map(\.rawValue).joined(separator: ", "))")
        }
        guard !isGzip || compression == .gzip else {
            throw Self.invalid(
                "the name ends with .gz, but the compression is \(compression.rawValue)",
                hint: "leave --compression or .gz out")
        }
        self.uri = uri
        self.format = format
        self.compression = compression
    }

    /// Whether there may be more than one file.
    public var hasWildcard: Bool { uri.contains("*") }

    /// Refuses columns that the files cannot hold.
    ///
    /// - Throws: ``BigQueryError`` with code `invalidRequest` for a STRUCT or an ARRAY in CSV.
    public func require(_ schema: TableSchema) throws(BigQueryError) {
        guard format == .csv,
            let nested = schema.fields.first(where: { $0.mode == .repeated || !$0.fields.isEmpty })
        else { return }
        let kind = nested.mode == .repeated ? "an ARRAY" : "a STRUCT"
        throw Self.invalid(
            "the column \(printable(nested.name)) is \(kind), which CSV files cannot hold",
            hint: "export to .jsonl, .avro or .parquet, or leave the column out")
    }

    /// The name behind the bucket.
    private static func objectName(_ uri: String) throws(BigQueryError) -> Substring {
        let example = "name the files like gs://bucket/prefix-*.parquet"
        let shown = printable(uri, limit: 200)
        guard uri.hasPrefix("gs://") else {
            throw invalid("\(shown) is not in Cloud Storage, the only place to which BigQuery exports", hint: example)
        }
        let parts = uri.dropFirst("gs://".count).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, isBucket(parts[0]), !parts[1].isEmpty, !parts[1].hasSuffix("/"),
            !parts[1].unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw invalid("\(shown) is not the name of files in a bucket", hint: example) }
        guard parts[1].count(where: { $0 == "*" }) <= 1 else {
            throw invalid("\(shown) has more than one *", hint: "one * stands for the number of the file")
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

    static func invalid(_ message: String, hint: String) -> BigQueryError {
        BigQueryError(code: .invalidRequest, message: message, hint: hint)
    }
}
