import Foundation
import GRDB

/// The order of NUMERIC and BIGNUMERIC values, which SQLite holds as text so that no digit is lost.
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
