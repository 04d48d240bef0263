import Foundation
import Synchronization

/// The reader of standard output closed its end. Not a failure: no reader needs the rest.
struct BrokenPipe: Error {}

/// Rows on standard output, whose reader can be slow or close the pipe.
///
/// Each call blocks a thread of its own in poll(2), without a timeout, until the output is ready or the task is cancelled.
final class BufferedOutput: Sendable {
    private let descriptor: Int32
    private let onFirstBytes: @Sendable () -> Void
    private let hasBegun = Atomic(false)

    /// Creates an output.
    ///
    /// - Parameters:
    ///   - descriptor: A file, pipe, socket or terminal, which stays open. Defaults to standard output.
    ///   - onFirstBytes: Called before the first write.
    init(_ descriptor: Int32 = STDOUT_FILENO, onFirstBytes: @escaping @Sendable () -> Void = {}) {
        self.descriptor = descriptor
        self.onFirstBytes = onFirstBytes
    }

    /// Writes all bytes.
    ///
    /// - Throws: ``BrokenPipe``, `CancellationError`, or ``CommandError`` if the output cannot be written.
    func write(_ bytes: [UInt8]) async throws {
        if !hasBegun.exchange(true, ordering: .relaxed) { onFirstBytes() }
        try await onThread { [self] cancellation in
            let terminal = openTerminal()
            defer { if let terminal { close(terminal) } }
            let output = terminal ?? descriptor
            // A pipe that is ready takes this many bytes without blocking.
            let chunk = isFile ? bytes.count : Int(PIPE_BUF)
            var rest = bytes[...]
            while !rest.isEmpty {
                try Self.wait(for: POLLOUT, on: output, cancellation)
                let written = rest.prefix(chunk).withUnsafeBytes {
                    Foundation.write(output, $0.baseAddress, $0.count)
                }
                if written >= 0 {
                    rest = rest.dropFirst(written)
                } else if errno != EINTR, errno != EAGAIN {
                    throw Self.failure(errno)
                }
            }
        }
    }

    /// Waits until the reader closes the pipe; indefinitely for a file.
    ///
    /// - Throws: ``BrokenPipe`` or `CancellationError`.
    func watchForBrokenPipe() async throws -> Never {
        try await onThread { [descriptor] cancellation in
            // Linux always reports it; Darwin only on request.
            try Self.wait(for: POLLHUP, on: descriptor, cancellation)
            // poll(2) cannot watch this descriptor, and ignores -1.
            try Self.wait(for: 0, on: -1, cancellation)
        }
        throw CancellationError()
    }

    /// Opens the terminal again, if it is one, for writes that do not block: one that is ready can take a single byte.
    /// `O_NONBLOCK` on the given descriptor would apply to every process that shares it.
    private func openTerminal() -> Int32? {
        guard isatty(descriptor) == 1, let path = ttyname(descriptor) else { return nil }
        let terminal = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        return terminal >= 0 ? terminal : nil
    }

    private var isFile: Bool { isatty(descriptor) == 0 && lseek(descriptor, 0, SEEK_CUR) >= 0 }

    /// Runs `body` on a thread of its own. Cancellation makes the pipe that it gets readable.
    private func onThread(_ body: @escaping @Sendable (_ cancellation: Pipe) throws -> Void) async throws {
        let cancellation = Pipe()
        // Without descriptors for a pipe, Foundation returns an invalid one, and the wait could not be cancelled.
        guard cancellation.fileHandleForReading.fileDescriptor >= 0 else { throw Self.failure(EMFILE) }
        for end in [cancellation.fileHandleForReading, cancellation.fileHandleForWriting] {
            _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread { continuation.resume(with: Result { try body(cancellation) }) }
            }
        } onCancel: {
            // Cannot fail: the pipe is open and empty.
            try? cancellation.fileHandleForWriting.write(contentsOf: [0])
        }
    }

    private static func wait(for events: Int32, on descriptor: Int32, _ cancellation: Pipe) throws {
        var descriptors = [
            pollfd(fd: descriptor, events: Int16(events), revents: 0),
            pollfd(fd: cancellation.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&descriptors, nfds_t(descriptors.count), -1) < 0 {
            guard errno == EINTR || errno == EAGAIN else { throw failure(errno) }
        }
        guard descriptors[1].revents == 0 else { throw CancellationError() }
        guard descriptors[0].revents & Int16(POLLERR | POLLHUP) == 0 else { throw BrokenPipe() }
    }

    private static func failure(_ code: Int32) -> any Error {
        guard code != EPIPE else { return BrokenPipe() }
        return CommandError(
            .unwritableOutput, "cannot write to standard output: \(String(cString: strerror(code)))")
    }
}
