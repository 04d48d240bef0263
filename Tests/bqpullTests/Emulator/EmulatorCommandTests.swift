import BigQueryEmulator
import Foundation
import TestSupport
import Testing

@Suite struct EmulatorCommandTests {
    @Test func aPortThatIsTakenIsNamed() async throws {
        try await Emulator(configuration: EmulatorConfiguration()).withRunning { running in
            let outcome = try await Binary().run(["emulator", "--port", "\(running.port)"])
            #expect(outcome.exitCode == 71)
            #expect(outcome.errors.contains("127.0.0.1:\(running.port)"))
            #expect(outcome.errors.contains("hint: choose another port"))
        }
    }

    @Test(arguments: ["/nonexistent/t.csv", #filePath])
    func aFileThatCannotBeLoadedIsNamed(file: String) async throws {
        let outcome = try await Binary().run(["emulator", "--load", "d.t=\(file)"])
        #expect(outcome.exitCode == 66, "\(outcome.errors)")
        #expect(outcome.errors.contains(file))
    }
}
