import ArgumentParser

/// A duration on the command line: `500ms`, `90s`, `10m`, `12h`, `1d`, or a number of seconds.
struct DurationText: ExpressibleByArgument, Sendable {
    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    /// Parses a number, 0 or above, and an optional unit: ms, s, m, h, d.
    init?(argument: String) {
        let number = argument.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        guard let value = Double(number), let unit = Self.units[argument.dropFirst(number.count).lowercased()] else {
            return nil
        }
        let milliseconds = (value * unit).rounded()
        // About 30 years, so that sums do not overflow.
        guard milliseconds < 1e12 else { return nil }
        duration = .milliseconds(Int64(milliseconds))
    }

    private static let units: [String: Double] = [
        "": 1000, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]

    var defaultValueDescription: String {
        let seconds = duration.components.seconds
        for (unit, length) in [("h", Int64(3600)), ("m", 60)] where seconds % length == 0 && seconds > 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}
