import BigQuery
import Foundation
import Testing

/// The article lists every identifier, for authors of scripts.
@Suite struct DocumentedIdentifierTests {
    @Test(arguments: BigQueryError.Code.all.map(\.description))
    func articleListsEveryIdentifier(identifier: String) throws {
        let article = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/GoogleOAuth/GoogleOAuth.docc/WhyACredentialFails.md").standardized
        #expect(try String(contentsOf: article, encoding: .utf8).contains("`\(identifier)`"))
    }
}
