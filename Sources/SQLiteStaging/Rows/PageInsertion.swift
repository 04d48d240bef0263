import BigQueryRows
import GRDB
import GRDBSQLite

/// Puts the cells of a page into one prepared statement, straight from the page's memory.
///
/// Unsafe pointers, because this is where a pull spends its time: SQLite reads text and blobs where they lie
/// (`SQLITE_STATIC`), so a cell costs one call and no copy. The statement is stepped before the page can go
/// away, its bindings are cleared before this returns, and every range is checked against the buffer.
struct PageInsertion {
    private let statement: Statement
    private let handle: OpaquePointer

    /// - Parameter statement: an INSERT with a parameter for each column of the pages.
    init(_ statement: Statement) {
        self.statement = statement
        handle = statement.sqliteStatement
    }

    /// Inserts all rows of the page; returns the bytes of data in their cells, numbers counting as 8.
    ///
    /// Throws the error of the first row that SQLite does not take. The caller's transaction undoes the others.
    func insert(_ page: RowPage) throws -> Int64 {
        defer { sqlite3_clear_bindings(handle) }
        return try page.bytes.withUnsafeBufferPointer { bytes in
            try page.cells.withUnsafeBufferPointer { cells in
                var written: Int64 = 0
                var next = 0
                for row in 0..<page.rowCount {
                    for column in 1...Int32(page.columnCount) {
                        let result = bind(cells[next], at: column, from: bytes, &written)
                        guard result == SQLITE_OK else {
                            throw failure(result, row: page.firstRow + Int64(row), column: column)
                        }
                        next += 1
                    }
                    let result = sqlite3_step(handle)
                    sqlite3_reset(handle)
                    guard result == SQLITE_DONE else {
                        throw failure(result, row: page.firstRow + Int64(row), column: nil)
                    }
                }
                return written
            }
        }
    }

    @inline(__always)
    private func bind(
        _ cell: CellReference, at column: Int32, from bytes: UnsafeBufferPointer<UInt8>,
        _ written: inout Int64
    ) -> Int32 {
        switch cell.kind {
        case .null:
            return sqlite3_bind_null(handle, column)
        case .integer:
            written += 8
            return sqlite3_bind_int64(handle, column, cell.integer)
        case .double:
            written += 8
            return sqlite3_bind_double(handle, column, cell.double)
        case .text, .blob:
            let range = cell.range
            precondition(range.upperBound <= bytes.count)
            written += Int64(range.count)
            // SQLite takes a null pointer for NULL, and the buffer of a page without text may have none other.
            let start = bytes.baseAddress.map { $0 + range.lowerBound } ?? Self.nothing.utf8Start
            return cell.kind == .text
                ? sqlite3_bind_text64(
                    handle, column, UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self),
                    UInt64(range.count), nil, UInt8(SQLITE_UTF8))
                : sqlite3_bind_blob64(handle, column, start, UInt64(range.count), nil)
        }
    }

    private static let nothing: StaticString = ""

    /// - Parameters:
    ///   - row: counted from 0.
    ///   - column: counted from 1.
    private func failure(_ result: Int32, row: Int64, column: Int32?) -> any Error {
        let error = DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(sqlite3_db_handle(handle))),
            message: sqlite3_db_handle(handle).map { String(cString: sqlite3_errmsg($0)) })
        switch error.extendedResultCode {
        case .SQLITE_TOOBIG:
            let place = column.map { "row \(row + 1), column \($0)" } ?? "row \(row + 1)"
            return StagingError(
                code: .valueTooLarge, message: "\(place): longer than SQLite can store (SQLite error \(result))",
                cause: error)
        case .SQLITE_CONSTRAINT_NOTNULL:
            // "NOT NULL constraint failed: table.column", and the names of hidden tables have no dots.
            let name = error.message?.split(separator: ".", maxSplits: 1).last.map(String.init) ?? "?"
            return StagingError(
                code: .keyViolated, message: "row \(row + 1): the column \(name) of the key is NULL",
                hint: "leave such rows out, or name other columns with --key", cause: error)
        default: return error
        }
    }
}
