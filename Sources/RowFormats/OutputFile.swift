import Dispatch
import Foundation
import Synchronization

/// A file that gets its name when it is complete. Its blocking calls run on a separate thread.
final class OutputFile: Sendable {
    /// The path as given, for messages.
    private let path: String
    private let absolutePath: String
    private let unfinished = Mutex<UnfinishedFile?>(nil)
    /// A serial queue, whose threads do not belong to Swift's cooperative pool.
    private let thread = DispatchQueue(label: "RowFormats")

    init(path: String) {
        self.path = path
        absolutePath = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// Creates the unfinished file, next to the destination.
    func create() async throws {
        try await perform { [path, absolutePath] in $0 = try UnfinishedFile(of: absolutePath, given: path) }
    }

    /// Appends bytes to the unfinished file.
    func append(_ bytes: [UInt8]) async throws {
        try await perform { file in
            guard file != nil else { throw RowFormatError.outOfOrder("append") }
            try file?.append(bytes)
        }
    }

    /// Syncs the file and gives it its name. It then replaces any earlier file.
    func publish() async throws {
        try await perform { file in
            guard let file = file.take() else { throw RowFormatError.outOfOrder("finish") }
            try file.publish()
        }
    }

    private func perform(_ work: @escaping @Sendable (inout UnfinishedFile?) throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            thread.async { [self] in
                continuation.resume(with: Result { try unfinished.withLock { try work(&$0) } })
            }
        }
    }
}

/// A new file next to its destination, removed with its owner unless it is published.
private struct UnfinishedFile: ~Copyable, Sendable {
    private let descriptor: CInt
    private let path: String
    private let destination: String
    private let given: String
    private var isPublished = false

    /// - Parameters:
    ///   - destination: the absolute path to publish the file under.
    ///   - given: the path in messages.
    /// - Throws: ``RowFormatError`` with code `io`.
    init(of destination: String, given: String) throws {
        guard !given.isEmpty, !given.utf8.contains(0) else {
            throw RowFormatError(
                code: .io, message: "the path of the file \(given.isEmpty ? "is empty" : "contains NUL")")
        }
        // Renaming would replace a device or a symbolic link, and fail for a folder after all rows are written.
        var status = stat()
        guard lstat(destination, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
            throw RowFormatError(code: .io, message: "\(given) is not a regular file")
        }
        // Unique, since another process can write the same file.
        let path = "\(destination).\(String(UInt64.random(in: 0 ... .max), radix: 36)).part"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw RowFormatError.io(errno, "\(given) cannot be created") }
        self.descriptor = descriptor
        self.path = path
        self.destination = destination
        self.given = given
    }

    deinit {
        close(descriptor)
        if !isPublished { unlink(path) }
    }

    func append(_ bytes: [UInt8]) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = write(descriptor, rest, rest.count)
            guard count >= 0 || errno == EINTR else { throw RowFormatError.io(errno, "\(given) cannot be written") }
            rest = Array(rest.dropFirst(max(count, 0)))
        }
    }

    consuming func publish() throws {
        guard fsync(descriptor) == 0 else { throw RowFormatError.io(errno, "\(given) cannot be written") }
        guard rename(path, destination) == 0 else { throw RowFormatError.io(errno, "\(given) cannot be replaced") }
        isPublished = true
        // Not every file system can sync a folder. Without it, a power failure can only bring back the earlier file.
        let folder = open(URL(filePath: destination).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }
}

extension RowFormatError {
    fileprivate static func outOfOrder(_ call: String) -> RowFormatError {
        RowFormatError(code: .outOfOrder, message: "\(call) without begin, or after finish")
    }

    fileprivate static func io(_ number: CInt, _ problem: String) -> RowFormatError {
        RowFormatError(
            code: .io, message: "\(problem): \(String(cString: strerror(number)))",
            cause: POSIXErrorCode(rawValue: number).map { POSIXError($0) })
    }
}
