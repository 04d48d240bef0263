import Testing

@testable import BQPullCommands

@Suite struct ProgressDisplayTests {
    /// A pull that was published when the signal came has not failed.
    @Test func keepsTheResultOfACancelledBodyThatFinishes() async throws {
        let task = Task {
            try await ProgressDisplay(isLive: false).showing {
                withUnsafeCurrentTask { $0?.cancel() }
                // The display stops meanwhile. Not a child task, which would be cancelled as well.
                try await Task { try await Task.sleep(for: .milliseconds(100)) }.value
                return 7
            }
        }
        task.cancel()
        #expect(try await task.value == 7)
    }

    @Test func rethrowsTheErrorOfTheBody() async {
        await #expect(throws: CancellationError.self) {
            try await ProgressDisplay(isLive: false).showing { throw CancellationError() }
        }
    }
}
