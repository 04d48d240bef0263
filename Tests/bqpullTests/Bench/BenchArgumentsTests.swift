import Testing

@testable import BQPullCommands

@Suite struct BenchArgumentsTests {
    @Test(
        arguments: [("1", [1]), ("1,2,16", [1, 2, 16]), ("auto", [nil]), ("auto, 5,auto", [nil, 5, nil])]
            as [(String, [Int?])])
    func readsNumbers(_ text: String, values: [Int?]) {
        #expect(NumberList(argument: text)?.values == values)
    }

    @Test(arguments: ["", "0", "-1", "1,", ",1", "1,,2", "1;2", "x", "1.5", "AUTO", "99999999999999999999"])
    func rejectsOtherNumbers(_ text: String) {
        #expect(NumberList(argument: text) == nil)
    }

    @Test(arguments: [("on", [true]), ("off", [false]), ("off,on", [false, true]), ("on, off", [true, false])])
    func readsSwitches(_ text: String, values: [Bool]) {
        #expect(SwitchList(argument: text)?.values == values)
    }

    @Test(arguments: ["", "yes", "on,", "on;off", "1"])
    func rejectsOtherSwitches(_ text: String) {
        #expect(SwitchList(argument: text) == nil)
    }

    @Test(arguments: [("1", 1), ("100000", 100_000), ("all", nil)] as [(String, Int64?)])
    func readsALimit(_ text: String, rows: Int64?) throws {
        #expect(try #require(RowLimit(argument: text)).rows == rows)
    }

    @Test(arguments: ["", "0", "-5", "ALL", "none", "1e6"])
    func rejectsOtherLimits(_ text: String) {
        #expect(RowLimit(argument: text) == nil)
    }

    @Test(arguments: ["auto", "1,auto,8", "7"])
    func printsParsableText(_ text: String) {
        #expect(NumberList(argument: text)?.defaultValueDescription == text)
    }
}
