import Testing

@testable import GoogleHTTP

@Suite struct RetryAfterTests {
    private static let now = "Sun, 06 Nov 1994 08:49:37 GMT"

    @Test(
        arguments: [
            ("2", now, Duration.seconds(2)),
            (" 30 ", now, .seconds(30)),
            ("0", now, .zero),
            ("-5", now, .zero),
            ("9223372036854775807", now, .seconds(1_000_000_000)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", now, .seconds(60)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", now, .zero),
            ("Fri, 31 Dec 9999 23:59:59 GMT", now, .seconds(252_618_189_022)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", nil, nil),
            ("Sun, 06 Nov 1994 08:50:37 GMT, or later", now, nil),
            ("Sun, 06 Nov 1994 08:50:37", now, nil),
            ("784111837", "784111777", .seconds(784_111_837)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", "yesterday", nil),
            ("soon", now, nil),
            ("1.5", now, nil),
            ("", now, nil),
        ] as [(String, String?, Duration?)])
    func readsSecondsAndDates(value: String, date: String?, expected: Duration?) {
        let headers = [("retry-after", value)] + (date.map { [("Date", $0)] } ?? [])
        #expect(
            HTTPResponseHead(status: 429, headers: headers.map { (name: $0.0, value: $0.1) }).retryAfter == expected)
    }

    @Test func isNilWithoutHeader() {
        #expect(HTTPResponseHead(status: 429).retryAfter == nil)
    }
}
