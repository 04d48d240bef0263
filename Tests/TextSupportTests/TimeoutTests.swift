import TestSupport
import Testing
import TextSupport

@Suite(.timeLimit(.minutes(1))) struct TimeoutTests {
    @Test func cancelsOperationAfterTimeout() async {
        let (ends, continuation) = AsyncStream<Bool>.makeStream()
        let value: Void? = await withTimeout(.seconds(2), clock: ManualClock()) {
            // Ends only with the cancellation.
            try? await Task.sleep(for: .seconds(3600))
            continuation.yield(Task.isCancelled)
        }
        #expect(value == nil)
        for await isCancelled in ends {
            #expect(isCancelled)
            break
        }
    }

    @Test func returnsResultBeforeTimeout() async {
        let value = await withTimeout(.seconds(2), clock: ManualClock(longestSleep: .seconds(1))) { 7 }
        #expect(value == 7)
    }
}
