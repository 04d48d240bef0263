import Foundation
import GRDB

/// What the emulator adds to SQLite: the order of decimals, and casts to dates and times.
enum SQLiteFunctions {
    static func install(in database: Database) {
        database.add(collation: DecimalCollation.collation)
        for type in [FieldType.date, .time, .datetime, .timestamp] {
            database.add(function: cast(to: type))
        }
    }

    private static func cast(to type: FieldType) -> DatabaseFunction {
        DatabaseFunction("bigquery_\(type.rawValue.lowercased())", argumentCount: 1, pure: true) { arguments in
            guard let text = String.fromDatabaseValue(arguments[0]) else { return nil }
            let field = Field(name: type.rawValue, type: type)
            guard let value = try? Value(text: text, field: field) else {
                throw DatabaseError(message: "Invalid \(type.rawValue.lowercased()): '\(text)'")
            }
            return value.storedJSON(field).string
        }
    }
}
