package import GoogleOAuth
import TextSupport

extension TokenDiagnosis {
    /// Tests that a credential is found and is complete and private: step `credentials`.
    ///
    /// - Throws: `CancellationError`.
    package mutating func testCredentials(
        _ find: () async throws -> LocatedCredential
    ) async throws -> LocatedCredential? {
        try await step("credentials") {
            let located = try await find()
            let warning = located.warning.map { "; warning: \($0)" } ?? ""
            let principal = printable(located.credential.principal, limit: 200)
            return (located, "\(printable(located.source)), \(principal)\(warning)")
        }
    }
}
