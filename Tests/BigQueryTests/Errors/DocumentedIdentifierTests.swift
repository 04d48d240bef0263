import BigQuery
import Foundation
import Testing

/// The article that scripts are written by names every identifier that there is.
@Suite struct DocumentedIdentifierTests {
    @Test(arguments: BigQueryError.Code.all.map(\.description))
    func everyIdentifierIsInTheArticle(identifier: String) throws {
        let article = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/GoogleOAuth/GoogleOAuth.docc/WhyACredentialFails.md").standardized
        #expect(try String(contentsOf: article, encoding: .utf8).contains("`\(identifier)`"))
    }
}
