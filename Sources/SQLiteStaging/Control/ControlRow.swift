import BigQueryRows
import Foundation

/// One row of a control table. Any program can have written it, so every value is checked when it is read.
struct ControlRow {
    /// A value as SQLite stores it; text as bytes, since SQLite does not check that it is UTF-8.
    enum Value: Equatable {
        case null
        case integer(Int64)
        case real(Double)
        case text([UInt8])
        case blob([UInt8])
    }

    /// The control table.
    let table: String
    /// The database, for messages.
    let path: String
    /// The values by column.
    let values: [String: Value]

    /// The largest count that is accepted. Sums of larger ones could overflow.
    private static let largestCount: Int64 = 1 << 60

    /// A text, not NULL.
    func text(_ column: String) throws -> String {
        try require(column) { try optionalText(column) }
    }

    /// A text without NUL, in valid UTF-8; `nil` for NULL.
    func optionalText(_ column: String) throws -> String? {
        guard let value = try value(column) else { return nil }
        guard case .text(let bytes) = value, !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self)
        else {
            throw unexpected(column)
        }
        return text
    }

    /// A count, not NULL.
    func count(_ column: String) throws -> Int64 {
        try require(column) { try optionalCount(column) }
    }

    /// A count of 0 or above; `nil` for NULL.
    func optionalCount(_ column: String) throws -> Int64? {
        guard let value = try value(column) else { return nil }
        guard case .integer(let number) = value, (0...Self.largestCount).contains(number) else {
            throw unexpected(column)
        }
        return number
    }

    /// Two row IDs, of which the first is not above the second; `nil` if both are NULL.
    func optionalRowIDs(_ first: String, _ last: String) throws -> ClosedRange<Int64>? {
        guard let lower = try value(first), let upper = try value(last) else {
            guard try value(first) == nil, try value(last) == nil else { throw unexpected(last) }
            return nil
        }
        guard case .integer(let lower) = lower, case .integer(let upper) = upper, lower <= upper else {
            throw unexpected(last)
        }
        return lower...upper
    }

    /// `false` for 0, `true` for 1.
    func flag(_ column: String) throws -> Bool {
        try require(column) { try optionalFlag(column) }
    }

    /// `false` for 0, `true` for 1, `nil` for NULL.
    func optionalFlag(_ column: String) throws -> Bool? {
        guard let number = try optionalCount(column) else { return nil }
        guard number <= 1 else { throw unexpected(column) }
        return number == 1
    }

    /// A time, not NULL.
    func date(_ column: String) throws -> Date {
        try require(column) { try optionalDate(column) }
    }

    /// A time in the form of ``text(of:)``; `nil` for NULL.
    func optionalDate(_ column: String) throws -> Date? {
        guard let text = try optionalText(column) else { return nil }
        // The expression admits impossible dates, such as February 30.
        guard text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z/) != nil,
            let date = try? Date(text, strategy: Self.dateFormat)
        else { throw unexpected(column) }
        return date
    }

    /// A case of an enumeration, not NULL.
    func name<Name: RawRepresentable<String>>(_ column: String) throws -> Name {
        try require(column) { try optionalName(column) }
    }

    /// A case of an enumeration; `nil` for NULL.
    func optionalName<Name: RawRepresentable<String>>(_ column: String) throws -> Name? {
        guard let text = try optionalText(column) else { return nil }
        guard let name = Name(rawValue: text) else { throw unexpected(column) }
        return name
    }

    /// The type of an incremental column, by its GoogleSQL name; `nil` for NULL.
    func optionalIncrementalType(_ column: String) throws -> FieldType? {
        guard let text = try optionalText(column) else { return nil }
        guard let type = IncrementalValue.types.first(where: { $0.name == text }) else { throw unexpected(column) }
        return type
    }

    /// A value of an incremental column; `nil` for NULL. A value without a type is unexpected.
    func optionalIncrementalValue(_ column: String, type: FieldType?) throws -> IncrementalValue? {
        guard let text = try optionalText(column) else { return nil }
        guard let type, let value = IncrementalValue(text, type: type) else { throw unexpected(column) }
        return value
    }

    /// A JSON text, not NULL.
    func json<Content: Decodable>(_ column: String) throws -> Content {
        try require(column) { try optionalJSON(column) }
    }

    /// A JSON text; `nil` for NULL.
    func optionalJSON<Content: Decodable>(_ column: String) throws -> Content? {
        guard let text = try optionalText(column) else { return nil }
        // The error names the column; the decoder's would quote untrusted text.
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(text.utf8)) else {
            throw unexpected(column)
        }
        return content
    }

    private func value(_ column: String) throws -> Value? {
        guard let value = values[column] else { throw unexpected(column) }
        return value == .null ? nil : value
    }

    private func require<Content>(_ column: String, _ read: () throws -> Content?) throws -> Content {
        guard let content = try read() else { throw unexpected(column) }
        return content
    }

    /// The error for a column with an unexpected value.
    func unexpected(_ column: String) -> StagingError {
        StagingError(
            code: .databaseUnusable, message: "\(path): \(table) has an unexpected value in the column \(column)",
            detail: .changedRecords)
    }

    // MARK: Times

    private static let dateFormat = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// A time in UTC, with milliseconds.
    static func text(of date: Date) -> String { date.formatted(dateFormat) }
}
