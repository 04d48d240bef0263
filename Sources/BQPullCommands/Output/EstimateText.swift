import BigQueryPull
import BigQueryRows
import Foundation
import TextSupport

/// What a dry run told, for people.
enum EstimateText {
    /// - Parameter verdict: what would become of the query, if it would not simply run.
    static func text(_ estimate: QueryEstimate, verdict: String?) -> String {
        var lines = ["not run: a dry run, which costs nothing"]
        func line(_ name: String, _ value: String) {
            lines.append("  \(name.padding(toLength: 10, withPad: " ", startingAt: 0))\(value)")
        }
        line("processes", estimate.bytesProcessed.map(CostText.text) ?? "not known: the service does not say")
        if let verdict { line("but", verdict) }
        line("project", printable(estimate.project))
        if let location = estimate.location { line("location", printable(location)) }
        if let schema = estimate.schema, !schema.fields.isEmpty {
            lines += ["", "columns"] + SchemaTree.lines(schema).map { "  \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// What a dry run told, as JSON. The names do not change between versions.
struct EstimateReport: Encodable {
    var project: String
    var location: String?
    var bytesProcessed: Int64?
    /// On demand, about.
    var approximateCostUSD: Double?
    var schema: TableSchema?

    init(_ estimate: QueryEstimate) {
        project = estimate.project
        location = estimate.location
        bytesProcessed = estimate.bytesProcessed
        approximateCostUSD = estimate.bytesProcessed.map(CostText.dollars)
        schema = estimate.schema
    }
}
