import Foundation
package import GoogleOAuth
import TextSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that only the user can read, in a folder that only the user can change.
///
/// A file with other permissions or a symbolic link is not read. Writes replace the file atomically.
package struct PrivateFile: Sendable {
    /// The path.
    package let path: String

    /// Creates a reference to a file, without accessing it.
    package init(path: String) {
        self.path = path
    }

    private var folder: String { (path as NSString).deletingLastPathComponent }

    /// Reads the file; `nil` if it does not exist.
    ///
    /// - Throws: `OAuthError` with code `unsafePermissions`, `cannotStore`, or `credentialsInvalid` for more than 64
    ///   KiB.
    package func read() throws(OAuthError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: return nil
            case ELOOP: throw unsafe("is a symbolic link", .symbolicLink(path))
            default: throw failed("read", errno)
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failed("read", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw unsafe("is not a file", .notAFile(path))
        }
        try requireOwner(status, of: path)
        guard status.st_mode & 0o077 == 0 else {
            throw unsafe("can be read or changed by other users", .permissions(path, mode: 0o600))
        }
        try requirePrivateFolder()
        guard let bytes = readAll(descriptor, limit: CredentialFile.maximumSize) else { throw failed("read", errno) }
        guard bytes.count <= CredentialFile.maximumSize else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "\(printable(path)) is larger than 64 KiB, so it is not a stored credential",
                detail: .damagedFile(path))
        }
        return bytes
    }

    /// Writes the file, with mode 0600.
    ///
    /// - Parameters:
    ///   - bytes: the content.
    ///   - replaces: whether to replace an existing file, atomically, in a private folder that is created if necessary.
    ///     Otherwise the file must not exist, and the folder can have any permissions.
    /// - Throws: `OAuthError` with code `cannotStore`, `fileExists`, or `unsafePermissions` for a folder that other
    ///   users can access.
    package func write(_ bytes: [UInt8], replaces: Bool = true) throws(OAuthError) {
        if replaces { try prepareFolder() }
        let name = (path as NSString).lastPathComponent
        let written = replaces ? "\(folder)/.\(name).\(UUID().uuidString)" : path
        let descriptor = open(written, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failed("written", errno) }
        var error = Self.fill(descriptor, with: bytes)
        close(descriptor)
        if error == 0, replaces, rename(written, path) != 0 { error = errno }
        guard error == 0 else {
            unlink(written)
            throw failed("written", error)
        }
        let directory = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    /// Creates the folder if necessary, and verifies that only the user can access it.
    ///
    /// - Throws: `OAuthError` with code `cannotStore` or `unsafePermissions`.
    package func prepareFolder() throws(OAuthError) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw failed(
                "written", ((error as NSError).userInfo[NSUnderlyingErrorKey] as? POSIXError)?.code.rawValue ?? ENOTDIR)
        }
        try requirePrivateFolder()
    }

    /// Verifies that the file does not exist.
    ///
    /// - Throws: `OAuthError` with code `fileExists`.
    package func requireAbsent() throws(OAuthError) {
        var status = stat()
        if lstat(path, &status) == 0 { throw failed("written", EEXIST) }
    }

    /// Removes the file.
    ///
    /// - Returns: whether it existed.
    /// - Throws: `OAuthError` with code `cannotStore`.
    @discardableResult
    package func remove() throws(OAuthError) -> Bool {
        guard unlink(path) != 0 else { return true }
        guard errno == ENOENT || errno == ENOTDIR else { throw failed("removed", errno) }
        return false
    }

    /// Writes all bytes and syncs them to the disk; returns `errno`, or 0.
    private static func fill(_ descriptor: CInt, with bytes: [UInt8]) -> CInt {
        // Independent of the process's umask.
        guard fchmod(descriptor, 0o600) == 0 else { return errno }
        let error = writeAll(bytes, to: descriptor)
        guard error == 0 else { return error }
        return fsync(descriptor) == 0 ? 0 : errno
    }

    private func requirePrivateFolder() throws(OAuthError) {
        var status = stat()
        guard lstat(folder, &status) == 0 else { throw failed("read", errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw unsafe("is in a folder that is a symbolic link", .notAFolder(folder))
        }
        try requireOwner(status, of: folder)
        guard status.st_mode & 0o077 == 0 else {
            throw unsafe("is in a folder that is open to other users", .permissions(folder, mode: 0o700))
        }
    }

    private func requireOwner(_ status: stat, of path: String) throws(OAuthError) {
        guard status.st_uid == geteuid() else {
            throw unsafe("belongs to another user", .foreignOwner(path, expected: geteuid()))
        }
    }

    private func unsafe(_ what: String, _ detail: OAuthError.Detail) -> OAuthError {
        OAuthError(code: .unsafePermissions, message: "\(printable(path)) \(what)", detail: detail)
    }

    private func failed(_ action: String, _ number: CInt) -> OAuthError {
        OAuthError(
            code: number == EEXIST ? .fileExists : .cannotStore,
            message: "\(printable(path)) cannot be \(action) (\(String(cString: strerror(number))))")
    }
}

/// Reads to the end, or to one byte beyond the limit; on failure returns `nil` and sets `errno`.
private func readAll(_ descriptor: CInt, limit: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var count = 0
    while count < bytes.count {
        let result = bytes.withUnsafeMutableBytes { buffer in
            read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
        }
        if result == 0 { break }
        guard result > 0 || errno == EINTR else { return nil }
        count += max(0, result)
    }
    return Array(bytes.prefix(count))
}

/// Writes all bytes; returns `errno`, or 0.
private func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> CInt {
    bytes.withUnsafeBytes { buffer in
        var count = 0
        while count < buffer.count {
            let result = write(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            guard result > 0 || errno == EINTR else { return errno == 0 ? EIO : errno }
            count += max(0, result)
        }
        return 0
    }
}
