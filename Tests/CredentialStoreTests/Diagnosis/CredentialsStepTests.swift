import Foundation
import GoogleOAuth
import Testing

@testable import CredentialStore

@Suite struct CredentialsStepTests {
    @Test func theCredentialIsTheFirstStep() async throws {
        var diagnosis = TokenDiagnosis()
        let located = try await diagnosis.testCredentials {
            throw OAuthError(code: .unsafePermissions, message: "m")
        }
        #expect(located == nil)
        #expect((diagnosis.failure as? OAuthError)?.code == .unsafePermissions)
        let found = try await diagnosis.testCredentials {
            Issue.record("a step after a failure")
            return LocatedCredential(
                credential: .authorizedUser(try Fake.credential()), source: "x", isExplicit: true)
        }
        #expect(found == nil)
    }
}
