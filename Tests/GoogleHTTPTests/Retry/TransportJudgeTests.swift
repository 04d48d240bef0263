import GoogleHTTP
import Testing

@Suite struct TransportJudgeTests {
    /// A connection that was idle for too long is replaced at once, the one in its place is not.
    @Test func aConnectionIsReplacedAtOnceTheFirstTimeOnly() {
        let judge = TransportJudge()
        var error = HTTPError(code: .connectionLost, message: "the connection ended")
        error.isBeforeAnswer = true
        #expect(judge.judge(error) == .repeatNow)
        #expect(judge.judge(error) == .repeatLater())
    }

    @Test func aNameIsLookedUpThreeTimes() {
        let judge = TransportJudge()
        let error = HTTPError(code: .hostNotFound, message: "there is no such host")
        #expect((1...3).map { _ in judge.judge(error) } == [.repeatLater(), .repeatLater(), .giveUp])
    }
}
