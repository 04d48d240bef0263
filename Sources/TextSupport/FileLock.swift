package import Foundation

/// A file with an exclusive `flock`, which one process at a time holds. The end of the value or of the process closes the
/// file and releases the lock.
package struct FileLock: ~Copyable, Sendable {
    /// The open file, for reading and writing its content.
    package let descriptor: CInt

    /// Opens the file without locking it. A file that does not exist is created, for its owner only.
    ///
    /// - Throws: `POSIXError`, also if the path is a symbolic link.
    package init(opening path: String) throws(POSIXError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(errno) }
        self.descriptor = descriptor
        // The umask can remove the owner's permissions as well, and later processes could not open the file.
        fchmod(descriptor, 0o600)
    }

    deinit { close(descriptor) }

    /// Takes the lock unless another process holds it.
    ///
    /// - Returns: whether the lock was taken.
    /// - Throws: `POSIXError` if the file system does not support locks.
    package func tryLock() throws(POSIXError) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: return false
            case let number: throw POSIXError(number)
            }
        }
        return true
    }

    /// Releases the lock now. Otherwise it is held to the end of the value's scope.
    package consuming func release() {}
}

extension POSIXError {
    fileprivate init(_ number: CInt) {
        self.init(POSIXErrorCode(rawValue: number) ?? .EIO)
    }
}
