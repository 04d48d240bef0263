import Testing

@testable import BigQueryPull

@Suite struct LimitingFactorTests {
    /// Seconds of first byte, transfer, inflate, decode, insert and commit, in one elapsed second on two processors.
    @Test(
        arguments: [
            // One page at a time: the longest step.
            ([0.6, 0.2, 0.1, 0.1, 0, 0], .service), ([0.2, 0.6, 0.1, 0.1, 0, 0], .network),
            ([0.2, 0.2, 0.3, 0.3, 0, 0], .decode), ([0.3, 0.35, 0.2, 0.2, 0, 0], .decode),
            // Inflating counts as decoding, committing as the disk.
            ([0.1, 0.2, 0.3, 0, 0, 0], .decode), ([0.5, 0.2, 0.1, 0.2, 0.3, 0.4], .disk),
            // Many pages at a time: the single writer is compared with the elapsed time, not with the fetchers.
            ([6, 1, 0.1, 0.5, 0.5, 0.1], .service), ([6, 1, 0.1, 0.5, 0.6, 0.1], .disk),
            // Pages that wait for a processor seem to wait for the network.
            ([1, 4, 0.6, 1, 0, 0], .decode), ([1, 4, 0.5, 1, 0, 0], .network), ([1, 4, 0.3, 0.7, 0.6, 0], .decode),
            ([1, 4, 0.3, 0.3, 0.65, 0], .network),
            // Nothing measured, or all steps equal.
            ([0, 0, 0, 0, 0, 0], .service), ([0.3, 0.3, 0, 0.3, 0, 0], .service), ([0, 0.3, 0, 0.3, 0, 0], .network),
        ] as [([Double], LimitingFactor)])
    func findsTheLimit(of seconds: [Double], factor: LimitingFactor) {
        #expect(LimitingFactor(durations(seconds), elapsed: .seconds(1), processors: 2) == factor)
    }

    /// On one processor, the step that takes more of it is the limit.
    @Test(
        arguments: [([1, 1, 0.2, 0.2, 0.5, 0], .disk), ([1, 1, 0.2, 0.4, 0.5, 0], .decode)]
            as [([Double], LimitingFactor)])
    func sharesAProcessor(seconds: [Double], factor: LimitingFactor) {
        #expect(LimitingFactor(durations(seconds), elapsed: .seconds(1), processors: 1) == factor)
    }

    @Test func aStoppedClockIsNotABusyDisk() {
        #expect(LimitingFactor(PullDurations(), elapsed: .zero, processors: 1) == .service)
    }

    private func durations(_ seconds: [Double]) -> PullDurations {
        var durations = PullDurations()
        durations.timeToFirstByte = .seconds(seconds[0])
        durations.transfer = .seconds(seconds[1])
        durations.inflate = .seconds(seconds[2])
        durations.decode = .seconds(seconds[3])
        durations.insert = .seconds(seconds[4])
        durations.commit = .seconds(seconds[5])
        return durations
    }
}
