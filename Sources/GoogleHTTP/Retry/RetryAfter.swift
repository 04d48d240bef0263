package import Foundation

extension HTTPResponseHead {
    /// The wait that the server requests (`Retry-After`, RFC 9110 10.2.3), never negative; `nil` if it is
    /// missing or invalid.
    ///
    /// A date is relative to the `Date` of the same response, so that this machine's clock does not matter.
    package var retryAfter: Duration? {
        guard let value = self["Retry-After"]?.trimmingCharacters(in: .whitespaces) else { return nil }
        if let seconds = Int64(value) { return .seconds(min(max(0, seconds), 1_000_000_000)) }
        guard let until = Self.date(value), let now = date else { return nil }
        return .seconds(max(0, until.timeIntervalSince(now)))
    }

    /// The `Date` of the response; `nil` if it is missing or invalid.
    package var date: Date? { self["Date"].flatMap(Self.date) }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the only format in use.
    private static let dateStyle = Date.VerbatimFormatStyle(
        format: """
            \(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .padded(4)) \
            \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\
            \(second: .twoDigits) GMT
            """,
        locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))

    /// Parses a date strictly: the whole text, in exactly this format; `nil` for any other.
    private static func date(_ text: String) -> Date? {
        guard let date = try? Date(text, strategy: dateStyle.parseStrategy), date.formatted(dateStyle) == text else {
            return nil
        }
        return date
    }
}
