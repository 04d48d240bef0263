import Foundation

/// A named pipe that is full: a process that writes to it blocks until the pipe is drained.
final class FullPipe: Sendable {
    private let path: String
    private let descriptor: Int32

    /// Creates the pipe and fills it.
    init(_ path: String) throws {
        self.path = path
        guard mkfifo(path, 0o600) == 0 else { throw POSIXError(.EIO) }
        // Open for reading as well, so that neither side waits for the other to open it.
        descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError(.EIO) }
        for count in [4096, 1] {
            let zeros = [UInt8](repeating: 0, count: count)
            while write(descriptor, zeros, count) > 0 {}
        }
    }

    deinit { close(descriptor) }

    /// Starts the binary with the pipe as its standard output.
    func start(_ home: EmulatorHome, _ arguments: [String]) async throws -> RunningBinary {
        var shell = home.binary()
        shell.program = URL(fileURLWithPath: "/bin/sh")
        return try await shell.start(["-c", "exec \"$0\" \"$@\" >'\(path)'", Binary.url.path] + arguments)
    }

    /// Drains the pipe; returns the text after the padding.
    @discardableResult
    func drain() -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes.drop { $0 == 0 }, as: UTF8.self)
    }
}
