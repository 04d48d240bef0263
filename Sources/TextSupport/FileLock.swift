package import Foundation

/// An exclusive `flock` on a file. One process at a time holds it, and the system releases it when the process exits.
package struct FileLock: Sendable {
    /// The open file, for reading and writing its content.
    package let descriptor: CInt

    /// Opens the file without locking it. A file that does not exist is created, for its owner only.
    ///
    /// - Throws: `POSIXError`, also if the path is a symbolic link.
    package init(opening path: String) throws(POSIXError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(errno) }
        // The umask can remove the owner's permissions as well, and later processes could not open the file.
        fchmod(descriptor, 0o600)
    }

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

    /// Closes the file, which releases the lock. To be called once.
    package func release() {
        close(descriptor)
    }
}

extension POSIXError {
    fileprivate init(_ number: CInt) {
        self.init(POSIXErrorCode(rawValue: number) ?? .EIO)
    }
}
