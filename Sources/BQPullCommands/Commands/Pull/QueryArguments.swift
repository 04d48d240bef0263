public import ArgumentParser
public import BigQuery
import Foundation
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

/// Comma-separated column names.
struct ColumnList: ExpressibleByArgument {
    var names: [String]

    init?(argument: String) {
        names = argument.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        guard !names.contains("") else { return nil }
    }
}

extension QueryRequest.Priority: ExpressibleByArgument {
    /// Parses `interactive` or `batch`.
    public init?(argument: String) {
        self.init(rawValue: argument.uppercased())
    }

    /// The spellings on the command line.
    public static var allValueStrings: [String] { ["interactive", "batch"] }

    /// The spelling on the command line.
    public var defaultValueDescription: String { rawValue.lowercased() }
}

extension StagingTarget.ExistingTable: ExpressibleByArgument {}
