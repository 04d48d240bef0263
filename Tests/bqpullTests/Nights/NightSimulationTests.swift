import BigQueryEmulator
import Foundation
import Testing

/// After every night, the staged table equals the model's: no row is lost or doubled.
///
/// `NIGHTS` sets the number of nights, 30 by default; `SEEDS` the seeds, `1` by default, as a number or a range such as
/// `1-20`. The sequence of events depends only on the seed.
@Suite(.timeLimit(.minutes(600))) struct NightSimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let nights = environment["NIGHTS"].flatMap { Int($0) } ?? 30

    static let seeds: [UInt64] = {
        let bounds = environment["SEEDS", default: "1"].split(separator: "-").compactMap { UInt64($0) }
        guard let first = bounds.first, let last = bounds.last, first <= last else { return [1] }
        return Array(first...last)
    }()

    @Test(arguments: seeds, StagedModel.Mode.allCases)
    func theTableEqualsTheModelAfterEveryNight(seed: UInt64, mode: StagedModel.Mode) async throws {
        try await EmulatorHome.with(EmulatorConfiguration(faults: FaultPlan([:]))) { home in
            var simulation = NightSimulation(seed: seed, mode: mode, home: home)
            try await simulation.run(nights: max(1, Self.nights))
        }
    }
}
