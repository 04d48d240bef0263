import BigQueryRows
import SQLiteStaging
import TextSupport

/// The load of a run, and the rows that the run reads, from the options of the pull and the records of the database.
///
/// Created before the first request. The bounds follow when the type of the incremental column is known.
struct LoadPlan: Sendable {
    /// The name of the load.
    let name: String
    /// Whether the run begins from the first row unless it has bounds of its own.
    let isFirst: Bool
    /// Whether the query, its parameters or its project differ from those of the load's latest run.
    let queryChanged: Bool
    let options: LoadOptions
    /// A name that no load has, for a load that the records rule out under its own.
    private let newName: String
    /// The record of the load; `nil` before its first run.
    private let record: LoadRecord?

    /// Plans a run of a load.
    ///
    /// Throws ``PullError`` if the records of the load or of its table rule out the run.
    init(_ name: String, _ options: LoadOptions, into target: StagingTarget, _ state: LoadState) throws(PullError) {
        self.name = name
        self.options = options
        let newName = Self.freeName(after: state.record?.name ?? name, besides: state.names)
        self.newName = newName
        record = state.record
        isFirst = state.record?.isStarted != true
        let published = state.record.flatMap { $0.runID == nil ? nil : $0 }
        let others = state.others.filter { $0.runID != nil && SQLiteName($0.table) == SQLiteName(target.table) }

        if let published { try Self.checkIdentity(published, options, target, newName) }
        try Self.checkLoadColumn(published, others, target)
        queryChanged =
            try published.map { published throws(PullError) in
                try Self.checkQuery(published, options, target, others, newName)
            } ?? false
        try Self.checkRows(name, options, target, state)
    }

    /// Whether the load was ever published.
    var hasRecord: Bool { record != nil }

    /// The type of the incremental column in the latest run; `nil` if the next run can have any.
    var recordedType: FieldType? { record?.runID == nil ? nil : record?.type }
}

// MARK: Before the first request

extension LoadPlan {
    /// Rejects another table or incremental column than those of the latest run.
    private static func checkIdentity(
        _ record: LoadRecord, _ options: LoadOptions, _ target: StagingTarget, _ newName: String
    ) throws(PullError) {
        guard SQLiteName(record.table) == SQLiteName(target.table) else {
            throw PullError(
                code: .loadConflict,
                message: "the load \(record.name) has the table \(record.table), not \(target.table)",
                detail: .takenName(newName: newName))
        }
        guard record.incrementalColumn.map(SQLiteName.init) == options.incrementalColumn.map(SQLiteName.init) else {
            let column = { (name: String?) in name.map { "the incremental column \($0)" } ?? "no incremental column" }
            throw PullError(
                code: .loadConflict,
                message: """
                    the load \(record.name) has \(column(record.incrementalColumn)), and the pull \
                    \(column(options.incrementalColumn))
                    """,
                detail: .takenName(newName: newName))
        }
    }

    /// Rejects a run whose rows would be indistinguishable from those of other loads into the table.
    private static func checkLoadColumn(
        _ record: LoadRecord?, _ others: [LoadRecord], _ target: StagingTarget
    ) throws(PullError) {
        let recorded = record?.loadColumn ?? others.lazy.compactMap(\.loadColumn).first
        if let recorded, let column = target.loadColumn, SQLiteName(recorded) != SQLiteName(column) {
            throw PullError(
                code: .loadConflict,
                message: "the table \(target.table) has the load column \(recorded), not \(column)",
                detail: .loadColumn(recorded))
        }
        guard target.addsRows else { return }
        let appends = target.ifExists == .append || others.contains { $0.ifExists == .append }
        let isShared = !others.isEmpty && (appends || target.ifExists == .deleteInsert)
        guard isShared || recorded != nil && target.ifExists == .append else { return }
        guard let column = target.loadColumn else {
            let names = others.map(\.name).joined(separator: ", ")
            let reason =
                others.isEmpty
                ? "has the load column \(recorded ?? "")" : "has rows of other loads (\(printable(names, limit: 200)))"
            throw PullError(
                code: .loadColumnRequired,
                message: "the table \(target.table) \(reason), but the target has no load column",
                detail: recorded.map { .loadColumn($0) })
        }
        if target.ifExists == .deleteInsert, !others.isEmpty,
            !target.key.contains(where: { SQLiteName($0) == SQLiteName(column) })
        {
            throw PullError(
                code: .loadColumnRequired,
                message: "the table \(target.table) has rows of other loads, but the key does not contain \(column)",
                detail: .missingKeyColumn(column))
        }
    }

