import Foundation

/// The limit of open files and sockets.
enum OpenFileLimit {
    /// Those of a pull with all of its connections, and three for each thread that serves them.
    private static let needed = rlim_t(64 + 3 * ProcessInfo.processInfo.activeProcessorCount)

    /// Raises the limit if it is lower than what is needed. The network library ends the process when it is met.
    ///
    /// - Throws: ``CommandError`` if it cannot be raised so far.
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
                identifier: "outOfResources",
                message: "only \(highest) files can be open at a time, and \(needed) are needed",
                exitStatus: .systemLimit, hint: "raise the limit of the shell or the service: ulimit -n \(needed)")
        }
    }
}
