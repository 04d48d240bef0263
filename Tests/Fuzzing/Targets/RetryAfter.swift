@testable import GoogleHTTP

/// `Retry-After` and `Date`, on two lines: the delay is not negative, and does not overflow.
@Sendable func fuzzRetryAfter(_ input: inout FuzzInput) {
    let k = Int(input.nextByte())
    let lines = String(decoding: input.rest, as: UTF8.self).split(separator: "\n", maxSplits: 1).map(String.init)
    let headers = zip(["Retry-After", "Date"], lines).map { (name: $0, value: $1) }
    let wait = HTTPResponseHead(status: 429, headers: headers).retryAfter
    if let wait { require(wait >= .zero && wait < .seconds(Int64.max / 4), "\(wait)") }
    var random = SystemRandomNumberGenerator()
    let delay = RetryPolicy().delay(beforeRetry: k, atLeast: wait, using: &random)
    require(delay >= wait ?? .zero && delay > .zero, "\(delay)")
}
