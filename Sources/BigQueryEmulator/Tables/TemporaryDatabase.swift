import Foundation
import GRDB

/// The emulator's SQLite database, in a temporary folder that is deleted with the object.
final class TemporaryDatabase: Sendable {
    let pool: DatabasePool
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "bqpull-emulator-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var configuration = Configuration()
        configuration.maximumReaderCount = 8
        configuration.prepareDatabase { database in
            // No data has to survive a crash.
            try database.execute(sql: "PRAGMA synchronous = OFF")
            SQLiteFunctions.install(in: database)
        }
        pool = try DatabasePool(path: folder.appending(path: "emulator.db").path, configuration: configuration)
    }

    deinit {
        // The data is temporary: what cannot be removed here is left to the system.
        try? pool.close()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// SQLite extensions: the collation for decimals, and casts to dates and times.
enum SQLiteFunctions {
    static func install(in database: Database) {
        database.add(collation: DecimalCollation.collation)
        for type in [GoogleSQLType.date, .time, .datetime, .timestamp] {
            database.add(function: cast(to: type))
        }
    }

    private static func cast(to type: GoogleSQLType) -> DatabaseFunction {
        DatabaseFunction("bigquery_\(type.rawValue.lowercased())", argumentCount: 1, pure: true) { arguments in
            guard let text = String.fromDatabaseValue(arguments[0]) else { return nil }
            let field = SchemaField(name: type.rawValue, type: type)
            guard let value = SQLValue.parse(text, type: type) else {
                throw DatabaseError(message: "Invalid \(type.rawValue.lowercased()): '\(text)'")
            }
            return value.storedJSON(field).string
        }
    }
}

/// The collation of NUMERIC and BIGNUMERIC, which are stored as text to preserve all digits.
enum DecimalCollation {
    static let name = "bigquery_decimal"

    static let collation = DatabaseCollation(name) { left, right in
        compare(left, right)
    }

    static func compare(_ left: String, _ right: String) -> ComparisonResult {
        let left = Parts(left)
        let right = Parts(right)
        if left.isNegative != right.isNegative { return left.isNegative ? .orderedAscending : .orderedDescending }
        let magnitude = Parts.compare(left, right)
        return left.isNegative ? ComparisonResult(rawValue: -magnitude.rawValue) ?? .orderedSame : magnitude
    }

    private struct Parts {
        var isNegative: Bool
        var integer: Substring
        var fraction: Substring

        init(_ text: String) {
            let digits = text.drop { $0 == "-" || $0 == "+" }
            let halves = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            integer = (halves.first ?? "").drop { $0 == "0" }
            fraction = halves.count > 1 ? halves[1] : ""
            while fraction.last == "0" { fraction.removeLast() }
            isNegative = text.hasPrefix("-") && !(integer.isEmpty && fraction.isEmpty)
        }

        static func compare(_ left: Parts, _ right: Parts) -> ComparisonResult {
            let leftKey = (left.integer.utf8.count, left.integer, left.fraction)
            let rightKey = (right.integer.utf8.count, right.integer, right.fraction)
            if leftKey == rightKey { return .orderedSame }
            return leftKey < rightKey ? .orderedAscending : .orderedDescending
        }
    }
}
