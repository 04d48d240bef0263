import BigQueryRows
import Foundation
import GRDB

/// The table that the rows of a run gather in until they are published, with its indexes.
struct HiddenTable: Sendable {
    private let runID: String

    init(of runID: String) {
        self.runID = runID
    }

    /// A name for the place of a row that is no column's.
    private static let place = "\(ControlTables.prefix)place"

    /// A name that no reader looks at.
    var name: String { RunTable.hiddenTable(runID) }

    /// Makes the key and the indexes, once all rows are there: faster than row by row.
    ///
    /// Those that a run which was continued has made already stay, unless they are not wanted any more.
    ///
    /// Throws `keyViolated` if two rows have the same key.
    ///
    /// - Parameter isWhole: whether the table is to be published as it is. Else only the key has a use.
    func makeIndexes(_ staged: StagedTable, isWhole: Bool, _ db: Database) throws {
        var wanted = isWhole ? staged.indexes.map { createIndexSQL(on: name, $0) } : []
        if !staged.key.isEmpty { wanted.append(createIndexSQL(on: name, staged.key, unique: true)) }
        let existing = try Row.fetchAll(
            db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", arguments: [name])
        for index in existing where !wanted.contains(index["sql"]) {
            try db.execute(sql: "DROP INDEX \(SQLiteName.quoted(index["name"]))")
        }
        let made = Set(existing.map { $0["sql"] as String? })
        for sql in wanted where !made.contains(sql) {
            do {
                try db.execute(sql: sql)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
                throw try doubledKey(staged, db)
            }
        }
    }

    /// The values of the last row; `nil` if there is none, or columns have taken all names of SQLite's own row number.
    func lastRow(_ db: Database) throws -> [CellValue]? {
        let columns = Set(try db.columns(in: name).map { SQLiteName($0.name) })
        guard let rowID = ["rowid", "_rowid_", "oid"].first(where: { !columns.contains(SQLiteName($0)) }) else {
            return nil
        }
        let rows = try Row.fetchCursor(
            db, sql: "SELECT * FROM \(SQLiteName.quoted(name)) ORDER BY \(rowID) DESC LIMIT 1")
        guard let row = try rows.next() else { return nil }
        return (0..<row.count).map { index in
            switch (row[index] as DatabaseValue).storage {
            case .null: .null
            case .int64(let value): .integer(value)
            case .double(let value): .double(value)
            // As a C string it would end at a NUL.
            case .string: .text(String(decoding: row[index] as Data, as: UTF8.self))
            case .blob(let value): .blob(Array(value))
            }
        }
    }

    /// A statement that makes an index with a name that no other run uses.
    func createIndexSQL(on table: String, _ columns: [String], unique: Bool = false) -> String {
        let columns = SQLiteName.list(columns)
        let kind = unique ? "key" : "index"
        let suffix = String(SQLiteName(columns).hash64, radix: 16)
        let index = SQLiteName.quoted("\(ControlTables.prefix)\(kind)_\(runID)_\(suffix)")
        return "CREATE \(unique ? "UNIQUE " : "")INDEX \(index) ON \(SQLiteName.quoted(table)) (\(columns))"
    }

    private func doubledKey(_ staged: StagedTable, _ db: Database) throws -> StagingError {
        let place = staged.rowidName ?? "row_number() OVER ()"
        let rows = try Row.fetchOne(
            db,
            sql: """
                WITH numbered AS (SELECT \(place) AS "\(Self.place)", * FROM \(SQLiteName.quoted(name))),
                compared AS (
                    SELECT "\(Self.place)" AS row,
                        min("\(Self.place)") OVER (PARTITION BY \(SQLiteName.list(staged.key))) AS first
                    FROM numbered
                )
                SELECT first, row FROM compared WHERE row > first ORDER BY row LIMIT 1
                """)
        let (first, second): (Int64, Int64) = (rows?[0] ?? 0, rows?[1] ?? 0)
        return StagingError(
            code: .keyViolated,
            message: "row \(second) has the same key (\(staged.key.joined(separator: ", "))) as row \(first)",
            hint: "select one row for each key, or name more columns with --key")
    }
}
