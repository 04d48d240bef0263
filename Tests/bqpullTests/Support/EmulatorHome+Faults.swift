import BigQueryEmulator
import Testing

extension EmulatorHome {
    /// Queues instructions for the next requests of a method. The emulator's configuration must have a fault plan.
    func inject(_ method: String, _ instructions: [String]) throws {
        try ledger().add(FaultPlan([method: try instructions.map { try FaultInstruction($0) }]))
    }

    /// Waits until every queued instruction was met.
    func allApplied() async throws {
        let ledger = try ledger()
        while !ledger.unmet.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
    }

    /// Drops the instructions that are left.
    func endFaults() throws {
        try ledger().end()
    }

    private func ledger() throws -> FaultLedger {
        try #require(emulator.faults, "the emulator has no fault plan")
    }
}
