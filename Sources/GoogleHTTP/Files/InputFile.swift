import Foundation

/// Reads whole files that the user named, up to a limit.
///
/// A named FIFO, a socket or a device is rejected without being opened, since reading it could block indefinitely. An
/// inherited pipe is read: `/dev/fd/N`, `/proc/self/fd/N` and `/dev/stdin`, the paths that a shell's process
/// substitution passes.
package enum InputFile {
    /// The time between two chunks from an inherited pipe.
    package static let pipeTimeout: Duration = .seconds(10)

    /// The maximum size of a text, such as SQL or certificates, in bytes.
    package static let maximumTextSize = 16 << 20

    /// Reads a file.
    ///
    /// Blocks the thread. In an asynchronous function, call it in ``onOwnThread(_:)``.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - limit: the maximum size, in bytes.
    ///   - timeout: the time between two chunks from a pipe. Defaults to 10 seconds; `nil` waits indefinitely.
    /// - Returns: the content.
    /// - Throws: ``InputFileError``.
    package static func read(
        _ path: String, limit: Int, timeout: Duration? = pipeTimeout
    ) throws(InputFileError) -> [UInt8] {
        let descriptor = try open(path)
        defer { close(descriptor) }
        return try read(descriptor, limit: limit, timeout: timeout)
    }

    /// Reads all of standard input, without a timeout.
    package static func readStandardInput(limit: Int) throws(InputFileError) -> [UInt8] {
        try read("/dev/stdin", limit: limit, timeout: nil)
    }

    /// Rejects the files that ``read(_:limit:timeout:)`` rejects without reading, before another library opens them. A
    /// missing file is not an error.
    package static func check(_ path: String) throws(InputFileError) {
        var status = stat()
        guard inherited(path) == nil, stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return }
        try requireFile(status, path)
    }

    private static func open(_ path: String) throws(InputFileError) -> Int32 {
        var status = stat()
        if let number = inherited(path) {
            // A duplicate: opening the path again fails for a socket, and for a pipe of another user.
            let descriptor = fcntl(number, F_DUPFD_CLOEXEC, 3)
            guard descriptor >= 0 else { throw InputFileError(kind: .unreadable(errno)) }
            return descriptor
        }
        // The system would truncate the path at a NUL, and open another file.
        guard !path.utf8.contains(0) else { throw InputFileError(kind: .unreadable(EINVAL)) }
        guard stat(path, &status) == 0 else { throw InputFileError(kind: .unreadable(errno)) }
        // Checked before opening, which can unblock a writer or have effects on a device.
        try requireFile(status, path)
        let descriptor = Foundation.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw InputFileError(kind: .unreadable(errno)) }
        do throws(InputFileError) {
            // Another file can have taken the name in the meantime.
            guard fstat(descriptor, &status) == 0 else { throw InputFileError(kind: .unreadable(errno)) }
            try requireFile(status, path)
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// The inherited descriptor with this path, if it is one.
    private static func inherited(_ path: String) -> Int32? {
        if path == "/dev/stdin" { return STDIN_FILENO }
        return path.wholeMatch(of: /\/(?:dev|proc\/self)\/fd\/([0-9]+)/).flatMap { Int32($0.output.1) }
    }

    private static func requireFile(_ status: stat, _ path: String) throws(InputFileError) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw InputFileError(kind: .folder)
        case S_IFIFO: throw InputFileError(kind: .namedPipe)
        case S_IFSOCK: throw InputFileError(kind: .socket)
        default:
            guard path == "/dev/null" else { throw InputFileError(kind: .device) }
        }
    }

    private static func read(
        _ descriptor: Int32, limit: Int, timeout: Duration?
    ) throws(InputFileError) -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw InputFileError(kind: .unreadable(errno)) }
        let isFile = status.st_mode & S_IFMT == S_IFREG
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= limit {
            if !isFile { try wait(for: descriptor, timeout) }
            // Reads an inherited file from its start, whatever its shared offset.
            let count =
                isFile
                ? pread(descriptor, &chunk, chunk.count, off_t(bytes.count))
                : Foundation.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count > 0 {
                bytes += chunk.prefix(count)
            } else if errno != EINTR, errno != EAGAIN {
                throw InputFileError(kind: errno == EISDIR ? .folder : .unreadable(errno))
            }
        }
        throw InputFileError(kind: .tooLarge(limit))
    }

    /// Waits until data is available.
    private static func wait(for descriptor: Int32, _ timeout: Duration?) throws(InputFileError) {
        let milliseconds = timeout.map { Int32($0 / .milliseconds(1)) }
        var readiness = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            switch poll(&readiness, 1, milliseconds ?? -1) {
            case 0: throw InputFileError(kind: .silent(timeout ?? .zero))
            case ..<0 where errno == EINTR: continue
            case ..<0: throw InputFileError(kind: .unreadable(errno))
            default: return
            }
        }
    }
}

/// Why a file that the user named cannot be read.
package struct InputFileError: Error {
    package enum Kind: Sendable, Equatable {
        /// An `errno`.
        case unreadable(Int32)
        case folder, namedPipe, socket, device
        /// A pipe had no data for this time.
        case silent(Duration)
        /// Larger than this limit, in bytes.
        case tooLarge(Int)
    }

    package let kind: Kind

    /// The predicate of a message whose subject is the file.
    package var reason: String {
        switch kind {
        case .unreadable(let number): "cannot be read (\(String(cString: strerror(number))))"
        case .folder: "cannot be read: it is a folder"
        case .namedPipe: "cannot be read: it is a named pipe (FIFO)"
        case .socket: "cannot be read: it is a socket"
        case .device: "cannot be read: it is a device"
        case .silent(let time): "cannot be read: the pipe had no data for \(time.components.seconds) s"
        case .tooLarge(let limit): "is larger than \(limit >> 10) KiB"
        }
    }
}
