/// The staged table as it has to be, by the definition of each mode and not by the way in which bqpull gets there.
struct StagedModel: Sendable {
    enum Mode: String, CaseIterable, Sendable {
        /// Every version of a row that a run has read, as often as it occurred at most.
        case append
        /// The version of each key that was read last.
        case upsert
        /// The version of each key with the highest value.
        case latest
        /// The groups of rows as they were read last.
        case deleteInsert = "delete-insert"
    }

    /// A staged row; without a load column, `load` is `nil`.
    struct Row: Hashable, Sendable {
        var row: SourceRow
        var load: String?
    }

    let mode: Mode
    /// The number of copies of each row.
    private(set) var counts: [Row: Int] = [:]
    /// Whether the table has a load column.
    private(set) var hasLoadColumn = false

    init(_ mode: Mode) { self.mode = mode }

    /// The number of rows.
    var total: Int { counts.values.reduce(0, +) }

    /// Adds rows as a plain append does.
    mutating func append(_ rows: [SourceRow]) {
        for row in rows { counts[Row(row: row), default: 0] += 1 }
    }

    /// Names the load of all rows so far, which is the only one.
    mutating func addLoadColumn(for load: String) {
        hasLoadColumn = true
        let unnamed = counts
        counts = [:]
        for (row, count) in unnamed { counts[Row(row: row.row, load: load)] = count }
    }

    /// Publishes the rows that a run has read.
    mutating func publish(_ rows: [SourceRow], of load: String?, in range: ModelRange) {
        switch mode {
        case .append:
            for (row, count) in Self.counted(rows, load) { counts[row] = max(counts[row, default: 0], count) }
        case .upsert:
            for row in rows {
                remove { $0.load == load && $0.row.id == row.id }
                counts[Row(row: row, load: load)] = 1
            }
        case .latest:
            for row in rows {
                let isOutdated = counts.keys.contains {
                    $0.load == load && $0.row.id == row.id && $0.row.value ?? .min > row.value ?? .min
                }
                guard !isOutdated else { continue }
                remove { $0.load == load && $0.row.id == row.id }
                counts[Row(row: row, load: load)] = 1
            }
        case .deleteInsert:
            let groups = Set(rows.map(\.value))
            remove { $0.load == load && (range.isGiven ? range.contains($0.row) : groups.contains($0.row.value)) }
            counts.merge(Self.counted(rows, load)) { $1 }
        }
    }

    private static func counted(_ rows: [SourceRow], _ load: String?) -> [Row: Int] {
        Dictionary(rows.map { (Row(row: $0, load: load), 1) }, uniquingKeysWith: +)
    }

    private mutating func remove(where isRemoved: (Row) -> Bool) {
        counts = counts.filter { !isRemoved($0.key) }
    }

    /// The rows of a source that are missing although a run had to publish them. Does not depend on any mark.
    func lostRows(of source: SourceTable, visible: (SourceRow) -> Bool, load: String?) -> [SourceRow] {
        let wanted = source.entries.filter { $0.isReachable && visible($0.row) }.map(\.row)
        switch mode {
        case .append, .deleteInsert:
            return Self.counted(wanted, load).filter { counts[$0.key, default: 0] < $0.value }.map(\.key.row)
        case .upsert:
            return wanted.filter { counts[Row(row: $0, load: load)] == nil }
        case .latest:
            var highest: [Int: Int] = [:]
            for row in counts.keys where row.load == load { highest[row.row.id] = row.row.value ?? .min }
            return wanted.filter { highest[$0.id] ?? .min < $0.value ?? .min }
        }
    }
}

/// The rows that a run reads, as the issue's rules define it.
struct ModelRange: Sendable {
    /// Inclusive.
    var lower: Int?
    /// Exclusive.
    var upper: Int?
    var includesNulls: Bool
    /// Whether bounds were given for this run.
    var isGiven = false

    func contains(_ row: SourceRow) -> Bool {
        guard let value = row.value else { return includesNulls }
        return value >= lower ?? .min && value < upper ?? .max
    }
}

/// The load as it has to be recorded.
struct LoadModel: Sendable {
    var mark: Int?
    /// Whether the next run continues at the mark.
    var isStarted = false
    /// The query of the latest published run; `nil` before the first one.
    var recordedQuery: NightlyQuery?

    /// The lower bound of a run: from the first row, or a value.
    enum Since: Sendable, Hashable {
        case beginning
        case value(Int)
    }

    func range(since: Since?, until: Int?, lookback: Int) -> ModelRange {
        var range = ModelRange(upper: until, includesNulls: true, isGiven: since != nil || until != nil)
        switch since {
        case .beginning: break
        case .value(let value): (range.lower, range.includesNulls) = (value, false)
        case nil where isStarted: (range.lower, range.includesNulls) = (mark.map { $0 - lookback }, false)
        case nil: break
        }
        return range
    }

    /// Moves the mark after a run.
    ///
    /// - Returns: whether a gap remains, because the lower bound was above the mark.
    mutating func publish(_ rows: [SourceRow], in range: ModelRange, of query: NightlyQuery) -> Bool {
        let highest = rows.compactMap(\.value).max()
        recordedQuery = query
        guard isStarted else {
            (mark, isStarted) = (highest, true)
            return false
        }
        let isAbove = range.lower.map { lower in mark.map { lower > $0 } ?? true } ?? false
        if isAbove { return highest.map { highest in mark.map { highest > $0 } ?? true } ?? false }
        mark = [mark, highest].compactMap(\.self).max()
        return false
    }
}

/// The text of a query, up to white space and comments.
struct NightlyQuery: Sendable, Hashable {
    /// The amount whose rows are left out.
    var hiddenAmount: Int?
    /// Whether the amount is a parameter.
    var hasParameter = false
    /// Whether the query contains the watermark parameter.
    var placesWatermark = false

    func shows(_ row: SourceRow) -> Bool {
        row.amount != hiddenAmount && !(placesWatermark && row.value == nil)
    }

    func sql(from table: String) -> String {
        var conditions: [String] = []
        if let hiddenAmount { conditions.append("amount <> \(hasParameter ? "@hidden" : "\(hiddenAmount)")") }
        if placesWatermark { conditions.append("changed_at >= @bqpull_watermark") }
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        return "SELECT id, changed_at, amount, note FROM shop.\(table)\(filter)"
    }

    var parameters: [String] {
        guard hasParameter, let hiddenAmount else { return [] }
        return ["--param", "hidden:INT64:\(hiddenAmount)"]
    }
}
