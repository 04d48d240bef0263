import BigQueryRows
import Foundation

/// The disk space for a database and its rows.
package struct DiskSpace: Sendable {
    /// The bytes that are free; `nil` if the system does not say.
    package var freeBytes: Int64?

    package init(freeBytes: Int64?) {
        self.freeBytes = freeBytes
    }

    /// Looks at the file system of a path.
    ///
    /// - Parameter path: the database, which need not exist.
    package init(at path: String) {
        var status = statvfs()
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard statvfs(folder, &status) == 0 else {
            self.init(freeBytes: nil)
            return
        }
        let (bytes, isTooLarge) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        self.init(freeBytes: isTooLarge ? .max : Int64(clamping: bytes))
    }

    /// With less than this, a result is written only if it will fit.
    private static let scarceBytes: Int64 = 64_000_000

    /// What publishing needs besides the rows: the pages that are in the log and not yet in the file.
    private static let largestReserve: Int64 = 16 << 20

    /// Whether the rest of a result should not be written, because it would fill the disk.
    ///
    /// - Parameters:
    ///   - rest: about the bytes that the rows which are not staged yet need.
    ///   - whole: about those of all rows of the result.
    ///   - isCopied: whether publishing copies the rows into another table.
    func isTooScarce(forRest rest: Int64, of whole: Int64, isCopied: Bool) -> Bool {
        guard let freeBytes, freeBytes < Self.scarceBytes else { return false }
        let reserve = min(whole, Self.largestReserve)
        return rest > freeBytes - reserve - (isCopied ? whole : 0)
    }

    /// The bytes that a result needs, if that is more than there is: what ``isTooScarce(forRest:of:isCopied:)`` would
    /// reject at its first page is a shortage in advance as well. `nil` if it fits or the space is not known.
    ///
    /// - Parameters:
    ///   - bytes: about the bytes of all its rows.
    ///   - isCopied: whether publishing copies the rows into another table.
    package func shortage(for bytes: Int64, isCopied: Bool) -> Int64? {
        guard let freeBytes else { return nil }
        // Far beyond every disk, and small enough to be added to others.
        let rows = min(max(bytes, 0), 1 << 60)
        let needed = isCopied ? 2 * rows : rows
        if needed > freeBytes { return needed }
        return isTooScarce(forRest: rows, of: rows, isCopied: isCopied) ? needed + min(rows, Self.largestReserve) : nil
    }

    /// A number of bytes for people, in powers of 1,000.
    package static func text(_ bytes: Int64) -> String {
        for (unit, size) in [("GB", Int64(1_000_000_000)), ("MB", 1_000_000)] where bytes >= size {
            return "\(bytes / size) \(unit)"
        }
        return "\(bytes / 1000) kB"
    }
}

extension RowPage {
    /// About the bytes that the page's rows fill in a database.
    package var storedByteCount: Int64 {
        // A row has a key and a length besides its values, a value its type.
        let values = cells.reduce(into: Int64(0)) { count, cell in
            switch cell.kind {
            case .null: count += 1
            case .integer: count += 5
            case .double: count += 9
            case .text, .blob: count += 2 + Int64(cell.range.count)
            }
        }
        return values + 8 * Int64(rowCount)
    }

    /// About the bytes that so many rows like these fill in a database.
    package func storedByteCount(rows: Int64) -> Int64 {
        guard rowCount > 0 else { return 0 }
        let bytes = Double(storedByteCount) / Double(rowCount) * Double(rows)
        // Far beyond every disk, and small enough to be added to others.
        return bytes < 0x1p60 ? Int64(bytes.rounded()) : 1 << 60
    }
}
