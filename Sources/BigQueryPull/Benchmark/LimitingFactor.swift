/// What a pull cannot be faster than.
public enum LimitingFactor: String, Sendable, Codable, CaseIterable {
    /// BigQuery, which is waited for.
    case service
    /// The way from there, over which pages come.
    case network
    /// The processors of this machine, which inflate and decode.
    case decode
    /// The staging database: SQLite and the disk.
    case disk

    /// The share of the time that passed from which on the one writer is what limits.
    private static let busyWriter = 0.7
    /// The share of what all processors can do from which on they are what limits.
    private static let busyProcessors = 0.8

    /// Judges by where the time of a pull went.
    ///
    /// There is one writer, so that its time is a part of the time that passed. Fetchers are many: what limits them is
    /// what takes most of their time, unless the processors are busy, since pages that wait for a processor seem to wait
    /// for the network.
    ///
    /// - Parameters:
    ///   - seconds: the time that passed.
    ///   - processors: those that the process may use.
    init(_ durations: PullDurations, seconds: Double, processors: Int) {
        let decoding = durations.inflate + durations.decode
        let writing = durations.insert + durations.commit
        if writing > 0, writing >= Self.busyWriter * seconds {
            self = .disk
        } else if decoding > 0, decoding + writing >= Self.busyProcessors * seconds * Double(processors) {
            self = decoding >= writing ? .decode : .disk
        } else if durations.timeToFirstByte >= max(durations.transfer, decoding) {
            self = .service
        } else {
            self = durations.transfer >= decoding ? .network : .decode
        }
    }
}
