import BigQueryRows

/// How many pages to fetch at a time.
///
/// The number is changed by a quarter, and the change is kept if it was for the better: more pages at a time if that
/// brought more of them, fewer if that brought no less. How many they bring is their number by how long one of them takes,
/// averaged over as many pages as are fetched at a time, because single ones vary. A service that asks to be spared gets
/// half as many requests.
struct PageParallelism {
    /// The pages that are fetched at a time before anything is known.
    static let start = 12
    /// The most: every page has a connection of its own, and a host gets some more (`HTTPLimits.connectionsPerHost`).
    static let most = PullLimits.mostParallelPages
    /// The fewest because of a slow reader: one page is decoded while another one comes.
    static let least = 3

    private enum Trial {
        case none, more, fewer
    }

    private let isFixed: Bool
    /// The pages to fetch at a time.
    private(set) var limit: Int
    /// What is tried with ``limit`` now, and what was before it.
    private var trial = Trial.none
    private var before: (limit: Int, pagesPerSecond: Double)?
    /// The pages that arrived at this ``limit``, and how long they took together.
    private var pages = 0
    private var latency = Duration.zero
    /// Pages that were asked for before the service asked to be spared, and tell nothing of the time after.
    private var pagesToIgnore = 0

    /// - Parameter fixed: the number to stay at; `nil` to find out.
    init(fixed: Int?) {
        isFixed = fixed != nil
        limit = min(fixed ?? Self.start, Self.most)
    }

    /// Learns from a page.
    ///
    /// - Parameters:
    ///   - timing: what it took. A page that waited to be read for longer than for the service was asked for too early:
    ///     then fewer at a time are enough.
    ///   - isFull: whether the page had about as many rows as others; shorter ones tell nothing.
    ///   - inFlight: the pages that were in flight with it, itself among them. Fewer than ``limit`` tell nothing: then
    ///     something else holds the pull back.
    mutating func arrived(_ timing: PageTiming, isFull: Bool, inFlight: Int) {
        guard !isFixed else { return }
        guard pagesToIgnore == 0 else {
            pagesToIgnore -= 1
            return
        }
        let latency = timing.latency
        guard isFull, latency > .zero else { return }
        guard timing.held <= latency else {
            limit = max(limit - 1, min(limit, Self.least))
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

    /// Learns that the service asked to be spared, or failed. The requests of one moment count once.
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
            // In vain. So perhaps there were too many before.
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
        limit = trial == .more ? min(limit + step, Self.most) : max(limit - step, 1)
        if limit == before?.limit { trial = .none }
    }
}
