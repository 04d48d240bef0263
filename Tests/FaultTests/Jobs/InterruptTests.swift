import BigQueryEmulator
import BigQueryPull
import TestSupport
import Testing

/// Pulls interrupted at any time.
@Suite struct InterruptTests {
    /// A job of one minute would still be running, unless it was cancelled.
    @Test(.faults("B15", "L28")) func noInterruptLeavesAJobRunning() async throws {
        let interrupts = Sweep.whole(100, orPart: 25, orShort: 8)
        try await FaultyPull.with(
            EmulatorConfiguration(jobTime: .seconds(60)), waits: ContinuousClock(), publishesEarlier: false
        ) { pull in
            var cancelled = 0
            for interrupt in 0..<interrupts {
                let counters = pull.emulator.counters
                let task = Task { await pull.run(pull.pull("SELECT \(interrupt)")) }
                // From before the first request until the wait for the job.
                if interrupt.isMultiple(of: 2) {
                    try await Task.sleep(for: .milliseconds(interrupt % 25 * 3))
                } else {
                    while pull.emulator.counters.jobs == counters.jobs { try await Task.sleep(for: .milliseconds(1)) }
                }
                task.cancel()
                let outcome = await task.value
                #expect(outcome.exitCode == 130, "\(outcome.message)")
                if pull.emulator.counters.jobs > counters.jobs { cancelled += 1 }
                // The job stops shortly after the service accepts the cancellation.
                for _ in 0..<100 where pull.emulator.counters.runningJobs > 0 {
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(pull.emulator.counters.runningJobs == 0)
            }
            #expect(cancelled > 0)
        }
    }
}
