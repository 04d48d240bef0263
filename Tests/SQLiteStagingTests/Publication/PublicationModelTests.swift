import BigQueryRows
import SQLiteStaging
import TestSupport
import Testing

/// Random publications in every mode, compared with a model of the table.
@Suite struct PublicationModelTests {
    private static let schema = TableSchema(fields: [
        .init(name: "k", type: .string), .init(name: "c", type: .int64), .init(name: "s", type: .string),
    ])

    static let seeds = 1...UInt64(Sweep.whole(20, orPart: 5))

    /// A row, with the name of its load.
    struct Row: Hashable {
        var key: String?
        var value: Int64?
        var text: String?
        var load: String?

        var cells: [CellValue] {
            [
                key.map(CellValue.text) ?? .null, value.map(CellValue.integer) ?? .null,
                text.map(CellValue.text) ?? .null,
            ]
        }

        var shown: String {
            let texts = [key, text, load].map { $0.map { "\"\($0)\"" } ?? "NULL" }
            return [texts[0], value.map { String($0) } ?? "NULL", texts[1], texts[2]].joined(separator: "|")
        }
    }

    private static func random(
        _ count: Int, load: String?, isKeyRequired: Bool, since: Int64, _ generator: inout SplitMix64
    ) -> [Row] {
        (0..<count).map { _ in
            let keys: [String?] = isKeyRequired ? ["a", "A", "b"] : ["a", "A", "b", nil]
            let value = Int64.random(in: since...(since + 4), using: &generator)
            return Row(
                key: keys.randomElement(using: &generator) ?? nil,
                value: Int.random(in: 0..<6, using: &generator) == 0 ? nil : value,
                text: ["x", "X", nil].randomElement(using: &generator) ?? nil, load: load)
        }
    }

    private func expect(
        _ table: [Row], in folder: StagingFolder, _ outcome: PublicationOutcome, seed: UInt64
    ) throws {
        let rows = try folder.read("SELECT k, c, s, l FROM results")
        #expect(rows.sorted() == table.map(\.shown).sorted(), "seed \(seed)")
        #expect(outcome.rows.total == Int64(table.count), "seed \(seed)")
    }

    @Test(arguments: seeds) func appendsWhatIsMissing(_ seed: UInt64) async throws {
        try await StagingFolder.with { folder in
            var generator = SplitMix64(seed: seed)
            var table: [Row] = []
            let target = folder.target("results", .append, loadColumn: "l")
            for night in 0..<8 {
                let load = night % 3 == 2 ? "us" : "eu"
                let since = Int64.random(in: 0...3, using: &generator)
                let rows = Self.random(
                    Int.random(in: 0...12, using: &generator), load: load, isKeyRequired: false, since: since,
                    &generator)
                let outcome = try await folder.stage(
                    rows.map(\.cells), schema: Self.schema, into: target,
                    intent: .test(load: .test(load, since: String(since))))
                var copies = table
                var added: [Row] = []
                for row in rows {
                    if let copy = copies.firstIndex(of: row) { copies.remove(at: copy) } else { added.append(row) }
                }
                table += added
                #expect(outcome.rows.inserted == Int64(added.count), "seed \(seed)")
                #expect(outcome.rows.unchanged == Int64(rows.count - added.count), "seed \(seed)")
                try expect(table, in: folder, outcome, seed: seed)
            }
        }
    }

    @Test(arguments: seeds) func upsertsTheLatestRows(_ seed: UInt64) async throws {
        try await StagingFolder.with { folder in
            var generator = SplitMix64(seed: seed)
            var table: [String: Row] = [:]
            let target = folder.target("results", .upsert, key: ["k"], loadColumn: "l", latestColumn: "c")
            for night in 0..<8 {
                let rows = Self.random(
                    Int.random(in: 0...5, using: &generator), load: "eu", isKeyRequired: true, since: Int64(night),
                    &generator)
                var result: [String: Row] = [:]
                var isTied = false
                var expected = PublishedRows()
                for (key, group) in Dictionary(grouping: rows, by: { $0.key ?? "" }) {
                    let highest = group.compactMap(\.value).max()
                    let latest = group.filter { $0.value == highest }
                    isTied = isTied || Set(latest).count > 1
                    result[key] = latest[0]
                    expected.outdated += Int64(group.count - latest.count)
                    expected.unchanged += Int64(latest.count - 1)
                }
                let stage = {
                    try await folder.stage(
                        rows.map(\.cells), schema: Self.schema, into: target,
                        intent: .test(load: .test("eu", since: night == 0 ? nil : "0")))
                }
                guard !isTied else {
                    try await expectCode(.keyViolated) { _ = try await stage() }
                    continue
                }
                let outcome = try await stage()
                for (key, row) in result {
                    guard let old = table[key] else {
                        expected.inserted += 1
                        table[key] = row
                        continue
                    }
                    if let lowest = old.value, (row.value ?? .min) < lowest {
                        expected.outdated += 1
                    } else {
                        if old == row { expected.unchanged += 1 } else { expected.updated += 1 }
                        table[key] = row
                    }
                }
                expected.total = Int64(table.count)
                #expect(outcome.rows == expected, "seed \(seed)")
                try expect(Array(table.values), in: folder, outcome, seed: seed)
            }
        }
    }

    @Test(arguments: seeds) func replacesKeysAndRanges(_ seed: UInt64) async throws {
        try await StagingFolder.with { folder in
            var generator = SplitMix64(seed: seed)
            var table: [Row] = []
            let target = folder.target("results", .deleteInsert, key: ["l", "c"], loadColumn: "l")
            for night in 0..<8 {
                let load = night % 3 == 2 ? "us" : "eu"
                let since = Int64.random(in: 0...3, using: &generator)
                let isReplaced = Bool.random(using: &generator)
                let rows = Self.random(
                    Int.random(in: 0...6, using: &generator), load: load, isKeyRequired: false, since: since,
                    &generator)
                let outcome = try await folder.stage(
                    rows.map(\.cells), schema: Self.schema, into: target,
                    intent: .test(
                        load: .test(load, since: String(since), until: String(since + 5), isReplaced: isReplaced)))
                let values = Set(rows.map(\.value))
                let count = table.count
                table.removeAll { row in
                    guard row.load == load else { return false }
                    guard isReplaced else { return values.contains(row.value) }
                    return row.value.map { (since..<(since + 5)).contains($0) } ?? false
                }
                #expect(outcome.rows.deleted == Int64(count - table.count), "seed \(seed)")
                #expect(outcome.rows.inserted == Int64(rows.count), "seed \(seed)")
                table += rows
                try expect(table, in: folder, outcome, seed: seed)
            }
        }
    }
}
