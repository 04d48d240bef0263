import Foundation
import Synchronization

/// The requests that wait for the user's decision, and the codes for those that were allowed.
final class Consents: Sendable {
    private struct State {
        var waiting: [String: AuthorizationRequest] = [:]
        /// All that there ever were: used ones are refused in other words than what never was a code.
        var codes: [String: AuthorizationCode] = [:]
    }

    private let codeLifetime: Duration
    private let state = Mutex(State())

    init(codeLifetime: Duration) {
        self.codeLifetime = codeLifetime
    }

    /// The number of codes given out.
    var codeCount: Int { state.withLock { $0.codes.count } }

    /// Keeps a request until the user decides.
    ///
    /// - Returns: The id by which the decision finds it again.
    func add(_ request: AuthorizationRequest) -> String {
        let id = UUID().uuidString
        state.withLock { $0.waiting[id] = request }
        return id
    }

    /// Finds the request that a decision is about; there is one decision only.
    func takeRequest(_ id: String) -> AuthorizationRequest? {
        state.withLock { $0.waiting.removeValue(forKey: id) }
    }

    /// Makes a code for what the user has allowed.
    func makeCode(for request: AuthorizationRequest, scopes: [String], issuesRefreshToken: Bool) -> String {
        // As Google's, it has characters that do not survive in a query unless they are escaped.
        let text = "4/0A+\(UUID().uuidString)="
        let code = AuthorizationCode(
            request: request, scopes: scopes, issuesRefreshToken: issuesRefreshToken, expiry: .now + codeLifetime)
        state.withLock { $0.codes[text] = code }
        return text
    }

    /// Finds a code that is good, and uses it up, whatever comes of it.
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

/// What an authorization code stands for.
struct AuthorizationCode: Sendable {
    let request: AuthorizationRequest
    /// What the user has allowed, which may be less than what was asked.
    let scopes: [String]
    let issuesRefreshToken: Bool
    let expiry: ContinuousClock.Instant
    var isUsed = false
}
