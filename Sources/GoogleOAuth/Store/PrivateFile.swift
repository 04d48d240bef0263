import Foundation
import GoogleHTTP

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
            case ELOOP: throw unsafe("is a symbolic link", mend: "rm \(quoted(path)), and log in again")
            default: throw failed("read", errno)
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failed("read", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw unsafe("is not a file", mend: "rm -r \(quoted(path)), and log in again")
        }
        try requireOwner(status, of: path)
        guard status.st_mode & 0o077 == 0 else {
            throw unsafe("can be read or changed by other users", mend: "chmod 600 \(quoted(path))")
        }
        try requirePrivateFolder()
        let bytes: Data
        do {
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
            bytes = try file.read(upToCount: Self.maximumSize + 1) ?? Data()
        } catch {
            throw failed("read", errno)
        }
        guard bytes.count <= Self.maximumSize else {
            throw OAuthError(
                code: .credentialsInvalid, message: "\(printable(path)) is larger than 64 KiB, so it is not one of ours"
            )
        }
        return Array(bytes)
    }

    /// Writes the file, with mode 0600.
    ///
    /// - Parameter replaces: whether it may take the place of another one, which it then does in one step, in a
    ///   folder that is made with mode 0700 if it does not exist. Otherwise the folder may be any.
    /// - Throws: ``OAuthError`` with code `cannotStore`, or `unsafePermissions` for a folder that others may change.
    package func write(_ bytes: [UInt8], replaces: Bool = true) throws(OAuthError) {
        if replaces {
            do {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw failed("written", errno)
            }
            try requirePrivateFolder()
        }
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
        do {
            try FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).write(contentsOf: Data(bytes))
        } catch {
            return errno
        }
        return fsync(descriptor) == 0 ? 0 : errno
    }

    private func requirePrivateFolder() throws(OAuthError) {
        var status = stat()
        guard lstat(folder, &status) == 0 else { throw failed("read", errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw unsafe("is in a folder that is a symbolic link", mend: "replace \(quoted(folder)) by a folder")
        }
        try requireOwner(status, of: folder)
        guard status.st_mode & 0o077 == 0 else {
            throw unsafe("is in a folder that is open to other users", mend: "chmod 700 \(quoted(folder))")
        }
    }

    private func requireOwner(_ status: stat, of path: String) throws(OAuthError) {
        guard status.st_uid == geteuid() else {
            throw unsafe("belongs to another user", mend: "sudo chown \(geteuid()) \(quoted(path))")
        }
    }

    private func unsafe(_ what: String, mend: String) -> OAuthError {
        OAuthError(code: .unsafePermissions, message: "\(printable(path)) \(what)", hint: mend)
    }

    private func failed(_ action: String, _ number: CInt) -> OAuthError {
        OAuthError(
            code: number == EACCES && action == "read" ? .credentialsMissing : .cannotStore,
            message: "\(printable(path)) cannot be \(action) (\(String(cString: strerror(number))))",
            hint: number == EEXIST
                ? "remove it, or name another file"
                : "check that the folder is there, yours, and not on a full or read-only disk"
        )
    }
}

/// A text as a shell reads it as one word.
package func quoted(_ text: String) -> String {
    "'" + printable(text, limit: 4096).replacing("'", with: "'\\''") + "'"
}
