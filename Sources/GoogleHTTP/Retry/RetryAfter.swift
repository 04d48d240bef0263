import Foundation

extension HTTPResponseHead {
    /// How long the server asks to wait (`Retry-After`, RFC 9110 10.2.3), never negative.
    ///
    /// A date is measured against the `Date` of the same answer, so that this machine's clock does not matter;
    /// without one, or if anything cannot be read, there is no answer.
    package var retryAfter: Duration? {
        guard let value = self["Retry-After"]?.trimmingCharacters(in: .whitespaces) else { return nil }
        if let seconds = Int64(value) { return .seconds(min(max(0, seconds), 1_000_000_000)) }
        guard let until = Self.date(value), let now = self["Date"].flatMap(Self.date) else { return nil }
        return .seconds(max(0, until.timeIntervalSince(now)))
    }

    private static func date(_ text: String) -> Date? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.date(from: text)
    }
}
