import BigQueryRows
import GRDB
import GRDBSQLite

/// The rows of a page as a virtual table, from which one statement inserts all of them.
///
/// SQLite asks for the cells one after another and takes text and blobs where they lie. Beside binding cells to an
/// INSERT for every row, that saves a quarter of the time: a statement begins and ends once a page.
///
/// Unsafe pointers, because SQLite's interface is made of them, and because this is where a pull spends its time.
/// The page's memory is held while ``showing(_:_:)`` runs, outside of which the table is empty; a cell is read only
/// between the first and the last of the page, and every range is checked against its bytes.
///
/// For one thread at a time: the one that its connection is used on.
final class PageTable: @unchecked Sendable {
    /// What cursors read.
    private struct Content {
        var cells = UnsafeBufferPointer<CellReference>(start: nil, count: 0)
        var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        /// The first cell of the row that is read.
        var position = 0
        let columnCount: Int
    }

    /// SQLite's part of the table and of a cursor comes first in memory, as it expects.
    private struct Table {
        var base = sqlite3_vtab()
        let content: UnsafeMutablePointer<Content>
    }

    private struct Cursor {
        var base = sqlite3_vtab_cursor()
        let content: UnsafeMutablePointer<Content>
    }

    private let content: UnsafeMutablePointer<Content>

    /// A table of this many columns.
    init(columnCount: Int) {
        content = .allocate(capacity: 1)
        content.initialize(to: Content(columnCount: columnCount))
    }

    deinit {
        content.deallocate()
    }

    /// Its name, which no other table has that is known to the same connection.
    var name: String { "\(ControlTables.prefix)page_\(UInt(bitPattern: content))" }

    /// The row of the page that was read last, counted from 0.
    var row: Int { content.pointee.position / content.pointee.columnCount }

    /// Makes the table known to a connection until that is closed.
    func register(in db: Database) throws {
        let result = sqlite3_create_module_v2(
            db.sqliteConnection, name, Self.module, Unmanaged.passRetained(self).toOpaque()
        ) { Unmanaged<PageTable>.fromOpaque($0.unsafelyUnwrapped).release() }
        guard result == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: result)) }
    }

    /// Carries out `body` while the table has the rows of a page.
    func showing(_ page: RowPage, _ body: () throws -> Void) rethrows {
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

    // MARK: What SQLite calls

    /// Lives for ever, since SQLite keeps the pointer.
    nonisolated(unsafe) private static let module: UnsafePointer<sqlite3_module> = {
        var module = sqlite3_module()
        // No xCreate: the table is there without being created.
        module.xConnect = { db, pages, _, _, result, _ in
            let content = Unmanaged<PageTable>.fromOpaque(pages.unsafelyUnwrapped).takeUnretainedValue().content
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
            // SQLite takes a null pointer for NULL, and the buffer of a page without text may have none other.
            let start = bytes.baseAddress.map { $0 + range.lowerBound } ?? UnsafeRawPointer(nothing.utf8Start)
            // No destructor: the memory stays while the statement runs.
            if cell.kind == .text {
                sqlite3_result_text64(
                    context, start.assumingMemoryBound(to: CChar.self), UInt64(range.count), nil, UInt8(SQLITE_UTF8))
            } else {
                sqlite3_result_blob64(context, start, UInt64(range.count), nil)
            }
        }
    }

    private static let nothing: StaticString = ""
}
