import Foundation
import GoogleHTTP
import GoogleOAuth
import Testing

/// The article for authors of scripts names every identifier.
@Suite struct DocumentedIdentifierTests {
    @Test(arguments: OAuthError.Code.all.map(\.description) + HTTPError.Code.all.map(\.description))
    func everyIdentifierIsDocumented(identifier: String) throws {
        let article = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/GoogleOAuth/GoogleOAuth.docc/WhyACredentialFails.md").standardized
        #expect(try String(contentsOf: article, encoding: .utf8).contains("`\(identifier)`"))
    }
}
