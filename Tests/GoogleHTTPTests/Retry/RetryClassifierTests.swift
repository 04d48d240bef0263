import GoogleHTTP
import Testing

@Suite struct RetryClassifierTests {
    /// A connection that was idle for too long is replaced at once, the one in its place is not.
    @Test func aConnectionIsReplacedAtOnceTheFirstTimeOnly() {
        let judge = RetryClassifier()
        var error = HTTPError(code: .connectionLost, message: "the connection ended")
        error.isBeforeAnswer = true
        #expect(judge.judge(error) == .retryImmediately)
        #expect(judge.judge(error) == .retry())
    }

    @Test func aNameIsLookedUpThreeTimes() {
        let judge = RetryClassifier()
        let error = HTTPError(code: .hostNotFound, message: "there is no such host")
        #expect((1...3).map { _ in judge.judge(error) } == [.retry(), .retry(), .exhausted])
    }
}
