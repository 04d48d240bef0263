import BigQuery
import BigQueryRows
import Foundation
import TextSupport

/// The text of a table description.
enum TableText {
    static func text(_ table: Table) -> String {
        var lines = [printable(table.reference.description, limit: .max)]
        func line(_ name: String, _ value: String?) {
            if let value { lines.append("  \(name.padding(toLength: 12, withPad: " ", startingAt: 0))\(value)") }
        }
        line("type", printable(table.kind.name))
        // The service reports 0 rows for a view.
        if table.kind != .view {
            line("rows", rows(table))
            line("size", table.byteCount.map(size))
        }
        line("location", table.location.map { printable($0) })
        line("partitions", partitions(table))
        let clustering = table.clusteringFields.map { printable($0) }.joined(separator: ", ")
        line("clustering", clustering.isEmpty ? nil : clustering)
        line("created", table.created.map(time))
        line("modified", table.modified.map(time))
        line("expires", table.expires.map(time))
        line("description", table.description.map { printable($0, limit: 2_000) })
        if !table.schema.fields.isEmpty { lines += ["", "columns"] + SchemaTree.lines(table.schema).map { "  \($0)" } }
        if let view = table.view {
            lines += ["", view.useLegacySQL ? "query (legacy SQL)" : "query"]
            lines += view.query.split(whereSeparator: \.isNewline).map { "  \(printable(String($0), limit: .max))" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func rows(_ table: Table) -> String? {
        let buffered = "rows in the streaming buffer"
        guard let count = table.rowCount else { return table.hasStreamingBuffer ? buffered : nil }
        return Readable.count(count) + (table.hasStreamingBuffer ? " and \(buffered)" : "")
    }

    private static func size(_ bytes: Int64) -> String {
        bytes < 1000 ? Readable.bytes(bytes) : "\(Readable.bytes(bytes)) (\(Readable.count(bytes)) bytes)"
    }

    private static func partitions(_ table: Table) -> String? {
        var parts: [String] = []
        if let time = table.timePartitioning {
            parts.append("\(printable(time.type)) on \(time.field.map { printable($0) } ?? "ingestion time")")
            if let expiration = time.expiration { parts.append("kept for \(duration(expiration))") }
        }
        if let range = table.rangePartitioning {
            parts.append(
                "\(printable(range.field)) from \(range.start) to \(range.end) (exclusive) in steps of \(range.interval)"
            )
        }
        if table.requiresPartitionFilter { parts.append("queries must filter on it") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private static func duration(_ duration: Duration) -> String {
        let (days, rest) = duration.components.seconds.quotientAndRemainder(dividingBy: 86_400)
        guard rest == 0 else { return Readable.duration(duration) }
        return days == 1 ? "1 day" : "\(Readable.count(days)) days"
    }

    private static func time(_ date: Date) -> String { date.formatted(.iso8601) }
}
