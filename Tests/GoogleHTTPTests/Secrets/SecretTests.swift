import GoogleHTTP
import Testing

@Suite struct SecretTests {
    struct Holder {
        var name = "client"
        var secret = Secret("not-a-real-secret")
    }

    @Test func noWayOfPrintingShowsTheValue() {
        let holder = Holder()
        var dumped = ""
        dump(holder, to: &dumped)
        let texts = [
            "\(holder.secret)", String(reflecting: holder.secret), "\(holder)", String(reflecting: holder), dumped,
            "\([holder.secret])", "\(Optional(holder.secret) as Any)",
            "\(Mirror(reflecting: holder.secret).children.map(\.value))",
        ]
        for text in texts { #expect(!text.contains("not-a-real-secret")) }
        #expect("\(holder.secret)" == "<redacted>")
        #expect(holder.secret.reveal() == "not-a-real-secret")
    }
}
