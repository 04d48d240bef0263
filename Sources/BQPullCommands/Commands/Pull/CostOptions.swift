import ArgumentParser
import BigQueryPull
import Foundation

/// The cost limits of a query: the options of every command that runs one.
struct CostOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Reject the query if more than this would be billed; BigQuery enforces the limit. For example 50GB. Default: BQPULL_MAX_BYTES_BILLED, else the limit of the profile, else none.",
            valueName: "size"))
    var maxBytesBilled: ByteCount?

    @Option(
        help: ArgumentHelp(
            "Ask before running a query that processes more than this; without a terminal, such a query needs --yes. Default: BQPULL_CONFIRM_ABOVE, else the threshold of the profile, else 100GB.",
            valueName: "size"))
    var confirmAbove: ByteCount?

    @Flag(name: [.short, .long], help: "Run without asking, however much the query processes.")
    var yes = false

    /// The default confirmation threshold: about half a dollar on demand.
    static let defaultThreshold = ByteCount(100_000_000_000)

    /// Whether any option is given.
    var isGiven: Bool { maxBytesBilled != nil || confirmAbove != nil || yes }

    /// Checks whether the query would run without further options or a confirmation.
    ///
    /// - Parameters:
    ///   - estimate: The estimate of a dry run.
    ///   - limit: The maximum number of bytes billed; `nil` without a limit.
    ///   - settings: The source of the threshold without an option.
    /// - Returns: Why it would not run; `nil` if it would.
    /// - Throws: ``CommandError`` for an invalid threshold.
    func verdict(_ estimate: QueryEstimate, limit: Int64?, _ settings: Settings) throws -> String? {
        guard let bytes = estimate.bytesProcessed else { return nil }
        if let limit, bytes > limit { return "BigQuery would reject it: the limit is \(Readable.bytes(limit))" }
        let threshold = try settings.value(.confirmAbove, option: confirmAbove) ?? Self.defaultThreshold
        guard bytes > threshold.bytes, !yes else { return nil }
        return
            "it would need a confirmation or --yes: it is more than \(Readable.bytes(Int64(threshold.bytes)))"
    }

    /// Shows how much the query will process and the approximate cost, and asks for confirmation above the threshold.
    ///
    /// - Parameters:
    ///   - estimate: The estimate of a dry run.
    ///   - limit: The maximum number of bytes billed. A query above it is left to BigQuery to reject.
    ///   - settings: The source of the threshold without an option.
    ///   - display: The display that pauses for the question; `nil` if nothing is to be shown.
    /// - Throws: ``CommandError`` if the query is not confirmed, or `CancellationError`.
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
            .notConfirmed, "\(text), more than \(Readable.bytes(Int64(threshold.bytes)))",
            hint:
                "add --yes to run it anyway, or select fewer columns and partitions; --confirm-above and bqpull config change the threshold"
        )
        guard let display, Confirmation.isPossible else { throw refusal }
        guard try await Confirmation.ask("run it?", about: text, display) else {
            throw CommandError(
                .notConfirmed, "the query was not run",
                hint: "nothing is billed; bqpull query --dry-run shows what it would process")
        }
    }
}
