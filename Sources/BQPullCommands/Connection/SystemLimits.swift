import CResourceLimits
import Foundation

/// The operating system limits of the process.
enum SystemLimits {
    /// The files and connections of a pull, and three descriptors for each event loop thread.
    private static let neededFiles = rlim_t(64 + 3 * ProcessInfo.processInfo.activeProcessorCount)

    /// Raises the limit of open files and sockets (`ulimit -n`) if it is too low. SwiftNIO ends the process when it is
    /// reached.
    ///
    /// - Throws: ``CommandError`` if the limit cannot be raised far enough.
    static func requireOpenFiles() throws {
        #if canImport(Darwin)
        let resource = RLIMIT_NOFILE
        #else
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < neededFiles else { return }
        let highest = limit.rlim_max
        limit.rlim_cur = neededFiles
        guard neededFiles <= highest, setrlimit(resource, &limit) == 0 else {
            throw CommandError(
                .outOfResources, "the limit of open files is \(highest), and \(neededFiles) are needed",
                hint: "raise the limit of the shell or the service: ulimit -n \(neededFiles)")
        }
    }

    /// The address space of a pull apart from its pages, in bytes: thread stacks, network, SQLite. Measured.
    private static let fixedBytes: UInt64 = 64 << 20

    /// Checks that the address space limit (`ulimit -v`) is high enough for a pull. Later, a failed allocation would kill
    /// the process, and a thread that cannot start would block it indefinitely.
    ///
    /// - Parameter memory: The limit of pages in flight, in bytes. With their response bodies they take up to 2.5 times
    ///   as much; measured with nested rows.
    /// - Throws: ``CommandError`` if the limit is too low.
    static func requireAddressSpace(memory: Int) throws {
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
