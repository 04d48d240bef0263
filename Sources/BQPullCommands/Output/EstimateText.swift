import BigQueryPull
import BigQueryRows
import Foundation
import TextSupport

/// The text of a dry run.
enum EstimateText {
    /// The estimate, one value per line.
    ///
    /// - Parameters:
    ///   - estimate: The estimate of the dry run.
    ///   - verdict: Why the query would not simply run.
    /// - Returns: The lines.
    static func text(_ estimate: QueryEstimate, verdict: String?) -> String {
        var lines = ["dry run: the query is not run, and nothing is billed"]
        func line(_ name: String, _ value: String) {
            lines.append("  \(name.padding(toLength: 10, withPad: " ", startingAt: 0))\(value)")
        }
        line("processes", estimate.bytesProcessed.map(CostText.text) ?? "unknown")
        if let verdict { line("but", verdict) }
        line("project", printable(estimate.project))
        if let location = estimate.location { line("location", printable(location)) }
        if let load = estimate.load {
            for (label, text) in LoadText.lines(load) { line(label, text) }
        }
        if let schema = estimate.schema, !schema.fields.isEmpty {
            lines += ["", "columns"] + SchemaTree.lines(schema).map { "  \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// The JSON of a dry run. The member names are stable.
struct EstimateReport: Encodable {
    var project: String
    var location: String?
    var bytesProcessed: Int64?
    /// On demand.
    var approximateCostUSD: Double?
    var schema: TableSchema?
    var load: LoadReport?

    init(_ estimate: QueryEstimate) {
        project = estimate.project
        location = estimate.location
        bytesProcessed = estimate.bytesProcessed
        approximateCostUSD = estimate.bytesProcessed.map(CostText.dollars)
        schema = estimate.schema
        load = estimate.load
    }
}

/// The on-demand cost of a query.
enum CostText {
    /// US dollars per tebibyte on demand in the US, where the first one of a month is free
    /// (https://cloud.google.com/bigquery/pricing). Other regions cost up to half more; editions are billed by time.
    private static let dollarsPerTebibyte = 6.25

    /// The bytes and their approximate cost.
    static func text(_ bytes: Int64) -> String {
        guard bytes > 0 else { return "0 B, free of charge" }
        return "\(Readable.bytes(bytes)), \(Readable.dollars(dollars(bytes))) on demand"
    }

    /// US dollars, ignoring the free tier.
    static func dollars(_ bytes: Int64) -> Double {
        Double(bytes) / 0x1p40 * dollarsPerTebibyte
    }
}
