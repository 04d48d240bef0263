import Foundation

/// Exports rows to files in the folders of buckets.
struct Exporter: Sendable {
    /// The number of files and rows written.
    struct Outcome: Sendable {
        var files: Int
        var rows: Int64
    }

    /// The folder of each bucket, by bucket name.
    let buckets: [String: String]

    /// The number of rows per file of a sharded export. The service decides by size, without a guarantee.
    static let rowsPerFile: Int64 = 10_000
    /// BigQuery's size limit of an export to a single file.
    private static let fileByteLimit: Int64 = 1 << 30

    /// Checks that each bucket's folder exists.
    static func check(_ buckets: [String: String]) throws(EmulatorError) {
        for (bucket, folder) in buckets.sorted(by: { $0.key < $1.key }) {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
                throw EmulatorError(
                    code: .unreadableFile, message: "\(folder): not a folder; cannot be used as bucket \(bucket)")
            }
        }
    }

    /// Writes all rows. Each file is written atomically.
    func write(_ rows: any RowSource, to target: ExportTarget) async throws -> Outcome {
        let folder = try folder(target)
        try check(rows, target)
        if !target.replaces, hasFiles(target, in: folder) {
            throw ServiceError(.invalid, "Export destination \(target.uri) is not empty. Use option overwrite=true.")
        }
        var outcome = Outcome(files: 0, rows: 0)
        repeat {
            let limit = target.suffix == nil ? Int64.max : Self.rowsPerFile
            let page = RowCollector(
                encoder: encoder(rows.fields, target), rowLimit: limit, byteLimit: .max)
            let filled = try await rows.fill(page, from: outcome.rows)
            try Task.checkCancellation()
            let count = Int64(filled.rowCount)
            try write(filled.finish(), to: folder.appending(path: target.objectName(outcome.files)), target)
            outcome.files += 1
            outcome.rows += count
        } while outcome.rows < rows.rowCount
        return outcome
    }

    private func folder(_ target: ExportTarget) throws -> URL {
        guard let path = buckets[target.bucket] else { throw ServiceError.notFound("URI \(target.uri)") }
        return URL(filePath: path, directoryHint: .isDirectory)
    }

    private func check(_ rows: any RowSource, _ target: ExportTarget) throws {
        switch target.format {
        case .avro, .parquet:
            throw ServiceError(
                .notImplemented,
                "The request is valid, but the emulator does not write \(target.format.rawValue) files, "
                    + "only CSV and JSON")
        case .csv:
            if let nested = rows.fields.first(where: { $0.mode == .repeated || $0.type == .structure }) {
                throw ServiceError(
                    .invalid, "Operation cannot be performed on a nested schema. Field: \(nested.name)")
            }
        case .json: break
        }
        guard target.suffix != nil || rows.logicalBytes <= Self.fileByteLimit else {
            throw ServiceError(
                .invalid,
                "Table \(target.uri) too large to be exported to a single file. Specify a uri including a * to shard "
                    + "export.")
        }
    }

    /// Whether files with the target's prefix exist.
    private func hasFiles(_ target: ExportTarget, in folder: URL) -> Bool {
        // A folder that does not exist yet has no files.
        let names = try? FileManager.default.subpathsOfDirectory(atPath: folder.path)
        return names?.contains { name in
            var isFolder: ObjCBool = false
            return name.hasPrefix(target.prefix)
                && FileManager.default.fileExists(atPath: folder.appending(path: name).path, isDirectory: &isFolder)
                && !isFolder.boolValue
        } ?? false
    }

    private func encoder(_ fields: [SchemaField], _ target: ExportTarget) -> any RowEncoding {
        guard target.format == .csv else { return JSONLinesExportEncoder(fields: fields) }
        return CSVExportEncoder(fields: fields, delimiter: target.delimiter, hasHeader: target.hasHeader)
    }

    private func write(_ bytes: [UInt8], to file: URL, _ target: ExportTarget) throws {
        var content = bytes
        if target.isGzip {
            let gzip = try GzipWriter()
            content = try Array(gzip.compress(bytes[...]) + gzip.finish())
        }
        do {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content).write(to: file, options: .atomic)
        } catch {
            throw ServiceError(
                .accessDenied, "Access Denied: BigQuery BigQuery: Permission denied while writing data.")
        }
    }
}

/// The row source of a statement without a result.
struct EmptyRows: RowSource {
    var identity: String { "none" }
    var fields: [SchemaField] { [] }
    var rowCount: Int64 { 0 }
    var logicalBytes: Int64 { 0 }

    func fill(_ page: RowCollector, from start: Int64) async throws -> RowCollector { page }
}
