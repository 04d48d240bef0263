import Testing

@testable import BQPullCommands

@Suite struct ErrorReferenceTests {
    private static let identifiers = Set(ErrorReference.identifiers.values.flatMap(\.self))

    @Test func everyIdentifierIsExplainedAndNoOther() {
        #expect(Set(ErrorExplanation.texts.keys) == Self.identifiers)
        for (identifier, text) in ErrorExplanation.texts { #expect(text.hasSuffix("."), "\(identifier)") }
    }

    @Test(arguments: BQPullCommands.ExitStatus.allCases) func everyExitCodeIsExplained(status: BQPullCommands.ExitStatus) {
        #expect(ErrorReference.identifiers[status]?.isEmpty == false)
        #expect(ErrorReference.text.contains("\n\(status.rawValue) "))
        #expect(ErrorReference.text(of: "\(status.rawValue)")?.contains(status.meaning) == true)
    }

    @Test func fitsATerminal() {
        for line in ErrorReference.text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }

    @Test func helpExplainsOneOrAll() async throws {
        let all = try await Binary().run(["help", "errors"])
        #expect(all.exitCode == 0)
        #expect(all.output == ErrorReference.text)
        let one = try await Binary().run(["help", "errors", "expiredOrRevoked"])
        #expect(one.output.hasPrefix("expiredOrRevoked\n"))
        #expect(one.output.contains("\"Testing\""))
        #expect(one.output.contains("exit code 77"))
        #expect(try await Binary().run(["errors", "77"]).output.contains("expiredOrRevoked"))
    }
}
