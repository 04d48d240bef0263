/// The factor that limits the throughput of a pull.
package enum LimitingFactor: String, Sendable, Encodable, CaseIterable {
    /// The latency of BigQuery.
    case service
    /// The bandwidth of the network.
    case network
    /// Inflating and decoding, on the processors of this machine.
    case decode
    /// The staging database: SQLite and the disk.
    case disk

    /// The share of the elapsed time from which the writer is the limit.
    private static let busyWriter = 0.7
    /// The share of the time of all processors from which they are the limit.
    private static let busyProcessors = 0.8

    /// Finds the factor from the durations of a pull, its elapsed time and the number of processors it can use.
    ///
    /// The single writer is compared with the elapsed time. The parallel fetchers are limited by their longest step,
    /// unless the processors are busy: a page that waits for a processor seems to wait for the network.
    init(_ durations: PullDurations, elapsed: Duration, processors: Int) {
        let decoding = durations.inflate + durations.decode
        let writing = durations.insert + durations.commit
        if writing > .zero, writing >= elapsed * Self.busyWriter {
            self = .disk
        } else if decoding > .zero, decoding + writing >= elapsed * (Self.busyProcessors * Double(processors)) {
            self = decoding >= writing ? .decode : .disk
        } else if durations.timeToFirstByte >= max(durations.transfer, decoding) {
            self = .service
        } else {
            self = durations.transfer >= decoding ? .network : .decode
        }
    }
}
