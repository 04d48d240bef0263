import BigQueryEmulator
import BigQueryPull
import TestSupport
import Testing

/// Pulls interrupted at any time.
@Suite struct InterruptTests {
    /// A job of one day would still be running at the time limit, unless it was cancelled.
    @Test(.faults("B15", "L28"), .timeLimit(.minutes(30))) func noInterruptLeavesAJobRunning() async throws {
        let interrupts = Sweep.whole(100, orPart: 25, orShort: 8)
        try await FaultyPull.with(
            EmulatorConfiguration(jobTime: .seconds(86_400)), waits: ContinuousClock(), publishesEarlier: false
        ) { pull in
            var cancelled = 0
            for interrupt in 0..<interrupts {
                let counters = pull.emulator.counters
                let task = Task { await pull.run(pull.pull("SELECT \(interrupt)")) }
                // At any time: before the first request, during one, or while the pull waits for the job.
                if interrupt.isMultiple(of: 2) {
                    try await Task.sleep(for: .milliseconds(interrupt % 25 * 3))
                } else {
                    try await pull.emulator.waitForCounters { $0.jobs > counters.jobs }
                }
                task.cancel()
                let outcome = await task.value
                #expect(outcome.exitCode == 130, "\(outcome.message)")
                if pull.emulator.counters.jobs > counters.jobs { cancelled += 1 }
                // The job stops shortly after the service accepts the cancellation.
                try await pull.emulator.waitForCounters { $0.runningJobs == 0 }
            }
            #expect(cancelled > 0)
        }
    }
}
