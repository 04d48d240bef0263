import Foundation

/// The type of the incremental column, and the texts of its values.
///
/// A value is a number of units since the start of 2024: 1, a day, or 6 hours. The units are coarse, so that many rows
/// have equal values.
enum IncrementalAxis: String, CaseIterable, Sendable {
    case integer = "INTEGER"
    case date = "DATE"
    case datetime = "DATETIME"
    case timestamp = "TIMESTAMP"

    /// The units from one night to the next.
    var unitsPerNight: Int {
        switch self {
        case .integer: 10
        case .date: 1
        case .datetime, .timestamp: 4
        }
    }

    /// A value as SQLite stores it, which is also the canonical form of a mark.
    func staged(_ value: Int) -> String {
        switch self {
        case .integer: "\(value)"
        case .date: String(time(value * 24).prefix(10))
        case .datetime: String(time(value * 6).dropLast())
        case .timestamp: "\(time(value * 6).dropLast()).000000Z"
        }
    }

    /// A value in a JSON source file.
    func json(_ value: Int) -> String {
        self == .integer ? "\(value)" : "\"\(staged(value))\""
    }

    /// A value of `--lookback`.
    func lookback(_ units: Int) -> String {
        switch self {
        case .integer: "\(units)"
        case .date: "\(units)d"
        case .datetime, .timestamp: "\(units * 6)h"
        }
    }

    private func time(_ hours: Int) -> String {
        Date(timeIntervalSince1970: 1_704_067_200 + Double(hours) * 3600).formatted(.iso8601)
    }
}
