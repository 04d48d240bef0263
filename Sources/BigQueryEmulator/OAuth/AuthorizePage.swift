import Foundation
import Hummingbird

/// The consent page, and the redirect that follows the user's decision.
struct AuthorizePage: Sendable {
    let configuration: EmulatorConfiguration
    let grants: Grants
    let consents: Consents

    func show(_ query: URLEncodedForm) -> Response {
        response { () throws(OAuthErrorResponse) in
            let request = try AuthorizationRequest(query, configuration: configuration)
            return HTMLPage.consent(to: request, id: consents.add(request), account: configuration.account).response()
        }
    }

    func decide(_ decision: URLEncodedForm) -> Response {
        response { () throws(OAuthErrorResponse) in
            guard let request = consents.takeRequest(try decision.required("request")) else {
                throw OAuthErrorResponse("invalid_request", "The request is unknown or was decided before.")
            }
            let allowed = decision.values("scope")
            let scopes = request.scopes.filter(allowed.contains)
            let isAllowed = decision["decision"] == "allow" && !scopes.isEmpty
            let state = request.state.map { [URLQueryItem(name: "state", value: $0)] } ?? []
            let outcome = isAllowed ? allow(scopes, of: request) : [URLQueryItem(name: "error", value: "access_denied")]
            return .redirect(to: request.redirectURI.adding(state + outcome), type: .found)
        }
    }

    /// Returns the query items of the redirect after consent to these scopes.
    private func allow(_ scopes: [String], of request: AuthorizationRequest) -> [URLQueryItem] {
        let isFirst = grants.recordConsent()
        let code = consents.makeCode(
            for: request, scopes: scopes, issuesRefreshToken: request.isOffline && (isFirst || request.forcesConsent))
        return [
            URLQueryItem(name: "code", value: code),
            URLQueryItem(name: "scope", value: scopes.joined(separator: " ")),
        ]
    }

    /// Returns the response, or an error page.
    private func response(_ response: () throws(OAuthErrorResponse) -> Response) -> Response {
        do throws(OAuthErrorResponse) {
            return try response()
        } catch {
            return HTMLPage.refusal(error).response(status: error.status)
        }
    }
}
