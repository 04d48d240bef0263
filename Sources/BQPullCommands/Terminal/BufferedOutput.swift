import Foundation

/// Standard output to a slow reader, or to one that closes the pipe.
enum BufferedOutput {
    /// A writable pipe takes this many bytes without blocking (POSIX: `PIPE_BUF` is at least 512).
    private static let pipeBytes = Int(PIPE_BUF)

    /// Writes all bytes; checks for cancellation ten times a second.
    ///
    /// - Throws: ``BrokenPipe``, `CancellationError`, or ``CommandError`` if it cannot be written.
    static func write(_ bytes: [UInt8], isCancelled: () -> Bool) throws {
        let chunk = isFile ? bytes.count : pipeBytes
        var rest = bytes[...]
        while !rest.isEmpty {
            guard !isCancelled() else { throw CancellationError() }
            if !isFile, try !isWritable(within: 100) { continue }
            let written = rest.prefix(chunk).withUnsafeBytes {
                Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if written >= 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR, errno != EAGAIN {
                throw failure(errno)
            }
        }
    }

    /// Throws ``BrokenPipe`` once the reader has closed the pipe; never for a file.
    static func watchForBrokenPipe() async throws {
        while true {
            try await Task.sleep(for: .milliseconds(200))
            if !isFile { _ = try poll(for: 0, milliseconds: 0) }
        }
    }

    private static var isFile: Bool { isatty(STDOUT_FILENO) == 0 && lseek(STDOUT_FILENO, 0, SEEK_CUR) >= 0 }

    private static func isWritable(within milliseconds: Int32) throws -> Bool {
        try poll(for: Int16(POLLOUT), milliseconds: milliseconds) != 0
    }

    private static func poll(for events: Int16, milliseconds: Int32) throws -> Int16 {
        var descriptor = pollfd(fd: STDOUT_FILENO, events: events, revents: 0)
        guard Foundation.poll(&descriptor, 1, milliseconds) > 0 else { return 0 }
        if descriptor.revents & Int16(POLLERR | POLLHUP) != 0 { throw BrokenPipe() }
        return descriptor.revents
    }

    private static func failure(_ code: Int32) -> any Error {
        guard code != EPIPE else { return BrokenPipe() }
        return CommandError(
            .unwritableOutput, "cannot write to standard output: \(String(cString: strerror(code)))")
    }
}
