import CResourceLimits

/// The address space limit of the process (`ulimit -v`).
enum AddressSpaceLimit {
    /// The address space of a pull besides its pages, in bytes: thread stacks, network, SQLite. Measured.
    private static let fixedBytes: UInt64 = 64 << 20

    /// Checks that the limit is high enough for a pull. Later, a failed allocation would kill the process, and a thread
    /// that cannot start would block it indefinitely.
    ///
    /// - Parameter memory: The limit of pages in flight, in bytes. With their response bodies they take up to 2.5 times
    ///   as much; measured with nested rows.
    /// - Throws: ``CommandError`` if the limit is too low.
    static func require(memory: Int) throws {
        let limit = bqpull_address_space_limit()
        guard limit != .max else { return }
        let needed = bqpull_used_address_space() + fixedBytes + UInt64(memory) / 2 * 5
        guard limit < needed else { return }
        throw CommandError(
            .outOfResources,
            "address space is limited to \(limit / 1_000_000) MB, and \(needed / 1_000_000 + 1) MB are needed",
            hint: "raise the limit of the shell or the service (ulimit -v \(needed / 1000 + 1)), or lower --memory")
    }
}
