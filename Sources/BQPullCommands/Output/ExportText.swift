import BigQuery
import BigQueryPull
import TextSupport

/// The text of an export report.
enum ExportText {
    static func text(_ report: ExportReport) -> String {
        let destination = printable(report.destination, limit: 300)
        let count = [
            report.rowsCopied.map(Readable.rows),
            report.filesWritten.map { "\(Readable.count($0)) \($0 == 1 ? "file" : "files")" },
        ].compactMap(\.self).joined(separator: " in ")
        var lines = [
            "\(count.isEmpty ? "the rows are" : count) exported to \(destination) in \(Readable.duration(report.copyDuration))",
            "  format    \(report.format.rawValue)\(report.compression == .none ? "" : ", \(report.compression.rawValue)")",
        ]
        if let table = report.sourceTable {
            let size = report.dataExported.map { " (\(Readable.bytes($0)))" } ?? ""
            lines.append("  read      \(printable(table, limit: 300))\(size), without a query, free of charge")
        } else {
            let bytes = [
                report.bytesProcessed.map { "\(Readable.bytes($0)) processed" },
                report.bytesBilled.map { "\(Readable.bytes($0)) billed" },
            ].compactMap(\.self)
            if !bytes.isEmpty { lines.append("  query     \(bytes.joined(separator: ", "))") }
        }
        if report.retries > 0 { lines.append("  retries   \(report.retries)") }
        if let job = report.jobID {
            lines.append("  job       \(report.project):\(report.location.map { "\($0)." } ?? "")\(job)")
        }
        lines.append("  next      gcloud storage ls \(shellWord(report.destination))")
        return lines.joined(separator: "\n") + "\n"
    }
}
