import ArgumentParser
import BigQueryPull
import Foundation

/// What a query may cost: the options of every command that runs one.
struct CostOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Refuse to run if more than this would be billed; BigQuery itself keeps the limit. For example 50GB. Default: BQPULL_MAX_BYTES_BILLED, else that of the profile, else no limit.",
            valueName: "size"))
    var maxBytesBilled: ByteCount?

    @Option(
        help: ArgumentHelp(
            "Ask before a query that processes more than this; without a terminal it needs --yes. Default: BQPULL_CONFIRM_ABOVE, else that of the profile, else 100GB.",
            valueName: "size"))
    var confirmAbove: ByteCount?

    @Flag(name: [.short, .long], help: "Run without asking, whatever the query processes.")
    var yes = false

    /// Above what a query is asked about if nothing else was said: what costs about half a dollar on demand.
    static let defaultThreshold = ByteCount(100_000_000_000)

    /// Whether any of them was given.
    var isGiven: Bool { maxBytesBilled != nil || confirmAbove != nil || yes }

    /// What would become of a query that processes so much; `nil` if it would simply run.
    func verdict(_ estimate: QueryEstimate, limit: Int64?, _ settings: Settings) throws -> String? {
        guard let bytes = estimate.bytesProcessed else { return nil }
        if let limit, bytes > limit { return "BigQuery would refuse it: the limit is \(Readable.bytes(limit))" }
        let threshold = try settings.value(.confirmAbove, option: confirmAbove) ?? Self.defaultThreshold
        guard bytes > threshold.bytes, !yes else { return nil }
        return
            "it would have to be confirmed, or take --yes: that is more than \(Readable.bytes(Int64(threshold.bytes)))"
    }

    /// Shows what the query will process and about what that costs, and asks about a large one.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that may be billed; what is above it is left to BigQuery to refuse.
    ///   - display: what is shown while the query is planned; `nil` if nothing may be shown.
    /// - Throws: ``CommandError`` if nobody agrees, or `CancellationError`.
    func allow(
        _ estimate: QueryEstimate, limit: Int64?, _ settings: Settings, _ display: ProgressDisplay?
    ) async throws {
        guard let bytes = estimate.bytesProcessed else { return }
        let threshold = try settings.value(.confirmAbove, option: confirmAbove) ?? Self.defaultThreshold
        let text = "the query will process \(CostText.text(bytes))"
        guard bytes > threshold.bytes, bytes <= limit ?? .max, !yes else {
            if display != nil { Diagnostics.info(text, EstimateReport(estimate)) }
            return
        }
        let refusal = CommandError(
            identifier: "notConfirmed", message: "\(text), more than \(Readable.bytes(Int64(threshold.bytes)))",
            exitStatus: .usage,
            hint:
                "add --yes to run it all the same, or select fewer columns and partitions; --confirm-above and bqpull config change the limit"
        )
        guard let display, Confirmation.isPossible else { throw refusal }
        guard try await Confirmation.ask("run it?", about: text, display) else {
            throw CommandError(
                identifier: "notConfirmed", message: "the query was not run", exitStatus: .usage,
                hint: "nothing is billed; bqpull query --dry-run shows what it would process")
        }
    }
}
