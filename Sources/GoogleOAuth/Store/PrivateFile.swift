import Foundation
import TextSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that only the user may read, in a folder that only the user may change.
///
/// It is read only if it really is that, and never through a symbolic link; it is replaced as a whole, so that
/// others see the old or the new one.
package struct PrivateFile: Sendable {
    /// Where it is.
    package let path: String

    /// The size that a file of credentials may have, in bytes.
    static let maximumSize = 64 * 1024

    /// Names a file; nothing is touched.
    package init(path: String) {
        self.path = path
    }

    private var folder: String { (path as NSString).deletingLastPathComponent }

    /// The whole content, or `nil` if there is no such file.
    ///
    /// - Throws: ``OAuthError`` with code `unsafePermissions`, with the command that mends them, or
    ///   `credentialsInvalid` for more than 64 KiB.
    package func read() throws(OAuthError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: return nil
            case ELOOP: throw unsafe("is a symbolic link", mend: "rm \(shellWord(printable(path))), and log in again")
            default: throw failed("read", errno)
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failed("read", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw unsafe("is not a file", mend: "rm -r \(shellWord(printable(path))), and log in again")
        }
        try requireOwner(status, of: path)
        guard status.st_mode & 0o077 == 0 else {
            throw unsafe("can be read or changed by other users", mend: "chmod 600 \(shellWord(printable(path)))")
        }
        try requirePrivateFolder()
        guard let bytes = readAll(descriptor, limit: Self.maximumSize) else { throw failed("read", errno) }
        guard bytes.count <= Self.maximumSize else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "\(printable(path)) is larger than 64 KiB, so it is not one of ours",
                hint: "rm \(shellWord(printable(path))), and log in again"
            )
        }
        return bytes
    }

    /// Writes the file, with mode 0600.
    ///
    /// - Parameter replaces: whether it may take the place of another one, which it then does in one step, in a
    ///   folder that is made with mode 0700 if it does not exist. Otherwise the folder may be any.
    /// - Throws: ``OAuthError`` with code `cannotStore`, or `unsafePermissions` for a folder that others may change.
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

    /// Makes the folder, and checks that a file in it can be the user's only.
    ///
    /// - Throws: ``OAuthError`` with code `cannotStore` or `unsafePermissions`.
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

    /// Throws ``OAuthError`` with code `fileExists` if there is one.
    package func requireAbsent() throws(OAuthError) {
        var status = stat()
        if lstat(path, &status) == 0 { throw failed("written", EEXIST) }
    }

    /// Removes the file.
    ///
    /// - Returns: whether there was one.
    /// - Throws: ``OAuthError`` with code `cannotStore`.
    @discardableResult
    package func remove() throws(OAuthError) -> Bool {
        guard unlink(path) != 0 else { return true }
        guard errno == ENOENT || errno == ENOTDIR else { throw failed("removed", errno) }
        return false
    }

    /// Writes all bytes and waits until they are on the disk; returns `errno`, or 0.
    private static func fill(_ descriptor: CInt, with bytes: [UInt8]) -> CInt {
        // The mode is exact whatever the process's mask is.
        guard fchmod(descriptor, 0o600) == 0 else { return errno }
        let error = writeAll(bytes, to: descriptor)
        guard error == 0 else { return error }
        return fsync(descriptor) == 0 ? 0 : errno
    }

    private func requirePrivateFolder() throws(OAuthError) {
        var status = stat()
        guard lstat(folder, &status) == 0 else { throw failed("read", errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw unsafe(
                "is in a folder that is a symbolic link", mend: "replace \(shellWord(printable(folder))) by a folder")
        }
        try requireOwner(status, of: folder)
        guard status.st_mode & 0o077 == 0 else {
            throw unsafe(
                "is in a folder that is open to other users", mend: "chmod 700 \(shellWord(printable(folder)))")
        }
    }

    private func requireOwner(_ status: stat, of path: String) throws(OAuthError) {
        guard status.st_uid == geteuid() else {
            throw unsafe("belongs to another user", mend: "sudo chown \(geteuid()) \(shellWord(printable(path)))")
        }
    }

    private func unsafe(_ what: String, mend: String) -> OAuthError {
        OAuthError(code: .unsafePermissions, message: "\(printable(path)) \(what)", hint: mend)
    }

    private func failed(_ action: String, _ number: CInt) -> OAuthError {
        OAuthError(
            code: number == EEXIST ? .fileExists : .cannotStore,
            message: "\(printable(path)) cannot be \(action) (\(String(cString: strerror(number))))",
            hint: number == EEXIST
                ? "remove it, or name another file"
                : "check that the folder is there, yours, and not on a full or read-only disk"
        )
    }
}

/// Reads to the end, or to one byte beyond the limit; `nil` if that fails, with the reason in `errno`.
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

/// Writes all bytes; returns 0, or the reason why not.
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
