import Foundation

/// A table that requests and queries can name.
struct Table: Sendable {
    var reference: TableReference
    var source: any RowSource
    /// The table's name in the emulator's SQLite database, where a generated table has rows only once a query
    /// needs them.
    var sqliteName: String
    var created: Date
    var description: String?
}
