package import Foundation

/// A child process.
///
/// It uses `posix_spawn`, since Foundation's `Process` on Linux sometimes reads past the end of a buffer while it
/// enumerates open files, and crashes.
package struct ChildProcess: Sendable {
    /// The process ID.
    package let identifier: pid_t

    /// Starts a program. It inherits the three streams and all files that are not closed on exec, and has default signal
    /// handlers.
    ///
    /// - Parameters:
    ///   - program: the program's path.
    ///   - arguments: its arguments.
    ///   - environment: its environment variables.
    ///   - streams: the descriptors that become its standard input, output and error.
    ///   - isApart: whether it inherits only the three streams and leads a process group, which can be terminated
    ///     together and cannot read from the terminal. Defaults to false.
    /// - Throws: `POSIXError` if it cannot be started.
    package init(
        _ program: String, _ arguments: [String], environment: [String: String],
        streams: (input: Int32, output: Int32, error: Int32), isApart: Bool = false
    ) throws {
        #if canImport(Darwin)
        var (actions, attributes): (posix_spawn_file_actions_t?, posix_spawnattr_t?)
        var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_CLOEXEC_DEFAULT
        #else
        var (actions, attributes) = (posix_spawn_file_actions_t(), posix_spawnattr_t())
        var flags = POSIX_SPAWN_SETSIGDEF
        #endif
        if isApart { flags |= POSIX_SPAWN_SETPGROUP }
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (stream, descriptor) in [streams.input, streams.output, streams.error].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(stream))
        }
        #if os(Linux)
        // The network library's sockets are not closed on exec: a child that inherits one keeps its connection open.
        let files = isApart ? (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] : []
        for descriptor in files.compactMap({ Int32($0) }) where descriptor > STDERR_FILENO {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        #endif
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map(Self.entry) + [nil]
        defer { for word in words + variables { free(word) } }
        var identifier: pid_t = 0
        let result = posix_spawn(&identifier, program, &actions, &attributes, &words, &variables)
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .EINVAL) }
        self.identifier = identifier
    }

    /// A variable in the form of the system. An inherited one is copied byte for byte, since a `String` contains U+FFFD
    /// instead of invalid UTF-8.
    private static func entry(_ name: String, _ value: String) -> UnsafeMutablePointer<CChar>? {
        guard value.unicodeScalars.contains("\u{FFFD}"), let own = getenv(name), String(cString: own) == value else {
            return strdup("\(name)=\(value)")
        }
        let bytes = UnsafeBufferPointer(start: own, count: strlen(own) + 1)
        return strdup("\(name)=".utf8CString.dropLast() + Array(bytes))
    }

    /// Waits until it exits, which blocks the thread. Call it once.
    ///
    /// - Returns: its exit code or, if a signal ended it, 128 and the signal's number.
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        return Self.exitCode(status)
    }

    /// Whether it has exited; ``wait()`` must still be called.
    var hasEnded: Bool {
        var end = siginfo_t()
        return waitid(P_PID, id_t(identifier), &end, WEXITED | WNOHANG | WNOWAIT) == 0 && end.si_signo == SIGCHLD
    }

    private static func exitCode(_ status: Int32) -> Int32 {
        status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }
}