    /// Whether the query has changed. Rejects that for a load without an explicit name.
    private static func checkQuery(
        _ record: LoadRecord, _ options: LoadOptions, _ target: StagingTarget, _ others: [LoadRecord],
        _ newName: String
    ) throws(PullError) -> Bool {
        let change: String? =
            if !IncrementalQuery.isSame(record.sql, options.sql) {
                "the query of the load \(record.name) has changed"
            } else if !LoadOptions.areSame(record.parameters, options.parameters) {
                "the parameters of the load \(record.name) have changed"
            } else if record.project != options.project {
                "the project of the load \(record.name) has changed from \(record.project) to \(options.project)"
            } else {
                nil
            }
        guard let change else { return false }
        guard options.load != nil || options.continuesChangedQuery else {
            let appends = ([record] + others).contains { $0.ifExists == .append } || target.ifExists == .append
            throw PullError(
                code: .loadChanged, message: change,
                detail: .changedQuery(
                    name: record.name, newName: newName,
                    needsLoadColumn: target.loadColumn == nil && (appends || target.ifExists == .deleteInsert)))
        }
        return true
    }

    /// Rejects a run whose lower bound is unknown, and an append that could double rows.
    private static func checkRows(
        _ name: String, _ options: LoadOptions, _ target: StagingTarget, _ state: LoadState
    ) throws(PullError) {
        guard options.incrementalColumn != nil, options.since == nil else { return }
        if state.record == nil, !state.unassigned.isEmpty {
            var (loads, names): ([PullError.NamedLoad], Set<SQLiteName>) = ([], state.names)
            for load in state.unassigned {
                let name = loads.last.map { freeName(after: $0.name, besides: names) } ?? name
                loads.append(PullError.NamedLoad(name: name, load: load))
                names.insert(SQLiteName(name))
            }
            throw PullError(
                code: .unassignedMark,
                message: """
                    an earlier version has published several incremental queries into the table \(target.table), so the \
                    mark of the load \(name) is unknown
                    """,
                detail: .unassigned(loads))
        }
        if target.ifExists == .append, state.hasRowsWithoutLoad {
            let record = state.record.flatMap { $0.runID == nil ? nil : $0 }
            throw PullError(
                code: .rowsWithoutLoad,
                message: record == nil
                    ? "the table \(target.table) has rows that do not belong to a load"
                    : """
                    since the latest run of the load \(name), rows that do not belong to a load were added to the table \
                    \(target.table)
                    """,
                detail: .rowsWithoutLoad(mark: record?.highWaterMark))
        }
    }
}

// MARK: Names of new loads

extension LoadPlan {
    /// The first name after this one that no load has: `orders_2` after `orders`, and `orders_3` after `orders_2`.
    static func freeName(after name: String, besides taken: Set<SQLiteName>) -> String {
        var candidate = name
        repeat { candidate = nextName(after: candidate) } while taken.contains(SQLiteName(candidate))
        return candidate
    }

    private static func nextName(after name: String) -> String {
        let digits = name.utf8.reversed().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
        let base = name.dropLast(digits)
        // Long numbers belong to the name.
        guard base.last == "_", let number = Int(name.suffix(digits)), number < 1000 else { return "\(name)_2" }
        return "\(base)\(number + 1)"
    }
}

// MARK: After the dry run

