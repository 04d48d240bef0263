public import ArgumentParser
public import BigQueryPull
public import SQLiteStaging

extension LowerBound: ExpressibleByArgument {
    /// Parses `beginning` or a value of the incremental column.
    public init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self = argument == "beginning" ? .beginning : .value(argument)
    }
}

extension Lookback: ExpressibleByArgument {
    /// Parses a number, for INT64, or a duration with a unit, for types of time.
    public init?(argument: String) {
        if let number = Int64(argument) {
            guard number >= 0 else { return nil }
            self = .number(number)
        } else {
            guard argument.last?.isLetter == true, let duration = DurationText(argument: argument)?.duration else {
                return nil
            }
            self = .duration(duration)
        }
    }
}

/// The row to keep among several of one key, `latest:COLUMN`.
struct KeptRow: ExpressibleByArgument {
    /// The column whose highest value decides.
    let latestColumn: String

    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "latest", !parts[1].isEmpty else { return nil }
        latestColumn = String(parts[1])
    }
}
