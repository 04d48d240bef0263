import Foundation
import Hummingbird
import Synchronization

/// The OAuth token endpoint: gives out access tokens for the emulator's one refresh token, and knows them again.
final class TokenEndpoint: Sendable {
    private struct State {
        var expiries: [String: ContinuousClock.Instant] = [:]
        var requestCount = 0
    }

    /// An error in OAuth's form.
    private struct Refusal: Error {
        var error: String
        var description: String
        var status = 400
    }

    private let configuration: EmulatorConfiguration
    private let state = Mutex(State())

    init(configuration: EmulatorConfiguration) {
        self.configuration = configuration
    }

    /// The number of requests so far, refused ones included.
    var requestCount: Int { state.withLock { $0.requestCount } }

    /// Whether a request may pass with this `Authorization` header; throws what the API answers if not.
    func check(authorization: String?) throws(ServiceError) {
        guard let authorization else {
            throw Self.unauthorized(.required, "Request is missing required authentication credential.")
        }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        let expiry = state.withLock { $0.expiries[parts.last.map(String.init) ?? ""] }
        guard parts.first?.lowercased() == "bearer", let expiry, ContinuousClock.now < expiry else {
            throw Self.unauthorized(.authError, "Request had invalid authentication credentials.")
        }
    }

    private static func unauthorized(_ reason: ServiceError.Reason, _ message: String) -> ServiceError {
        ServiceError(
            reason,
            "\(message) Expected OAuth 2 access token, login cookie or other valid authentication credential. See "
                + "https://developers.google.com/identity/sign-in/web/devconsole-project.",
            location: "Authorization", locationType: "header")
    }

    /// Answers one request for an access token.
    func respond(to request: Request) async throws -> Response {
        state.withLock { $0.requestCount += 1 }
        do {
            let body = try await request.body.collect(upTo: 1 << 16)
            return Self.response(try grant(Form(String(buffer: body))), status: 200)
        } catch let refusal as Refusal {
            let body: JSONObject = [
                "error": .string(refusal.error), "error_description": .string(refusal.description),
            ]
            return Self.response(body, status: refusal.status)
        }
    }

    private func grant(_ form: Form) throws(Refusal) -> JSONObject {
        guard let grantType = form["grant_type"] else {
            throw Refusal(error: "invalid_request", description: "Required parameter is missing: grant_type")
        }
        guard grantType == "refresh_token" else {
            throw Refusal(error: "unsupported_grant_type", description: "Invalid grant_type: \(grantType)")
        }
        guard let clientID = form["client_id"] else {
            throw Refusal(error: "invalid_request", description: "Could not determine client ID from request.")
        }
        guard clientID == configuration.clientID else {
            throw Refusal(error: "invalid_client", description: "The OAuth client was not found.", status: 401)
        }
        guard let secret = form["client_secret"] else {
            throw Refusal(error: "invalid_request", description: "client_secret is missing.")
        }
        guard secret == configuration.clientSecret else {
            throw Refusal(error: "invalid_client", description: "The provided client secret is invalid.", status: 401)
        }
        guard let refreshToken = form["refresh_token"] else {
            throw Refusal(error: "invalid_request", description: "Missing required parameter: refresh_token")
        }
        guard refreshToken == configuration.refreshToken else {
            throw Refusal(error: "invalid_grant", description: "Bad Request")
        }
        return newToken()
    }

    private func newToken() -> JSONObject {
        let token = "emulator-access-token-\(UUID().uuidString.lowercased())"
        let lifetime = configuration.accessTokenLifetime
        state.withLock { state in
            let now = ContinuousClock.now
            state.expiries = state.expiries.filter { $0.value > now }
            state.expiries[token] = now + lifetime
        }
        return [
            "access_token": .string(token), "expires_in": .number(String(lifetime.components.seconds)),
            "scope": "https://www.googleapis.com/auth/bigquery", "token_type": "Bearer",
        ]
    }

    private static func response(_ object: JSONObject, status: Int) -> Response {
        var body = JSONIndenter()
        var bytes: [UInt8] = []
        body.indent(JSONValue.object(object).text.utf8, into: &bytes)
        return Response(
            status: .init(code: status),
            headers: [
                .contentType: "application/json; charset=utf-8",
                .cacheControl: "no-cache, no-store, max-age=0, must-revalidate",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

/// The fields of a form in `application/x-www-form-urlencoded`.
private struct Form {
    private var fields: [String: String] = [:]

    init(_ text: String) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.map { $0.replacing("+", with: " ").removingPercentEncoding ?? "" }
            if decoded.count == 2, !decoded[1].isEmpty { fields[decoded[0]] = decoded[1] }
        }
    }

    subscript(name: String) -> String? { fields[name] }
}