extension LoadPlan {
    /// The rows that the run reads.
    ///
    /// Throws ``PullError`` with code `loadConflict` if the column had another type in the latest run, and
    /// `invalidBound` if a bound or the lookback does not suit the type.
    func range(of field: TableSchema.Field) throws(PullError) -> IncrementalRange {
        let type = field.type
        if let recorded = recordedType, recorded != type {
            throw PullError(
                code: .loadConflict,
                message: """
                    the column \(field.name) was \(recorded.name) in the latest run of the load \(name), and is \
                    \(type.name) in the result
                    """,
                detail: .takenName(newName: newName))
        }
        if let lookback = options.lookback, IncrementalValue.lowest(type)?.lowered(by: lookback) == nil {
            throw PullError(
                code: .invalidBound,
                message: "the lookback is not valid for the \(type.name) column \(field.name)")
        }
        let upper = try options.until.map { text throws(PullError) in try value(text, of: field, "upper bound") }
        let lower: IncrementalValue?
        switch options.since {
        case .value(let text):
            let value = try value(text, of: field, "lower bound")
            if let upper, value >= upper {
                throw PullError(
                    code: .invalidBound,
                    message: "the lower bound \(value.text) is not below the upper bound \(upper.text)")
            }
            lower = value
        case .beginning: lower = nil
        case nil: lower = try isFirst ? nil : mark(of: field)
        }
        let readsAll =
            switch options.since {
            case .value: false
            case .beginning: true
            case nil: isFirst
            }
        return IncrementalRange(
            column: field.name, type: type, lowerBound: lower, upperBound: upper,
            includesNulls: readsAll || options.usesWatermark, isReplaced: options.since != nil || options.until != nil,
            adoptsRows: options.since != nil)
    }

    /// The high-water mark, lowered by the lookback; `nil` if no row had a value.
    private func mark(of field: TableSchema.Field) throws(PullError) -> IncrementalValue? {
        guard let text = record?.highWaterMark else { return nil }
        let mark = try value(text, of: field, "mark")
        return options.lookback.map { mark.lowered(by: $0) } ?? mark
    }

    private func value(
        _ text: String, of field: TableSchema.Field, _ role: String
    ) throws(PullError) -> IncrementalValue {
        guard let value = IncrementalValue(text, type: field.type) else {
            throw PullError(
                code: .invalidBound,
                message: "the \(role) \(printable(text, limit: 100)) is not a valid \(field.type.name)")
        }
        return value
    }

    /// The value of the parameter that the query places itself: the lower bound, or else the lowest value of its type.
    static func parameterValue(for range: IncrementalRange, type: FieldType) throws(PullError) -> IncrementalValue {
        // A first run has no bound, but a type that no later bound can have.
        let bound = range.lowerBound ?? IncrementalValue.lowest(range.type)
        guard let converted = bound?.converted(to: type), let lowest = IncrementalValue.lowest(type) else {
            throw PullError(
                code: .notIncremental,
                message: """
                    the parameter @\(IncrementalQuery.parameter) is \(type.name) in the query, but the column \
                    \(range.column) is \(range.type.name)
                    """)
        }
        return range.lowerBound == nil ? lowest : converted
    }

    /// The record of the load with a run.
    func intent(_ range: IncrementalRange?) -> LoadIntent {
        LoadIntent(name: name, parameters: options.parameters, range: range)
    }

    /// The load in a report or an estimate.
    func report(_ range: IncrementalRange?) -> LoadReport {
        var report = LoadReport(name: name, range)
        report.previousMark = record?.highWaterMark
        report.queryChanged = queryChanged
        return report
    }
}

extension StagingDatabase {
    /// Plans a run of the load that the options name; `nil` for a plain pull.
    ///
    /// Throws ``PullError`` if the records of the load or of its table rule out the run.
    func plan(_ options: LoadOptions, into target: StagingTarget) async throws -> LoadPlan? {
        guard let name = options.name(into: target) else { return nil }
        return try LoadPlan(name, options, into: target, await loadState(of: name))
    }
}
