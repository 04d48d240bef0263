import GoogleHTTP
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct AtMostTests {
    @Test func whatTakesLongerIsCancelled() async {
        let (ends, continuation) = AsyncStream<Bool>.makeStream()
        let value: Void? = await atMost(.seconds(2), clock: ManualClock()) {
            try? await Task.sleep(for: .seconds(3600))
            continuation.yield(Task.isCancelled)
        }
        #expect(value == nil)
        for await isCancelled in ends {
            #expect(isCancelled)
            break
        }
    }

    @Test func whatIsDoneInTimeIsReturned() async {
        let value = await atMost(.seconds(2), clock: ManualClock(longestSleep: .seconds(1))) { 7 }
        #expect(value == 7)
    }
}
