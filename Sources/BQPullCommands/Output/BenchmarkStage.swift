import BigQueryPull

/// The stages of a page, in order.
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

    /// The time spent in the stage, in seconds.
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
