import TestSupport
import Testing

@testable import GoogleHTTP

@Suite struct RetryBudgetTests {
    private let clock = ManualClock()

    /// The budget of a run that has worked for an hour without waiting.
    private func budget() -> RetryBudget {
        let budget = RetryBudget(.seconds(100), clock: clock)
        clock.advance(by: .seconds(3600))
        return budget
    }

    @Test func countsOnlyWaits() {
        let budget = budget()
        #expect(budget.allows(.seconds(100)))
        #expect(!budget.allows(.seconds(101)))
        budget.beginWait()
        #expect(budget.allows(.seconds(100)))
        clock.advance(by: .seconds(30))
        #expect(budget.allows(.seconds(70)))
        #expect(!budget.allows(.seconds(71)))
        budget.endWait()
        clock.advance(by: .seconds(3600))
        #expect(budget.allows(.seconds(70)))
        #expect(!budget.allows(.seconds(71)))
    }

    @Test func countsSimultaneousWaitsOnce() {
        let budget = budget()
        budget.beginWait()
        clock.advance(by: .seconds(10))
        budget.beginWait()
        clock.advance(by: .seconds(10))
        budget.endWait()
        clock.advance(by: .seconds(10))
        #expect(budget.allows(.seconds(70)))
        #expect(!budget.allows(.seconds(71)))
        budget.endWait()
        #expect(budget.allows(.seconds(70)))
        #expect(!budget.allows(.seconds(71)))
        budget.beginWait()
        clock.advance(by: .seconds(70))
        budget.endWait()
        #expect(budget.allows(.zero))
        #expect(!budget.allows(.seconds(1)))
    }
}
