import BigQueryPull
import Foundation
import TextSupport

/// The text of a pull report.
enum ReportText {
    static func text(_ report: PullReport) -> String {
        var lines = [
            "\(Readable.rows(report.rowsCopied)) \(place(report)) in \(Readable.duration(report.copyDuration))"
        ]
        if report.alreadyPublished == true {
            let time = report.publishedAt.map { " at \(Readable.time($0))" } ?? ""
            lines.append("  already published\(time); the process exited before its report was complete")
        }
        lines += published(report)
        for dropped in [report.droppedRun].compactMap(\.self) + report.supersededRuns {
            lines.append("  dropped   \(text(dropped))")
        }
        if let continued = report.rowsContinued, continued > 0 {
            lines.append("  continued \(Readable.rows(continued)) were staged before the interruption")
        }
        if let count = report.rowsWithoutWatermark, count > 0 {
            lines.append("  skipped   \(Readable.rows(count)) with NULL in the incremental column")
        }
        // A recorded run has no durations.
        if report.alreadyPublished != true { lines += cost(report) }
        if report.retries > 0 { lines.append("  retries   \(report.retries)") }
        if let job = report.jobID {
            let name = "\(report.project):\(report.location.map { "\($0)." } ?? "")\(job)"
            lines.append("  job       \(printable(name))")
        }
        if let next = next(report) { lines.append("  next      \(next)") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The rows that the publication changed, and their load.
    private static func published(_ report: PullReport) -> [String] {
        var lines: [String] = []
        if let rows = report.publishedRows { lines.append("  rows      \(PublishedRowsText.text(rows))") }
        lines += (report.load.map(LoadText.lines) ?? []).map { label, text in
            "  \(label.padding(toLength: 10, withPad: " ", startingAt: 0))\(text)"
        }
        if !report.resetLoads.isEmpty {
            let names = report.resetLoads.map { printable($0, limit: 200) }.joined(separator: ", ")
            lines.append("  reset     the table is new, so the marks of other loads into it are gone: \(names)")
        }
        if let count = report.nullRowsCopied, count > 0 {
            lines.append("  nulls     \(Readable.rows(count)) with NULL in the incremental column")
        }
        return lines
    }

    private static func cost(_ report: PullReport) -> [String] {
        let transfer = max(.milliseconds(1), report.copyDuration - report.queryDuration)
        let rate = (Double(report.rowsCopied) - Double(report.rowsContinued ?? 0)) / (transfer / .seconds(1))
        var lines: [String] = []
        if let table = report.sourceTable {
            lines.append("  read      \(printable(table, limit: 300)), without a query, free of charge")
        } else {
            lines.append("  query     \(query(report))")
        }
        lines.append(
            "  transfer  \(Readable.duration(transfer)), \(Readable.count(Int64(saturating: rate))) rows/s, "
                + "\(Readable.bytes(report.dataRead)) read (inflated \(Readable.bytes(report.dataInflated))) in "
                + "\(report.pages) \(report.pages == 1 ? "page" : "pages")"
        )
        return lines
    }

    private static func text(_ run: DroppedRun) -> String {
        let cost = run.bytesBilled.map { "; \(Readable.bytes($0)) were billed for it" } ?? ""
        return "the interrupted run of \(Readable.time(run.startedAt)), \(Readable.rows(run.rows))\(cost)"
    }

    /// A command that shows the rows.
    private static func next(_ report: PullReport) -> String? {
        guard let table = report.table, let file = report.file else { return nil }
        let name =
            table.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) == nil ? "\"\(table.replacing("\"", with: "\"\""))\"" : table
        return "sqlite3 \(shellWord(file)) \(shellWord("SELECT * FROM \(name) LIMIT 10"))"
    }

    private static func query(_ report: PullReport) -> String {
        var query = ["\(Readable.duration(report.queryDuration))"]
        if report.cacheHit == true { query.append("from the cache") }
        if let bytes = report.bytesProcessed { query.append("\(Readable.bytes(bytes)) processed") }
        if let bytes = report.bytesBilled { query.append("\(Readable.bytes(bytes)) billed") }
        return query.joined(separator: ", ")
    }

    private static func place(_ report: PullReport) -> String {
        guard let table = report.table, let file = report.file else { return "written" }
        return "staged in table \(printable(table, limit: .max)) of \(printable(file, limit: .max))"
    }
}
