import TestSupport

/// A row of a source table.
struct SourceRow: Sendable, Hashable {
    var id: Int
    /// The incremental column, in units of its axis.
    var value: Int?
    /// 0 to 9; an edited query leaves out the rows with one amount.
    var amount: Int
    var note: String?
}

/// The content of a table in BigQuery, which changes from night to night.
struct SourceTable: Sendable {
    struct Entry: Sendable {
        var row: SourceRow
        /// Whether the next complete run has to publish the row. Not the case for rows that arrive later than the
        /// lookback allows, that were changed under an old value, or that a query has left out.
        var isReachable = true
    }

    /// The changes that can occur.
    struct Habits: Sendable {
        /// Rows can occur more than once.
        var hasDuplicates = false
        /// A change adds a version of the row, and keeps the earlier ones.
        var keepsVersions = false
        /// The units by which rows can arrive late.
        var lookback = 0
    }

    let axis: IncrementalAxis
    let habits: Habits
    private(set) var entries: [Entry] = []
    /// The highest possible value tonight.
    private(set) var now: Int
    private var nextID: Int
    /// The difference between two IDs, so that the rows of two sources have different ones.
    private let step: Int

    private static let largestCount = 150

    init(_ axis: IncrementalAxis, _ habits: Habits, firstID: Int, step: Int, using random: inout SplitMix64) {
        (self.axis, self.habits, self.step, nextID) = (axis, habits, step, firstID)
        now = 100 * axis.unitsPerNight
        for _ in 0..<Int.random(in: 20...50, using: &random) {
            add(value: Int.random(in: 0...now, using: &random), using: &random)
        }
        if !habits.keepsVersions {
            for _ in 0..<2 { add(value: nil, using: &random) }
        }
    }

    /// The first value of today.
    private var today: Int { now - axis.unitsPerNight + 1 }

    /// Lets a day pass.
    mutating func change(using random: inout SplitMix64) {
        now += axis.unitsPerNight
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            // Some rows have the value that was the highest one yesterday.
            let isEqual = Int.random(in: 0..<4, using: &random) == 0
            add(value: isEqual ? today - 1 : Int.random(in: today...now, using: &random), using: &random)
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            add(value: Int.random(in: (today - 1 - habits.lookback)...(today - 1), using: &random), using: &random)
        }
        if Int.random(in: 0..<8, using: &random) == 0 {
            let limit = today - 1 - habits.lookback
            add(value: Int.random(in: (limit - 20)..<limit, using: &random), isReachable: false, using: &random)
        }
        if Int.random(in: 0..<8, using: &random) == 0, !habits.keepsVersions {
            add(value: nil, isReachable: false, using: &random)
        }
        for _ in 0..<Int.random(in: 0...4, using: &random) { update(using: &random) }
        if Int.random(in: 0..<8, using: &random) == 0 { updateUnderOldValue(using: &random) }
        for _ in 0..<Int.random(in: 0...2, using: &random) { remove(using: &random) }
        while entries.count > Self.largestCount { remove(using: &random) }
    }

    private mutating func add(value: Int?, isReachable: Bool = true, using random: inout SplitMix64) {
        let row = SourceRow(id: nextID, value: value, amount: amount(using: &random), note: note(using: &random))
        nextID += step
        let count = habits.hasDuplicates && Int.random(in: 0..<5, using: &random) == 0 ? 2 : 1
        entries += Array(repeating: Entry(row: row, isReachable: isReachable), count: count)
    }

    private mutating func update(using random: inout SplitMix64) {
        let value = Int.random(in: today...now, using: &random)
        let (amount, note) = (amount(using: &random), note(using: &random))
        guard let index = entries.indices.randomElement(using: &random) else { return }
        let row = SourceRow(id: entries[index].row.id, value: value, amount: amount, note: note)
        guard habits.keepsVersions else {
            entries[index] = Entry(row: row)
            return
        }
        // Two versions with the same value would contradict each other.
        guard !entries.contains(where: { $0.row.id == row.id && $0.row.value == value }) else { return }
        entries.append(Entry(row: row))
    }

    /// Changes a row and its copies, but not the value that would show the change.
    private mutating func updateUnderOldValue(using random: inout SplitMix64) {
        let amount = amount(using: &random)
        guard let old = entries.randomElement(using: &random)?.row else { return }
        for index in entries.indices where entries[index].row == old {
            entries[index].row.amount = amount
            entries[index].isReachable = false
        }
    }

    private mutating func remove(using random: inout SplitMix64) {
        guard let index = entries.indices.randomElement(using: &random) else { return }
        entries.remove(at: index)
    }

    private func amount(using random: inout SplitMix64) -> Int { Int.random(in: 0...9, using: &random) }

    private func note(using random: inout SplitMix64) -> String? {
        ["a", "A", "a ", "ä", "", nil][Int.random(in: 0..<6, using: &random)]
    }

    /// Marks the rows that no later run has to publish.
    mutating func giveUp(where isLost: (SourceRow) -> Bool) {
        for index in entries.indices where isLost(entries[index].row) { entries[index].isReachable = false }
    }

    /// The rows as lines of JSON.
    var lines: String {
        entries.map { entry in
            let row = entry.row
            return """
                {"id":\(row.id),"changed_at":\(row.value.map(axis.json) ?? "null"),"amount":\(row.amount),\
                "note":\(row.note.map { "\"\($0)\"" } ?? "null")}
                """
        }.joined(separator: "\n")
    }

    /// The schema file next to ``lines``.
    var schema: String {
        """
        [{"name":"id","type":"INTEGER"},{"name":"changed_at","type":"\(axis.rawValue)"},\
        {"name":"amount","type":"INTEGER"},{"name":"note","type":"STRING"}]
        """
    }
}
