import BigQueryRows

/// The declared type of a staged column.
///
/// Every other name (`NUMERIC`, `DATE`, `TIMESTAMP`) would give the column numeric affinity, and SQLite would convert text
/// that looks like a number.
enum ColumnType: String, Sendable {
    case integer = "INTEGER"
    case real = "REAL"
    case text = "TEXT"
    case blob = "BLOB"

    /// The type for the values of a BigQuery column.
    init(_ field: TableSchema.Field) {
        self =
            switch (field.mode, field.type) {
            case (.repeated, _): .text
            case (_, .int64), (_, .bool): .integer
            case (_, .float64): .real
            case (_, .bytes): .blob
            default: .text
            }
    }
}
