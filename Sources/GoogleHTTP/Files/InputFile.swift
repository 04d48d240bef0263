import Foundation

/// Reads files that the user named, as a whole and up to a limit.
///
/// A named FIFO, a socket or a device is rejected without being opened, since reading it could block indefinitely. A
/// pipe that the process inherited is read: `/dev/fd/N`, `/proc/self/fd/N` and `/dev/stdin`, the paths that the process
/// substitution of a shell passes.
package enum InputFile {
    /// How long an inherited pipe may stay silent.
    package static let patience: Duration = .seconds(10)

    /// The largest text that is read, in bytes: SQL, or certificates.
    package static let maximumTextSize = 16 << 20

    /// The content of a file.
    ///
    /// Blocks the thread. In an asynchronous function, call it in ``onOwnThread(_:)``.
    ///
    /// - Parameters:
    ///   - limit: the largest size, in bytes.
    ///   - patience: how long a pipe may stay silent. Defaults to 10 seconds; `nil` waits indefinitely.
    package static func read(
        _ path: String, limit: Int, patience: Duration? = patience
    ) throws(InputFileError) -> [UInt8] {
        let descriptor = try open(path)
        defer { close(descriptor) }
        return try read(descriptor, limit: limit, patience: patience)
    }

    /// All of standard input, however long that takes.
    package static func readStandardInput(limit: Int) throws(InputFileError) -> [UInt8] {
        try read("/dev/stdin", limit: limit, patience: nil)
    }

    /// Rejects what ``read(_:limit:patience:)`` rejects without reading, before another library opens the file. Passes
    /// what is not there.
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
        // The system would cut the path at a NUL, and open another file.
        guard !path.utf8.contains(0) else { throw InputFileError(kind: .unreadable(EINVAL)) }
        guard stat(path, &status) == 0 else { throw InputFileError(kind: .unreadable(errno)) }
        // Before it is opened, which ends the wait of a writer and can have effects on a device.
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

    /// The inherited descriptor that a path stands for.
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
        _ descriptor: Int32, limit: Int, patience: Duration?
    ) throws(InputFileError) -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw InputFileError(kind: .unreadable(errno)) }
        let isFile = status.st_mode & S_IFMT == S_IFREG
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= limit {
            if !isFile { try wait(for: descriptor, patience) }
            // An inherited file is read from its beginning, wherever its other owners are in it.
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

    /// Waits until something can be read.
    private static func wait(for descriptor: Int32, _ patience: Duration?) throws(InputFileError) {
        let milliseconds = patience.map { Int32($0 / .milliseconds(1)) }
        var readiness = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            switch poll(&readiness, 1, milliseconds ?? -1) {
            case 0: throw InputFileError(kind: .silent(patience ?? .zero))
            case ..<0 where errno == EINTR: continue
            case ..<0: throw InputFileError(kind: .unreadable(errno))
            default: return
            }
        }
    }
}

/// Why a file that the user named is not read.
package struct InputFileError: Error {
    package enum Kind: Sendable, Equatable {
        /// The system's error number.
        case unreadable(Int32)
        case folder, namedPipe, socket, device
        /// How long a pipe was silent.
        case silent(Duration)
        /// The limit in bytes.
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
        case .silent(let time): "cannot be read: the pipe was silent for \(time.components.seconds) s"
        case .tooLarge(let limit): "is larger than \(limit >> 10) KiB"
        }
    }

    /// What to do about it.
    package var hint: String {
        switch kind {
        case .unreadable: "check the path and its permissions"
        case .folder: "it must be a file, not a folder"
        case .namedPipe, .socket, .device:
            "name a file, or pass an inherited pipe: /dev/stdin, or <(COMMAND) in bash"
        case .silent: "check the command that writes to the pipe, or write its output to a file first"
        case .tooLarge: "name another file"
        }
    }
}
