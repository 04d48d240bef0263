import BigQueryRows
import Foundation

/// The room for a result where the staging database is.
struct LocalRoom {
    /// The bytes that are free; `nil` if that is not known.
    var freeBytes: Int64?

    /// Results above this size are worked with in BigQuery or in files of columns rather than in one file on one machine.
    static let sensibleBytes: Int64 = 100_000_000_000

    init(freeBytes: Int64?) {
        self.freeBytes = freeBytes
    }

    /// - Parameter path: the database, which need not exist.
    init(at path: String) {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        freeBytes = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value
    }

    /// What there is to say about a result of about this size; `nil` if a local file is the place for it.
    func warning(_ resultBytes: Int64) -> PullWarning? {
        let size = "the rows need about \(Self.text(resultBytes)) here"
        if let freeBytes, resultBytes > freeBytes {
            return PullWarning(code: .largeResult, message: "\(size), and \(Self.text(freeBytes)) are free")
        }
        guard resultBytes > Self.sensibleBytes else { return nil }
        return PullWarning(code: .largeResult, message: "\(size), which is much for one file on one machine")
    }

    private static func text(_ bytes: Int64) -> String {
        bytes < 1_000_000_000 ? "\(bytes / 1_000_000) MB" : "\(bytes / 1_000_000_000) GB"
    }
}

extension RowPage {
    /// About the bytes that the page's rows fill in a database.
    fileprivate var storedByteCount: Int64 {
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
}

extension PullSession.Result {
    /// About the bytes that the rows fill in a database which are to come; `nil` if they are all in the first page.
    var storedByteCount: Int64? {
        let rows = wantedRows - firstPage.rows.firstRow
        let count = Int64(firstPage.rows.rowCount)
        guard count > 0, rows > count else { return nil }
        let bytes = Double(firstPage.rows.storedByteCount) / Double(count) * Double(rows)
        return Int64(exactly: bytes.rounded()) ?? .max
    }
}
