import GoogleHTTP
import Testing

@Suite struct RetryClassifierTests {
    @Test func retriesFirstLostConnectionImmediately() {
        let classifier = RetryClassifier()
        var error = HTTPError(code: .connectionLost, message: "the connection ended")
        error.isBeforeResponse = true
        #expect(classifier.classify(error) == .retryImmediately)
        #expect(classifier.classify(error) == .retry())
    }

    @Test func retriesLookupTwice() {
        let classifier = RetryClassifier()
        let error = HTTPError(code: .hostNotFound, message: "there is no such host")
        #expect((1...3).map { _ in classifier.classify(error) } == [.retry(), .retry(), .exhausted])
    }
}
