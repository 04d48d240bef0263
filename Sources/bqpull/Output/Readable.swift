import Foundation
import GoogleOAuth

/// Numbers as people read them; the same in every locale, so that scripts and tests may rely on them.
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

    /// `12.3 MB`, in powers of 1,000.
    static func bytes(_ value: Int64) -> String {
        let units = ["kB", "MB", "GB", "TB", "PB"]
        guard value >= 1000 else { return "\(value) B" }
        var scaled = Double(value) / 1000
        var unit = 0
        while scaled >= 999.95 && unit < units.count - 1 {
            scaled /= 1000
            unit += 1
        }
        return String(format: "%.1f %@", locale: locale, scaled, units[unit])
    }

    /// `0.42 s`, `12.3 s`, `2 min 5 s`, `1 h 2 min`
    static func seconds(_ value: Double) -> String {
        if value < 1 { return String(format: "%.2f s", locale: locale, value) }
        if value < 60 { return String(format: "%.1f s", locale: locale, value) }
        let whole = Int(value.rounded())
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    /// `2026-11-24 07:08:31 UTC`
    static func time(_ value: Date) -> String {
        StoredCredential.text(value)
    }
}
