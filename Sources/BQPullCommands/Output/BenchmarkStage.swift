import BigQueryPull

/// What a page goes through, in order.
enum BenchmarkStage: CaseIterable {
    case firstByte, transfer, inflate, decode, waitForWriter, insert, commit

    /// The name in tables and plots.
    var name: String {
        switch self {
        case .firstByte: "first byte"
        case .transfer: "transfer"
        case .inflate: "inflate"
        case .decode: "decode"
        case .waitForWriter: "wait for writer"
        case .insert: "insert"
        case .commit: "commit"
        }
    }

    /// What it took, in seconds.
    func seconds(_ durations: PullDurations) -> Double {
        switch self {
        case .firstByte: durations.timeToFirstByte
        case .transfer: durations.transfer
        case .inflate: durations.inflate
        case .decode: durations.decode
        case .waitForWriter: durations.waitForWriter
        case .insert: durations.insert
        case .commit: durations.commit
        }
    }
}
