import Foundation

/// The limit of open files and sockets of the process (`ulimit -n`).
enum OpenFileLimit {
    /// The files and connections of a pull, and three descriptors for each event loop thread.
    private static let needed = rlim_t(64 + 3 * ProcessInfo.processInfo.activeProcessorCount)

    /// Raises the limit if it is too low. SwiftNIO ends the process when it is reached.
    ///
    /// - Throws: ``CommandError`` if the limit cannot be raised far enough.
    static func require() throws {
        #if canImport(Darwin)
        let resource = RLIMIT_NOFILE
        #else
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < needed else { return }
        let highest = limit.rlim_max
        limit.rlim_cur = needed
        guard needed <= highest, setrlimit(resource, &limit) == 0 else {
            throw CommandError(
                .outOfResources, "the limit of open files is \(highest), and \(needed) are needed",
                hint: "raise the limit of the shell or the service: ulimit -n \(needed)")
        }
    }
}
