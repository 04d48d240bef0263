import Testing

@testable import BQPullCommands

@Suite struct TypedCommandTests {
    private static let command = ["query", "SELECT * FROM t", "--into", "a.db", "--since=1", "--yes"]

    @Test func quotesEachWord() {
        #expect(TypedCommand(Self.command).text == "bqpull query 'SELECT * FROM t' --into a.db '--since=1' --yes")
    }

    @Test(
        arguments: [
            ("--load", "b c", "bqpull query 'SELECT * FROM t' --into a.db '--since=1' --yes --load 'b c'"),
            ("--load", "-b", "bqpull query 'SELECT * FROM t' --into a.db '--since=1' --yes '--load=-b'"),
            ("--since", "2", "bqpull query 'SELECT * FROM t' --into a.db --yes --since 2"),
            ("--into", "b.db", "bqpull query 'SELECT * FROM t' '--since=1' --yes --into b.db"),
        ])
    func setsAnOptionOnce(option: String, value: String, text: String) {
        #expect(TypedCommand(Self.command).setting(option, value).text == text)
    }

    @Test(arguments: [
        (["query", "--key", "a", "--key=b", "x"], "bqpull query x --key c"),
        (["query", "x", "--key"], "bqpull query x --key c"),
        (["query", "--key", "a", "--", "--key"], "bqpull query --key c -- --key"),
    ])
    func replacesEveryEarlierValue(words: [String], text: String) {
        #expect(TypedCommand(words).setting("--key", "c").text == text)
    }

    @Test func anOptionCanHaveSeveralValues() {
        let command = TypedCommand(["query", "--param=a::1", "x"]).setting("--param", ["b::2", "c::3"])
        #expect(command.text == "bqpull query x --param b::2 --param c::3")
        #expect(command.setting("--param", []).text == "bqpull query x")
    }

    @Test func setsAFlagOnce() {
        let command = TypedCommand(["query", "x"]).setting("--same-load")
        #expect(command.text == "bqpull query x --same-load")
        #expect(command.setting("--same-load").text == command.text)
        #expect(TypedCommand(["query", "--", "-x"]).setting("--yes").text == "bqpull query --yes -- -x")
    }

    @Test(
        arguments: [
            (["--key", "a"], "a"), (["--key=a=b"], "a=b"), (["--key", "a", "--key", "b"], "b"), (["--key"], nil),
            (["--", "--key", "a"], nil), (["--keys", "a"], nil),
        ] as [([String], String?)])
    func findsAValue(words: [String], value: String?) {
        #expect(TypedCommand(words).value(of: "--key") == value)
    }

    @Test func replacesAnArgument() {
        let command = TypedCommand(Self.command)
        #expect(command.replacing("SELECT * FROM t", with: "SELECT 1").text.hasPrefix("bqpull query 'SELECT 1' --into"))
        #expect(command.replacing("SELECT 2", with: "SELECT 1").text == command.text)
    }

    /// An argument that begins with a hyphen must not be taken for an option.
    @Test(
        arguments: [
            (["query", "x", "--yes"], "bqpull query --yes -- '-- y\nz'"),
            (["query", "--yes", "--", "x"], "bqpull query --yes -- '-- y\nz'"),
        ])
    func replacesAnArgumentByAComment(words: [String], text: String) {
        #expect(TypedCommand(words).replacing("x", with: "-- y\nz").text == text)
    }

    @Test(
        arguments: [
            (["query"], "x", "bqpull query x"), (["query"], "-x", "bqpull query -- -x"),
            (["query", "--", "y"], "x", "bqpull query x -- y"), (["query", "--", "y"], "-x", "bqpull query -- y -x"),
        ])
    func addsAnArgument(words: [String], argument: String, text: String) {
        #expect(TypedCommand(words).adding(argument).text == text)
    }

    /// Hints end up in logs.
    @Test(arguments: [["--token-command", "echo secret"], ["--token-command=echo secret"]])
    func elidesTheTokenCommand(option: [String]) {
        #expect(TypedCommand(["query"] + option + ["--yes"]).text == "bqpull query --yes --token-command '…'")
    }
}
