package import BigQueryRows
package import Foundation

/// A value of an incremental column, in the form in which it is compared with staged values.
///
/// The type is INT64, DATE, DATETIME or TIMESTAMP. The text is canonical, and valid as a query parameter: digits;
/// `2024-02-01`; `2024-02-01T10:00:00` with a fraction that has no trailing zeros; `2024-02-01T10:00:00.000000Z`.
package struct IncrementalValue: Sendable, Hashable {
    /// The type of the column.
    package let type: FieldType
    /// The canonical text.
    package let text: String

    /// The types that an incremental column can have.
    package static let types: [FieldType] = [.int64, .date, .datetime, .timestamp]

    /// Parses a value; `nil` if it is not valid or out of range.
    ///
    /// A day is midnight for DATETIME and TIMESTAMP. A TIMESTAMP can have an offset from UTC; without one it is in UTC.
    package init?(_ text: String, type: FieldType) {
        fatalError()
    }

    /// The lowest value of a type; `nil` for types that an incremental column cannot have.
    package static func lowest(_ type: FieldType) -> IncrementalValue? { fatalError() }

    /// The value below this one, clamped to the type's range; `nil` if the lookback does not suit the type.
    package func lowered(by lookback: Lookback) -> IncrementalValue? { fatalError() }

    /// The same point as another type of time, rounded down; `nil` between INT64 and times.
    package func converted(to type: FieldType) -> IncrementalValue? { fatalError() }

    /// The value of a time; `nil` for INT64.
    package init?(_ date: Date, type: FieldType) { fatalError() }
}

extension IncrementalValue: Comparable {
    /// Compares values of one type.
    package static func < (one: IncrementalValue, other: IncrementalValue) -> Bool { fatalError() }
}
