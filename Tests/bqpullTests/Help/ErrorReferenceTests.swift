import BigQuery
import BigQueryEmulator
import BigQueryPull
import BigQueryRows
import GoogleHTTP
import GoogleOAuth
import RowFormats
import SQLiteStaging
import Testing

@testable import BQPullCommands

@Suite struct ErrorReferenceTests {
    @Test func everyCodeHasAnEntry() {
        #expect(Set(PullError.entries.keys) == Set(PullError.Code.all))
        #expect(Set(BigQueryError.entries.keys) == Set(BigQueryError.Code.all))
        #expect(Set(RowsError.entries.keys) == Set(RowsError.Code.all))
        #expect(Set(RowFormatError.entries.keys) == Set(RowFormatError.Code.all))
        #expect(Set(StagingError.entries.keys) == Set(StagingError.Code.all))
        #expect(Set(OAuthError.entries.keys) == Set(OAuthError.Code.all))
        #expect(Set(HTTPError.entries.keys) == Set(HTTPError.Code.all))
        #expect(Set(EmulatorError.entries.keys) == Set(EmulatorError.Code.all))
        #expect(Set(CommandError.entries.keys) == Set(CommandError.Code.allCases))
    }

    @Test func everyExplanationIsASentence() {
        for entry in ErrorReference.entries {
            #expect(entry.explanation.wholeMatch(of: /(?:[A-Z]|--)[^\n]*[^ .]\./) != nil, "\(entry.identifier)")
        }
    }

    @Test func everyExplanationIsPrintedBeforeItsHint() {
        let text = ErrorReference.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for entry in ErrorReference.entries {
            let expected = entry.explanation + (entry.hint.map { " hint: \($0)" } ?? "")
            #expect(text.contains(expected), "\(entry.identifier)")
        }
    }

    @Test(arguments: BQPullCommands.ExitStatus.allCases) func everyExitCodeIsExplained(
        status: BQPullCommands.ExitStatus
    ) {
        #expect(ErrorReference.entries.contains { $0.exitStatus == status })
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
