import Foundation

/// Human-readable numbers, the same in every locale.
enum Readable {
    private static let locale = Locale(identifier: "en_US_POSIX")

    /// `1,234,567`
    static func count(_ value: Int64) -> String {
        value.formatted(.number.grouping(.automatic).locale(Locale(identifier: "en_US")))
    }

    /// `1,234,567 rows`, `1 row`
    static func rows(_ value: Int64) -> String {
        "\(count(value)) \(value == 1 ? "row" : "rows")"
    }

    /// `1.2 M`, `340 k`, `999`: short, for a live line.
    static func shortCount(_ value: Int64) -> String {
        value < 1000 ? "\(value)" : scaled(value, ["k", "M", "G", "T"])
    }

    /// `340 MB`, `1.2 GB`, in powers of 1,000.
    static func bytes(_ value: Int64) -> String {
        value < 1000 ? "\(value) B" : scaled(value, ["kB", "MB", "GB", "TB", "PB"])
    }

    /// `4.1→14.2 MB/s`: bytes per second before and after, in the unit of the larger.
    static func byteRates(_ before: Double, _ after: Double) -> String {
        let (factor, unit) = [(1e9, "GB"), (1e6, "MB")].first { after >= $0.0 } ?? (1e3, "kB")
        let numbers = [before, after].map {
            String(format: $0 < 100 * factor ? "%.1f" : "%.0f", locale: locale, $0 / factor)
        }
        return "\(numbers.joined(separator: "→")) \(unit)/s"
    }

    /// The number in the largest unit in which it is at least 1, with one decimal below 100.
    private static func scaled(_ value: Int64, _ units: [String]) -> String {
        var scaled = Double(value) / 1000
        var unit = 0
        while scaled >= 999.5 && unit < units.count - 1 {
            scaled /= 1000
            unit += 1
        }
        return String(format: scaled < 99.95 ? "%.1f %@" : "%.0f %@", locale: locale, scaled, units[unit])
    }

    /// `about $0.01`, `less than $0.01`, `about $1,234`
    static func dollars(_ value: Double) -> String {
        if value < 0.01 { return "less than $0.01" }
        return value < 1000
            ? String(format: "about $%.2f", locale: locale, value)
            : "about $\(count(Int64(saturating: value.rounded())))"
    }

    /// `0.42 s`, `12.3 s`, `2 min 5 s`, `1 h 2 min`
    static func duration(_ value: Duration) -> String { seconds(value / .seconds(1)) }

    /// The same for a number of seconds, which can be too large for a `Duration`.
    static func seconds(_ value: Double) -> String {
        if value < 1 { return String(format: "%.2f s", locale: locale, value) }
        if value < 60 { return String(format: "%.1f s", locale: locale, value) }
        let whole = Int64(saturating: value.rounded())
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    /// `2026-11-24 07:08:31 UTC`
    static func time(_ value: Date) -> String {
        value.formatted(.iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false))
            + " UTC"
    }
}

extension Int64 {
    /// The integer part of a number; `max` or `min` if it is out of range, 0 for NaN.
    init(saturating value: Double) {
        self = Int64(exactly: value.rounded(.towardZero)) ?? (value > 0 ? .max : value < 0 ? .min : 0)
    }
}
