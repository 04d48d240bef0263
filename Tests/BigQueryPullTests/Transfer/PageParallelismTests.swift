import BigQueryRows
import TestSupport
import Testing

@testable import BigQueryPull

@Suite struct PageParallelismTests {
    /// A service that handles `capacity` pages concurrently; beyond that, latencies grow.
    private struct Service {
        var capacity: Double
        var jitter = 0.0
        var generator = SplitMix64(seed: 7)

        mutating func latency(inFlight: Int) -> Duration {
            let factor = max(1, Double(inFlight) / capacity) * Double.random(in: 1...1 + jitter, using: &generator)
            return .seconds(1) * factor
        }
    }

    private static func limits(after pages: Int, _ service: Service, fixed: Int? = nil) -> [Int] {
        var service = service
        var parallelism = PageParallelism(fixed: fixed)
        return (0..<pages).map { _ in
            let limit = parallelism.limit
            parallelism.arrived(PageTiming(transfer: service.latency(inFlight: limit)), isFull: true, inFlight: limit)
            return parallelism.limit
        }
    }

    @Test func startsWithTwelve() {
        #expect(PageParallelism(fixed: nil).limit == 12)
    }

    /// Regardless of how much latencies vary.
    @Test(arguments: [0, 0.3, 0.7])
    func growsWhileThroughputGrows(jitter: Double) {
        let limits = Self.limits(after: 400, Service(capacity: 1000, jitter: jitter))
        #expect(limits.last == PageParallelism.maximum)
        #expect(limits.dropFirst(200).allSatisfy { $0 >= 24 })
    }

    @Test(arguments: [2.0, 4, 8])
    func shrinksWherePagesDelayEachOther(capacity: Double) {
        let limits = Self.limits(after: 2000, Service(capacity: capacity, jitter: 0.1)).dropFirst(1000)
        // Never far below the capacity of the service, and mostly not far above.
        #expect(limits.allSatisfy { Double($0) >= capacity * 0.5 })
        #expect(limits.sorted()[limits.count / 2] <= Int(capacity * 2))
    }

    @Test(arguments: [1, 3, 32])
    func keepsAFixedValue(fixed: Int) {
        var parallelism = PageParallelism(fixed: fixed)
        for _ in 0..<100 { parallelism.arrived(PageTiming(transfer: .seconds(1)), isFull: true, inFlight: fixed) }
        parallelism.throttled(inFlight: fixed)
        #expect(parallelism.limit == fixed)
    }

    @Test func halvesOnThrottling() {
        var parallelism = PageParallelism(fixed: nil)
        parallelism.throttled(inFlight: 12)
        #expect(parallelism.limit == 6)
        // Concurrent requests count once.
        for _ in 0..<11 { parallelism.throttled(inFlight: 12) }
        #expect(parallelism.limit == 6)
        for _ in 0..<12 { parallelism.arrived(PageTiming(transfer: .seconds(9)), isFull: true, inFlight: 6) }
        #expect(parallelism.limit == 6)
        parallelism.throttled(inFlight: 6)
        #expect(parallelism.limit == 3)
    }

    @Test func neverFallsBelowOne() {
        var parallelism = PageParallelism(fixed: nil)
        for _ in 0..<20 {
            parallelism.throttled(inFlight: 1)
            parallelism.arrived(PageTiming(transfer: .seconds(1)), isFull: true, inFlight: 1)
        }
        #expect(parallelism.limit == 1)
        for _ in 0..<10 {
            parallelism.arrived(PageTiming(transfer: .seconds(1)), isFull: true, inFlight: parallelism.limit)
        }
        #expect(parallelism.limit > 1)
    }

    /// The window is full or the writer is slow, which does not depend on the service.
    @Test func ignoresPagesBelowTheLimit() {
        var parallelism = PageParallelism(fixed: nil)
        for _ in 0..<100 { parallelism.arrived(PageTiming(transfer: .seconds(1)), isFull: true, inFlight: 5) }
        #expect(parallelism.limit == 12)
    }

    /// Pages that wait to be read were requested too early, unless the service takes longer.
    @Test(arguments: [(held: 3, limit: 3), (held: 1, limit: 15)])
    func shrinksForASlowWriter(held: Int, limit: Int) {
        var parallelism = PageParallelism(fixed: nil)
        for _ in 0..<12 {
            parallelism.arrived(
                PageTiming(held: .seconds(held), transfer: .seconds(2)), isFull: true, inFlight: parallelism.limit)
        }
        #expect(parallelism.limit == limit)
    }
}
