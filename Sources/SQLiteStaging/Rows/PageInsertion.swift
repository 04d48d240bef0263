import BigQueryRows
import GRDB
import GRDBSQLite

/// Inserts the rows of a page with one statement, which reads the page as a virtual table.
///
/// SQLite reads one cell after another, and text and blobs in place. Compared to an INSERT with bound values for every
/// row, that saves a quarter of the time, since a statement begins and ends once per page.
///
/// Unsafe pointers, because SQLite's interface consists of them, and because a pull spends most of its time here. The
/// page's memory is held while ``showing(_:_:)`` runs; at other times the table is empty. Only cells of the page are
/// read, and every range is checked against its bytes.
///
/// A class, because the run and the connection share it: SQLite keeps a reference until the connection is closed.
/// Unchecked, because its memory is a pointer that only the thread of the connection uses, while the statement runs.
final class PageInsertion: @unchecked Sendable {
    /// The page that cursors read.
    private struct Content {
        var cells = UnsafeBufferPointer<CellReference>(start: nil, count: 0)
        var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        /// The first cell of the current row.
        var position = 0
        let columnCount: Int
    }

    /// SQLite's part of a table and of a cursor comes first in memory, as SQLite expects.
    private struct Table {
        var base = sqlite3_vtab()
        let content: UnsafeMutablePointer<Content>
    }

    private struct Cursor {
        var base = sqlite3_vtab_cursor()
        let content: UnsafeMutablePointer<Content>
    }

    private let content: UnsafeMutablePointer<Content>
    /// The name of the virtual table, different for every insertion on a connection.
    private let name: String
    private let sql: String
    /// The number of columns of each page.
    let columnCount: Int
    /// The values of the columns after those of the page; `nil` without such columns.
    private let addedValues: StatementArguments?

    /// Prepares the insertion of pages with this many columns into a table.
    ///
    /// - Parameters:
    ///   - columnCount: the number of columns of each page.
    ///   - addedValues: the values of further columns of the table, the same in every row. Defaults to none.
    ///   - table: the table.
    init(columnCount: Int, adding addedValues: [String?] = [], into table: String) {
        content = .allocate(capacity: 1)
        content.initialize(to: Content(columnCount: columnCount))
        name = "\(ControlTables.prefix)page_\(UInt(bitPattern: content))"
        self.columnCount = columnCount
        self.addedValues = addedValues.isEmpty ? nil : StatementArguments(addedValues)
        let values = (["*"] + addedValues.map { _ in "?" }).joined(separator: ", ")
        sql = "INSERT INTO \(SQLiteName.quoted(table)) SELECT \(values) FROM \(SQLiteName.quoted(name))"
    }

    deinit {
        content.deallocate()
    }

