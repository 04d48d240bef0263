import BigQueryPull
import SQLiteStaging
import TextSupport

/// The text of a load: the rows that one of its runs reads, and its mark.
enum LoadText {
    /// `orders: changed_at since 2024-02-01 until 2024-03-01; mark 2024-01-31 → 2024-02-29`
    static func line(_ load: LoadReport) -> String {
        guard let column = load.column else { return name(load.name) }
        return "\(range(load.name, column, since: load.since, until: load.until)); \(mark(load))"
    }

    /// `orders: changed_at since 2024-02-01 until 2024-03-01`
    static func line(_ load: LoadIntent) -> String {
        guard let range = load.range else { return name(load.name) }
        return self.range(
            load.name, range.column, since: range.lowerBound?.text, until: range.upperBound?.text)
    }

    /// The lines of a report about a load, each with its label.
    static func lines(_ load: LoadReport) -> [(label: String, text: String)] {
        var lines = [(label: "load", text: line(load))]
        if load.leavesGap, let since = load.since {
            let text =
                load.mark.map { "rows from \(value($0)) to \(value(since)) were not pulled, so the mark stays" }
                ?? "rows below \(value(since)) were not pulled, so there is still no mark"
            lines.append(("gap", text))
        }
        if load.queryChanged { lines.append(("changed", "the query is not that of the load's latest run")) }
        return lines
    }

    /// Writes the rows that a query is about to read, with `--verbose`.
    static func debug(_ estimate: QueryEstimate, _ connection: ConnectionOptions) {
        guard connection.verbose, let load = estimate.load else { return }
        Diagnostics.debug("load \(line(load))")
    }

    private static func range(_ load: String, _ column: String, since: String?, until: String?) -> String {
        let lower = since.map { "since \(value($0))" } ?? "from the beginning"
        let upper = until.map { " until \(value($0))" } ?? ""
        return "\(name(load)): \(name(column)) \(lower)\(upper)"
    }

    private static func mark(_ load: LoadReport) -> String {
        guard let mark = load.mark ?? load.previousMark else { return "no mark" }
        guard let previous = load.previousMark, previous != mark else { return "mark \(value(mark))" }
        return "mark \(value(previous)) → \(value(mark))"
    }

    private static func name(_ text: String) -> String { printable(text, limit: 200) }

    private static func value(_ text: String) -> String { printable(text, limit: 100) }
}

/// The text of the rows that a publication changed.
enum PublishedRowsText {
    /// `3 inserted, 2 updated, 100 in the table`: all counts above zero, and always the first and the last.
    static func text(_ rows: PublishedRows) -> String {
        let counts = [
            (rows.updated, "updated"), (rows.unchanged, "unchanged"), (rows.deleted, "deleted"),
            (rows.outdated, "outdated"),
        ]
        let others = counts.filter { $0.0 > 0 }.map { "\(Readable.count($0.0)) \($0.1)" }
        return (["\(Readable.count(rows.inserted)) inserted"] + others + ["\(Readable.count(rows.total)) in the table"])
            .joined(separator: ", ")
    }
}

extension PullReport {
    /// The rows that the publication changed; `nil` if the rows went to another sink.
    var publishedRows: PublishedRows? {
        guard let rowsInserted, let rowsInTable else { return nil }
        var rows = PublishedRows()
        rows.inserted = rowsInserted
        rows.updated = rowsUpdated ?? 0
        rows.unchanged = rowsUnchanged ?? 0
        rows.deleted = rowsDeleted ?? 0
        rows.outdated = rowsOutdated ?? 0
        rows.total = rowsInTable
        return rows
    }
}
