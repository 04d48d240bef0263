public import ArgumentParser
public import BigQuery
public import SQLiteStaging

/// A label of a job, `key=value`.
struct Label: ExpressibleByArgument {
    var key: String
    var value: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        key = String(parts[0])
        value = String(parts[1])
    }
}

extension QueryRequest.Priority: ExpressibleByArgument {
    /// Reads `interactive` or `batch`.
    public init?(argument: String) {
        self.init(rawValue: argument.uppercased())
    }

    /// The spelling on the command line.
    public var defaultValueDescription: String { rawValue.lowercased() }
}

extension StagingTarget.ExistingTable: ExpressibleByArgument {}
