package import BigQueryRows

/// The load that a run belongs to, recorded with the run.
package struct LoadIntent: Sendable, Hashable {
    /// The name of the load, unique in the database.
    package var name: String
    /// The parameters of its query, as canonical JSON.
    package var parameters: String
    /// The rows that the run reads; `nil` for a load that pulls all rows each time.
    package var range: IncrementalRange?

    package init(name: String, parameters: String, range: IncrementalRange? = nil) {
        self.name = name
        self.parameters = parameters
        self.range = range
    }
}

/// The rows that a run of an incremental load reads.
package struct IncrementalRange: Sendable, Hashable {
    /// The incremental column, as the result names it.
    package var column: String
    /// Its type: INT64, DATE, DATETIME or TIMESTAMP.
    package var type: FieldType
    /// The lower bound, inclusive, after the lookback; `nil` from the beginning.
    package var lowerBound: IncrementalValue?
    /// The upper bound, exclusive; `nil` without one.
    package var upperBound: IncrementalValue?
    /// Whether rows without a value are read.
    package var includesNulls: Bool
    /// Whether bounds were given for this run: delete-insert then replaces the whole range.
    package var isReplaced: Bool
    /// Whether the lower bound was given for this run, so that rows without a load count as its copies.
    package var adoptsRows: Bool

    package init(
        column: String, type: FieldType, lowerBound: IncrementalValue? = nil, upperBound: IncrementalValue? = nil,
        includesNulls: Bool, isReplaced: Bool = false, adoptsRows: Bool = false
    ) {
        self.column = column
        self.type = type
        self.lowerBound = lowerBound
        self.upperBound = upperBound
        self.includesNulls = includesNulls
        self.isReplaced = isReplaced
        self.adoptsRows = adoptsRows
    }
}

extension IncrementalRange {
    /// Whether rows below the range are in the table already: without them, it is incomplete.
    package var isPartial: Bool { lowerBound != nil || !includesNulls }
}
