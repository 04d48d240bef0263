import Foundation
import Synchronization

/// The pending authorization requests, and the codes issued for granted ones.
final class Consents: Sendable {
    private struct State {
        var waiting: [String: AuthorizationRequest] = [:]
        /// All codes, including used ones: Google's error for those differs from the one for unknown codes.
        var codes: [String: AuthorizationCode] = [:]
    }

    private let codeLifetime: Duration
    private let state = Mutex(State())

    init(codeLifetime: Duration) {
        self.codeLifetime = codeLifetime
    }

    /// The number of codes issued.
    var codeCount: Int { state.withLock { $0.codes.count } }

    /// Stores a request until the user decides.
    ///
    /// - Returns: the ID to pass to ``takeRequest(_:)``.
    func add(_ request: AuthorizationRequest) -> String {
        let id = UUID().uuidString
        state.withLock { $0.waiting[id] = request }
        return id
    }

    /// Removes and returns a pending request.
    func takeRequest(_ id: String) -> AuthorizationRequest? {
        state.withLock { $0.waiting.removeValue(forKey: id) }
    }

    /// Issues an authorization code.
    func makeCode(for request: AuthorizationRequest, scopes: [String], issuesRefreshToken: Bool) -> String {
        // Like Google's codes, it contains characters that must be percent-encoded in a query.
        let text = "4/0A+\(UUID().uuidString)="
        let code = AuthorizationCode(
            request: request, scopes: scopes, issuesRefreshToken: issuesRefreshToken, expiry: .now + codeLifetime)
        state.withLock { $0.codes[text] = code }
        return text
    }

    /// Marks a valid code as used and returns its data. A code cannot be used again, even if the exchange fails.
    func takeCode(_ text: String) throws(OAuthErrorResponse) -> AuthorizationCode {
        try state.withLock { state throws(OAuthErrorResponse) in
            guard let code = state.codes[text] else {
                throw OAuthErrorResponse("invalid_grant", "Malformed auth code.")
            }
            guard !code.isUsed, .now < code.expiry else { throw .unknownGrant }
            state.codes[text]?.isUsed = true
            return code
        }
    }
}

/// The data of an authorization code.
struct AuthorizationCode: Sendable {
    let request: AuthorizationRequest
    /// The granted scopes, a subset of the requested ones.
    let scopes: [String]
    let issuesRefreshToken: Bool
    let expiry: ContinuousClock.Instant
    var isUsed = false
}
