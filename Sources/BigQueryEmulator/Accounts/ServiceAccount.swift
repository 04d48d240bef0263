import Foundation

/// The only service account of the project.
struct ServiceAccount: Sendable {
    let email: String
    /// The account's numeric ID, the audience of its tokens.
    static let uniqueID = "100000000000000000001"

    private static let googleAudience = "https://oauth2.googleapis.com/token"
    private static let scopePrefix = "https://www.googleapis.com/auth/"

    init(project: String) {
        email = "emulator@\(project).iam.gserviceaccount.com"
    }

    /// Verifies a signed assertion for the token endpoint at `audience`, and returns the requested scopes.
    func scopes(of assertion: String, audience: String) throws(OAuthErrorResponse) -> [String] {
        guard let token = JSONWebToken(assertion) else {
            throw OAuthErrorResponse("invalid_grant", "Invalid JWT: Failed to parse the assertion.")
        }
        guard token.claims["iss"]?.string == email else {
            throw OAuthErrorResponse("invalid_grant", "Invalid grant: account not found")
        }
        guard let key = SigningKey.shared, token.isSigned(with: key) else {
            throw OAuthErrorResponse("invalid_grant", "Invalid JWT Signature.")
        }
        // Google's library for Python always names Google's endpoint, whatever the file says.
        guard [audience, Self.googleAudience].contains(token.claims["aud"]?.string) else {
            throw OAuthErrorResponse(
                "invalid_grant", "Invalid JWT: Failed audience check. The right audience is \(audience)")
        }
        guard token.isCurrent else {
            throw OAuthErrorResponse(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."
            )
        }
        let scopes = token.claims["scope"]?.string?.split(separator: " ").map(String.init) ?? []
        guard !scopes.isEmpty, scopes.allSatisfy({ $0.hasPrefix(Self.scopePrefix) }) else {
            throw OAuthErrorResponse("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        }
        return scopes
    }
}
