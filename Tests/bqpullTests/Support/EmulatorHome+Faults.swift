import BigQueryEmulator
import Testing

extension EmulatorHome {
    /// Injects instructions into the next requests of a method. The emulator's configuration must have a fault plan.
    func inject(_ method: String, _ instructions: [String]) throws {
        try ledger().add(FaultPlan([method: try instructions.map { try FaultInstruction($0) }]))
    }

    /// Waits until every instruction was applied.
    func allApplied() async throws {
        try await ledger().waitUntilAllConsumed()
    }

    /// Drops the remaining instructions.
    func endFaults() throws {
        try ledger().end()
    }

    private func ledger() throws -> FaultLedger {
        try #require(emulator.faults, "the emulator has no fault plan")
    }
}
