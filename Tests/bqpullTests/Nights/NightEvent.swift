import TestSupport

/// What happens to a load in one night. Drawn independently of the outcome of earlier nights.
enum NightEvent: Sendable, Hashable {
    /// The command runs.
    case run
    /// It runs a second time.
    case secondRun
    /// It is killed, and possibly runs again in the same night.
    case kill(KillPoint, runsAgain: Bool)
    /// It fails, and possibly runs again in the same night.
    case failure(Failure, runsAgain: Bool)
    /// It does not run.
    case skip
    /// Its query has other white space and comments.
    case reformatting
    /// Its query leaves out other rows, from this night on.
    case edit(NightlyQuery)
    /// It runs with other bounds, and possibly before that without them.
    case backfill(LoadModel.Since?, until: Int?, afterRun: Bool)
    /// Its mark is removed, or set to an earlier value.
    case reset(to: Int?)
    /// A plain append adds rows to the table, after the command has run.
    case plainAppend

    enum KillPoint: Sendable, Hashable {
        /// A time after the dry run.
        case dryRun(afterMilliseconds: Int)
        /// When the job is inserted.
        case job
        /// When this page is requested.
        case page(Int)
        /// Shortly after the last page was sent, when the rows are published.
        case lastPage(afterMilliseconds: Int)
    }

    enum Failure: String, CaseIterable, Sendable, Hashable {
        /// The refresh token has expired.
        case expiredGrant
        /// The access token expires while the job runs; the command recovers.
        case expiredToken
        /// The permission is missing when the job is inserted.
        case refusedJob
        /// The permission is missing after the first page.
        case refusedPage
        /// The service sends 503 until the command is terminated.
        case unavailable
        /// The service sends 503 once; the command recovers.
        case unavailableOnce
    }

    /// Draws an event.
    ///
    /// - Parameters:
    ///   - now: the highest value in the source.
    ///   - axis: the incremental column.
    ///   - lookback: the lookback, in units of the axis.
    ///   - placesWatermark: whether the query contains the watermark parameter, so that no upper bound is possible.
    ///   - random: the generator.
    /// - Returns: the event.
    static func draw(
        now: Int, axis: IncrementalAxis, lookback: Int, placesWatermark: Bool, using random: inout SplitMix64
    ) -> NightEvent {
        let runsAgain = Int.random(in: 0..<3, using: &random) > 0
        switch Int.random(in: 0..<100, using: &random) {
        case ..<42: return .run
        case ..<46: return .secondRun
        case ..<62: return .kill(killPoint(using: &random), runsAgain: runsAgain)
        case ..<72:
            let failures = Failure.allCases
            return .failure(failures[Int.random(in: 0..<failures.count, using: &random)], runsAgain: runsAgain)
        case ..<79: return .skip
        case ..<83: return .reformatting
        case ..<88:
            let amount = Int.random(in: -1...9, using: &random)
            let hasParameter = Bool.random(using: &random) && amount >= 0
            return .edit(
                NightlyQuery(
                    hiddenAmount: amount < 0 ? nil : amount, hasParameter: hasParameter,
                    placesWatermark: placesWatermark))
        case ..<95: return backfill(now, axis, placesWatermark: placesWatermark, using: &random)
        case ..<97:
            let isRemoved = Bool.random(using: &random)
            let value = now - axis.unitsPerNight * Int.random(in: 1...5, using: &random)
            return .reset(to: isRemoved ? nil : value)
        default: return .plainAppend
        }
    }

    private static func killPoint(using random: inout SplitMix64) -> KillPoint {
        let delay = Int.random(in: 0...40, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return .dryRun(afterMilliseconds: delay)
        case 1: return .job
        case 2, 3: return .page(Int.random(in: 1...3, using: &random))
        default: return .lastPage(afterMilliseconds: delay)
        }
    }

    private static func backfill(
        _ now: Int, _ axis: IncrementalAxis, placesWatermark: Bool, using random: inout SplitMix64
    ) -> NightEvent {
        // In a third of the cases above the mark, if the nights before were lost.
        let nights = Int.random(in: 0..<3, using: &random) == 0 ? 1 : 20
        let start = now - Int.random(in: 0..<(nights * axis.unitsPerNight), using: &random)
        let end = start + 1 + Int.random(in: 0..<(5 * axis.unitsPerNight), using: &random)
        let bounds: (since: LoadModel.Since?, until: Int?) =
            switch Int.random(in: 0..<(placesWatermark ? 2 : 6), using: &random) {
            case 0: (.beginning, nil)
            case 1: (.value(start), nil)
            case 2: (.beginning, end)
            case 3: (nil, now + 1)
            default: (.value(start), end)
            }
        return .backfill(bounds.since, until: bounds.until, afterRun: Bool.random(using: &random))
    }
}