    /// Adds the virtual table to a connection, which keeps it until it is closed.
    func register(in db: Database) throws {
        let result = sqlite3_create_module_v2(
            db.sqliteConnection, name, Self.module, Unmanaged.passRetained(self).toOpaque()
        ) { Unmanaged<PageInsertion>.fromOpaque($0.unsafelyUnwrapped).release() }
        guard result == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: result)) }
    }

    /// Inserts all rows of the page. If that fails, the caller's transaction has to be rolled back.
    ///
    /// - Throws: the error of the first row that SQLite rejects, or ``StagingError`` `incomplete` if fewer rows were
    ///   stored without an error.
    func insert(_ page: RowPage, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: sql)
        do {
            try showing(page) { try statement.execute(arguments: addedValues) }
        } catch let error as DatabaseError {
            throw failure(error, in: page, db)
        }
        guard db.changesCount == page.rowCount else {
            throw StagingError(
                code: .incomplete,
                message: """
                    \(db.changesCount) of \(page.rowCount) rows from row \(page.firstRow + 1) on were stored: another \
                    program has changed the table that they are staged in
                    """)
        }
    }

    /// Runs `body` while the virtual table has the rows of a page.
    private func showing(_ page: RowPage, _ body: () throws -> Void) rethrows {
        precondition(page.columnCount == content.pointee.columnCount)
        try page.bytes.withUnsafeBytes { bytes in
            try page.cells.withUnsafeBufferPointer { cells in
                content.pointee.bytes = bytes
                content.pointee.cells = cells
                content.pointee.position = 0
                defer {
                    content.pointee.bytes = UnsafeRawBufferPointer(start: nil, count: 0)
                    content.pointee.cells = UnsafeBufferPointer(start: nil, count: 0)
                }
                try body()
            }
        }
    }

    private func failure(_ error: DatabaseError, in page: RowPage, _ db: Database) -> any Error {
        let row = content.pointee.position / content.pointee.columnCount
        let place = "row \(page.firstRow + Int64(row) + 1)"
        switch error.extendedResultCode {
        case .SQLITE_TOOBIG:
            let limit = Int(sqlite3_limit(db.sqliteConnection, SQLITE_LIMIT_LENGTH, -1))
            let column = page.firstColumn(of: row, longerThan: limit).map { ", column \($0 + 1)" } ?? ""
            return StagingError(
                code: .valueTooLarge,
                message: "\(place)\(column): longer than SQLite can store (SQLite error \(error.resultCode.rawValue))",
                cause: error)
        case .SQLITE_CONSTRAINT_NOTNULL:
            // "NOT NULL constraint failed: table.column", and the names of hidden tables have no dots.
            let name = error.message?.split(separator: ".", maxSplits: 1).last.map(String.init) ?? "?"
            return StagingError(
                code: .keyViolated, message: "\(place): key column \(name) is NULL", detail: .nullKey, cause: error)
        default: return error
        }
    }

    // MARK: The virtual table

    /// Never deallocated, since SQLite keeps the pointer.
    nonisolated(unsafe) private static let module: UnsafePointer<sqlite3_module> = {
        var module = sqlite3_module()
        // Without xCreate, the table exists without a CREATE statement.
        module.xConnect = { db, insertion, _, _, result, _ in
            let content = Unmanaged<PageInsertion>.fromOpaque(insertion.unsafelyUnwrapped)
                .takeUnretainedValue().content
            let columns = (0..<content.pointee.columnCount).map { "c\($0)" }.joined(separator: ",")
            let declared = sqlite3_declare_vtab(db, "CREATE TABLE t(\(columns))")
            guard declared == SQLITE_OK else { return declared }
            let table = UnsafeMutablePointer<Table>.allocate(capacity: 1)
            table.initialize(to: Table(content: content))
            result?.pointee = UnsafeMutableRawPointer(table).assumingMemoryBound(to: sqlite3_vtab.self)
            return SQLITE_OK
        }
        module.xDisconnect = { table in
            UnsafeMutableRawPointer(table)?.deallocate()
            return SQLITE_OK
        }
        module.xBestIndex = { _, _ in SQLITE_OK }
        module.xOpen = { table, result in
            let cursor = UnsafeMutablePointer<Cursor>.allocate(capacity: 1)
            let table = UnsafeMutableRawPointer(table.unsafelyUnwrapped).assumingMemoryBound(to: Table.self)
            cursor.initialize(to: Cursor(content: table.pointee.content))
            result?.pointee = UnsafeMutableRawPointer(cursor).assumingMemoryBound(to: sqlite3_vtab_cursor.self)
            return SQLITE_OK
        }
        module.xClose = { cursor in
            UnsafeMutableRawPointer(cursor)?.deallocate()
            return SQLITE_OK
        }
        module.xFilter = { cursor, _, _, _, _ in
            content(of: cursor).pointee.position = 0
            return SQLITE_OK
        }
        module.xNext = { cursor in
            let content = content(of: cursor)
            content.pointee.position += content.pointee.columnCount
            return SQLITE_OK
        }
        module.xEof = { cursor in
            let content = content(of: cursor)
            return content.pointee.position < content.pointee.cells.count ? 0 : 1
        }
        module.xColumn = { cursor, context, column in
            show(content(of: cursor), Int(column), to: context)
            return SQLITE_OK
        }
        module.xRowid = { cursor, row in
            row?.pointee = Int64(content(of: cursor).pointee.position)
            return SQLITE_OK
        }
        let pointer = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
        pointer.initialize(to: module)
        return UnsafePointer(pointer)
    }()

    @inline(__always)
    private static func content(
        of cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?
    ) -> UnsafeMutablePointer<Content> {
        UnsafeMutableRawPointer(cursor.unsafelyUnwrapped).assumingMemoryBound(to: Cursor.self).pointee.content
    }

    @inline(__always)
    private static func show(_ content: UnsafeMutablePointer<Content>, _ column: Int, to context: OpaquePointer?) {
        let cell = content.pointee.cells[content.pointee.position + column]
        switch cell.kind {
        case .null: break
        case .integer: sqlite3_result_int64(context, cell.integer)
        case .double: sqlite3_result_double(context, cell.double)
        case .text, .blob:
            let range = cell.range
            let bytes = content.pointee.bytes
            precondition(range.upperBound <= bytes.count)
            // SQLite treats a null pointer as NULL, and the buffer of a page without text can have a null base address.
            let start = bytes.baseAddress.map { $0 + range.lowerBound } ?? UnsafeRawPointer(empty.utf8Start)
            // No destructor: the memory outlives the statement.
            if cell.kind == .text {
                sqlite3_result_text64(
                    context, start.assumingMemoryBound(to: CChar.self), UInt64(range.count), nil, UInt8(SQLITE_UTF8))
            } else {
                sqlite3_result_blob64(context, start, UInt64(range.count), nil)
            }
        }
    }

    private static let empty: StaticString = ""
}

extension RowPage {
    /// The first column of a row whose text or blob is longer than a limit in bytes.
    fileprivate func firstColumn(of row: Int, longerThan limit: Int) -> Int? {
        (0..<columnCount).first { column in
            let cell = cells[row * columnCount + column]
            return (cell.kind == .text || cell.kind == .blob) && cell.range.count > limit
        }
    }
}
