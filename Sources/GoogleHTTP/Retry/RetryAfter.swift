package import Foundation

extension HTTPResponseHead {
    /// How long the server asks to wait (`Retry-After`, RFC 9110 10.2.3), never negative.
    ///
    /// A date is measured against the `Date` of the same answer, so that this machine's clock does not matter;
    /// without one, or if anything cannot be read, there is no answer.
    package var retryAfter: Duration? {
        guard let value = self["Retry-After"]?.trimmingCharacters(in: .whitespaces) else { return nil }
        if let seconds = Int64(value) { return .seconds(min(max(0, seconds), 1_000_000_000)) }
        guard let until = Self.date(value), let now = date else { return nil }
        return .seconds(max(0, until.timeIntervalSince(now)))
    }

    /// When the server says that it answered; `nil` if it does not, or not in a form that can be read.
    package var date: Date? { self["Date"].flatMap(Self.date) }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is sent today.
    private static let dateStyle = Date.VerbatimFormatStyle(
        format: """
            \(weekday: .abbreviated), \(day: .twoDigits) \(month: .abbreviated) \(year: .padded(4)) \
            \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\
            \(second: .twoDigits) GMT
            """,
        locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))

    /// The date that is written as this text, and not only begins like one.
    private static func date(_ text: String) -> Date? {
        guard let date = try? Date(text, strategy: dateStyle.parseStrategy), date.formatted(dateStyle) == text else {
            return nil
        }
        return date
    }
}
