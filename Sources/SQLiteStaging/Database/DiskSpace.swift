import BigQueryRows
import Foundation

/// The free disk space for a database.
package struct DiskSpace: Sendable {
    /// The free bytes; `nil` if unknown.
    package var freeBytes: Int64?

    package init(freeBytes: Int64?) {
        self.freeBytes = freeBytes
    }

    /// Reads the free space of the file system of a database, which need not exist.
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

    /// With less than this, pages are written only if the whole result fits.
    private static let scarceBytes: Int64 = 64_000_000

    /// The largest space that publishing needs besides the rows, for pages in the log that are not yet in the file.
    private static let largestReserve: Int64 = 16 << 20

    /// Whether the rest of a result would fill the disk.
    ///
    /// - Parameters:
    ///   - rest: the approximate bytes of the missing rows.
    ///   - whole: the approximate bytes of all rows.
    ///   - isCopied: whether publishing copies the rows into another table.
    /// - Returns: `false` if the free space is unknown or plentiful.
    func isTooScarce(forRest rest: Int64, of whole: Int64, isCopied: Bool) -> Bool {
        guard let freeBytes, freeBytes < Self.scarceBytes else { return false }
        let reserve = min(whole, Self.largestReserve)
        return rest > freeBytes - reserve - (isCopied ? whole : 0)
    }

    /// The bytes that a result needs if they exceed the free space. That includes results whose first page
    /// ``isTooScarce(forRest:of:isCopied:)`` would reject.
    ///
    /// - Parameters:
    ///   - bytes: the approximate bytes of all rows.
    ///   - isCopied: whether publishing copies the rows into another table.
    /// - Returns: `nil` if the result fits or the free space is unknown.
    package func shortage(for bytes: Int64, isCopied: Bool) -> Int64? {
        guard let freeBytes else { return nil }
        // Larger than every disk, without overflow in sums.
        let rows = min(max(bytes, 0), 1 << 60)
        let needed = isCopied ? 2 * rows : rows
        if needed > freeBytes { return needed }
        return isTooScarce(forRest: rows, of: rows, isCopied: isCopied) ? needed + min(rows, Self.largestReserve) : nil
    }

    /// A number of bytes as text, in powers of 1,000.
    package static func text(_ bytes: Int64) -> String {
        for (unit, size) in [("GB", Int64(1_000_000_000)), ("MB", 1_000_000)] where bytes >= size {
            return "\(bytes / size) \(unit)"
        }
        return "\(bytes / 1000) kB"
    }
}

extension RowPage {
    /// The approximate bytes of the page's rows in a database.
    package var storedByteCount: Int64 {
        // A row has a row ID and a length besides its values, and a value has a type.
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

    /// The approximate bytes of this number of similar rows in a database.
    package func storedByteCount(rows: Int64) -> Int64 {
        guard rowCount > 0 else { return 0 }
        let bytes = Double(storedByteCount) / Double(rowCount) * Double(rows)
        // Larger than every disk, without overflow in sums.
        return bytes < 0x1p60 ? Int64(bytes.rounded()) : 1 << 60
    }

    /// The bytes of data in the cells: text and blobs by their length, a number as 8, NULL as 0.
    var dataByteCount: Int64 {
        var count = 0
        for cell in cells {
            switch cell.kind {
            case .null: break
            case .integer, .double: count += 8
            case .text, .blob: count += cell.range.count
            }
        }
        return Int64(count)
    }
}
