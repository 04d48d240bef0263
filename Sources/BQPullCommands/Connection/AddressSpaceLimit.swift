import CResourceLimits

/// The address space that the process can use: `ulimit -v`.
enum AddressSpaceLimit {
    /// What a pull takes besides its pages, in bytes: the stacks of its threads, the network, SQLite. Measured.
    private static let fixedBytes: UInt64 = 64 << 20

    /// Checks that the limit leaves space for a pull. An allocation that fails later would end the process by a signal,
    /// and a thread that cannot be started would be waited for indefinitely.
    ///
    /// - Parameter memory: the bytes of the pages that are on their way. They take up to two and a half times as much,
    ///   with the bodies that they are decoded from; measured with nested rows.
    /// - Throws: ``CommandError`` if it does not.
    static func require(memory: Int) throws {
        let limit = bqpull_address_space_limit()
        guard limit != .max else { return }
        let needed = bqpull_used_address_space() + fixedBytes + UInt64(memory) / 2 * 5
        guard limit < needed else { return }
        throw CommandError(
            identifier: "outOfResources",
            message: "address space is limited to \(limit / 1_000_000) MB, and \(needed / 1_000_000 + 1) MB are needed",
            exitStatus: .systemLimit,
            hint: "raise the limit of the shell or the service (ulimit -v \(needed / 1000 + 1)), or give less --memory")
    }
}
