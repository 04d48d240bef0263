import BigQueryRows

/// Finds the number of pages to fetch in parallel.
///
/// Adjusts concurrency by ±25 %, and keeps an increase that raises throughput or a decrease that does not lower it.
/// Throughput is the concurrency divided by the latency of a page, averaged over as many pages as are in flight, since
/// single latencies vary. Throttling halves the concurrency.
struct PageParallelism {
    /// The initial concurrency.
    static let initial = 12
    /// The maximum. Each page has its own connection; the limit per host is higher (`HTTPLimits.connectionsPerHost`).
    static let maximum = PullLimits.maxParallelPages
    /// The minimum for a slow writer: one page is decoded while another one arrives.
    static let minimum = 3

    private enum Trial {
        case none, more, fewer
    }

    private let isFixed: Bool
    /// The current concurrency.
    private(set) var limit: Int
    /// The change under trial, and the concurrency and throughput before it.
    private var trial = Trial.none
    private var before: (limit: Int, pagesPerSecond: Double)?
    /// The pages that arrived at this ``limit``, and the sum of their latencies.
    private var pages = 0
    private var latency = Duration.zero
    /// Pages requested before the throttling, whose latencies do not count.
    private var pagesToIgnore = 0

    /// Starts with the initial concurrency, or stays at `fixed`.
    init(fixed: Int?) {
        isFixed = fixed != nil
        limit = min(fixed ?? Self.initial, Self.maximum)
    }

    /// Takes the latency of a page into account.
    ///
    /// - Parameters:
    ///   - timing: the durations of the page. A page that was held back for longer than it took to arrive was requested
    ///     too early, so a lower concurrency is enough.
    ///   - isFull: whether the page had about as many rows as others; shorter ones are ignored.
    ///   - inFlight: the number of pages in flight, including this one. Below ``limit``, the page is ignored, since
    ///     something other than the service limits the pull.
    mutating func arrived(_ timing: PageTiming, isFull: Bool, inFlight: Int) {
        guard !isFixed else { return }
        guard pagesToIgnore == 0 else {
            pagesToIgnore -= 1
            return
        }
        let latency = timing.latency
        guard isFull, latency > .zero else { return }
        guard timing.held <= latency else {
            limit = max(limit - 1, min(limit, Self.minimum))
            (pages, self.latency) = (0, .zero)
            (trial, before) = (.none, nil)
            return
        }
        guard inFlight >= limit else { return }
        pages += 1
        self.latency += latency
        guard pages >= limit else { return }
        judge()
        pages = 0
        self.latency = .zero
    }

    /// Halves the concurrency, because the service throttled a request or failed. Concurrent requests count once.
    mutating func throttled(inFlight: Int) {
        guard !isFixed, pagesToIgnore == 0 else { return }
        pagesToIgnore = inFlight
        (pages, latency) = (0, .zero)
        (trial, before) = (.none, nil)
        limit = max(limit / 2, 1)
    }

    private mutating func judge() {
        let pagesPerSecond = Double(limit) / (latency / pages / .seconds(1))
        let gain = before.map { pagesPerSecond / $0.pagesPerSecond } ?? 1
        switch trial {
        case .more where gain < 1.05:
            // Not faster. The concurrency may have been too high before.
            if let before { limit = before.limit }
            trial = .fewer
        case .fewer where gain < 0.95:
            if let before { limit = before.limit }
            trial = .none
            return
        case .fewer: before = (limit, pagesPerSecond)
        case .none, .more:
            before = (limit, pagesPerSecond)
            trial = .more
        }
        let step = max(limit / 4, 1)
        limit = trial == .more ? min(limit + step, Self.maximum) : max(limit - step, 1)
        if limit == before?.limit { trial = .none }
    }
}
