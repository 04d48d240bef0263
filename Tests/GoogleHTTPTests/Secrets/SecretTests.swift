import Foundation
import GoogleHTTP
import Testing

@Suite struct SecretTests {
    struct Holder: Encodable {
        var name = "client"
        var secret = Secret("not-a-real-secret")
    }

    @Test func isRedactedHoweverPrinted() throws {
        let holder = Holder()
        var dumped = ""
        dump(holder, to: &dumped)
        let texts = [
            "\(holder.secret)", String(reflecting: holder.secret), "\(holder)", String(reflecting: holder), dumped,
            "\([holder.secret])", "\(Optional(holder.secret) as Any)",
            "\(Mirror(reflecting: holder.secret).children.map(\.value))",
            String(decoding: try JSONEncoder().encode(holder), as: UTF8.self), String(format: "%@", "\(holder)"),
        ]
        for text in texts { #expect(!text.contains("not-a-real-secret")) }
        #expect("\(holder.secret)" == "<redacted>")
        #expect(holder.secret.reveal() == "not-a-real-secret")
    }

    @Test func requestPrintsOnlyItsURL() {
        let request = HTTPRequest.form("https://example.com/token", ["token": "not-a-real-secret"])
        var dumped = ""
        dump(request, to: &dumped)
        let bytes = "\(Array("not-a-real-secret".utf8))".dropFirst().dropLast()
        for text in ["\(request)", String(reflecting: request), dumped] { #expect(!text.contains(bytes)) }
        #expect("\(request)" == "POST https://example.com/token")
    }
}
