import Foundation

/// A wait for a lock on a staging database that another process holds.
public struct LockWait: Sendable, Hashable {
    /// The database file, as an absolute path.
    public let path: String
    /// The IDs of the processes that hold a lock on it, in ascending order; empty where the system does not list them.
    public let processes: [Int32]

    /// Finds the processes that hold locks on a database now.
    init(of path: String) {
        self.path = path
        processes = Self.holders(of: path)
    }

    /// The other processes that hold a write lock, else those that hold a read lock.
    ///
    /// Read from `/proc/locks`, since `fcntl` needs a descriptor, and closing one would release SQLite's locks.
    private static func holders(of path: String) -> [Int32] {
        // Only Linux has this file, and a container can hide it.
        guard let table = try? String(contentsOfFile: "/proc/locks", encoding: .utf8) else { return [] }
        // In WAL mode the locks are on the shared memory.
        let files = Set([path, path + "-shm"].compactMap(identifier))
        var (readers, writers): (Set<Int32>, Set<Int32>) = ([], [])
        for line in table.split(separator: "\n") {
            // 1: POSIX  ADVISORY  READ  4711 fe:01:131100 1073741826 1073742335
            let words = line.split(separator: " ")
            guard words.count == 8, words[1] == "POSIX", files.contains(String(words[5])),
                let process = Int32(words[4]),
                process > 0, process != getpid()
            else { continue }
            if words[3] == "WRITE" { writers.insert(process) } else { readers.insert(process) }
        }
        return (writers.isEmpty ? readers : writers).sorted()
    }

    /// The identifier of a file in `/proc/locks`: hexadecimal major and minor number of its device, and inode.
    private static func identifier(of path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let device = UInt64(truncatingIfNeeded: status.st_dev)
        let major = (device >> 8) & 0xFFF | (device >> 32) & 0xFFFF_F000
        let minor = device & 0xFF | (device >> 12) & 0xFFFF_FF00
        let numbers = [major, minor].map { number in
            let digits = String(number, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }
        return numbers.joined(separator: ":") + ":\(status.st_ino)"
    }
}
