import BigQueryRows
import TestSupport
import Testing

@Suite("Names of one level") struct DistinctNamesTests {
    private func distinct(_ names: [String]) -> [String] {
        names.map { TableSchema.Field(name: $0, type: .string) }.distinctNames
    }

    @Test(
        .faults("P29"),
        arguments: [
            ([], []), (["a"], ["a"]), (["b", "a"], ["b", "a"]), (["a", "a"], ["a", "a_2"]),
            (["a", "A", "a"], ["a", "A_2", "a_3"]), (["a", "A", "a_2"], ["a", "A_3", "a_2"]),
            (["a_2", "a", "a", "A_2"], ["a_2", "a", "a_3", "A_2_2"]), (["É", "é"], ["É", "é"]),
            (["\u{e9}", "e\u{301}"], ["\u{e9}", "e\u{301}"]), (["@", "`", "[", "{"], ["@", "`", "[", "{"]),
        ] as [([String], [String])])
    func numbersOnlyLaterEqualNames(names: [String], expected: [String]) {
        #expect(distinct(names).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    }

    /// Quadratic time would stop the pull.
    @Test func numbersManyEqualNames() {
        let names = distinct(Array(repeating: "n", count: 100_000))
        #expect(names[99_999] == "n_100000")
        #expect(Set(names).count == names.count)
    }
}
