import Foundation
import Hummingbird

/// Google's IAM Service Account Credentials API, limited to generateAccessToken.
struct AccountCredentials: Sendable {
    let configuration: EmulatorConfiguration
    let grants: Grants

    private static let method = ":generateAccessToken"
    private static let scopes: Set = [
        "https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/iam",
    ]

    /// The body of a Google API error.
    private struct APIError: Error {
        var code: Int
        var status: String
        var message: String
    }

    /// Responds to a request whose last path segment, `EMAIL:generateAccessToken`, is `resource`.
    func respond(to request: Request, resource: String) async -> Response {
        do throws(APIError) {
            let body: ByteBuffer
            do {
                body = try await request.body.collect(upTo: 1 << 16)
            } catch {
                throw APIError(code: 400, status: "INVALID_ARGUMENT", message: "Request is too large.")
            }
            return .json(
                try response(Array(buffer: body), authorization: request.headers[.authorization], resource: resource))
        } catch {
            let body: JSONObject = [
                "code": .number(String(error.code)), "message": .string(error.message), "status": .string(error.status),
            ]
            return .json(["error": .object(body)], status: error.code)
        }
    }

    private func response(
        _ body: [UInt8], authorization: String?, resource: String
    ) throws(APIError) -> JSONObject {
        let token = authorization.flatMap {
            $0.hasPrefix("Bearer ") ? grants.accessToken(String($0.dropFirst(7))) : nil
        }
        guard let token else {
            throw APIError(
                code: 401, status: "UNAUTHENTICATED",
                message:
                    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential."
            )
        }
        guard !Self.scopes.isDisjoint(with: token.grant.scopes) else {
            throw APIError(
                code: 403, status: "PERMISSION_DENIED", message: "Request had insufficient authentication scopes.")
        }
        guard resource == ServiceAccount(project: configuration.project).email + Self.method else {
            throw APIError(
                code: 403, status: "PERMISSION_DENIED",
                message: "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).")
        }
        func invalid(_ message: String) -> APIError {
            APIError(code: 400, status: "INVALID_ARGUMENT", message: message)
        }
        // The service does not report where the JSON is invalid.
        guard let object = try? JSONParser.parse(body).object else { throw invalid("Invalid JSON payload received.") }
        let scopes = object["scope"]?.array?.compactMap(\.string) ?? []
        guard !scopes.isEmpty else { throw invalid("Scope required.") }
        for delegate in object["delegates"]?.array ?? [] {
            guard delegate.string?.hasPrefix("projects/-/serviceAccounts/") == true else {
                throw invalid("Invalid form of delegate. It must be projects/-/serviceAccounts/ACCOUNT.")
            }
        }
        let text = object["lifetime"]?.string ?? "3600s"
        guard text.hasSuffix("s"), let lifetime = Int64(text.dropLast()), (1...3600).contains(lifetime) else {
            throw invalid(
                "The access token lifetime cannot exceed 3,600 seconds (1 hour), unless the constraints/iam.allowServiceAccountCredentialLifetimeExtension policy is set."
            )
        }
        let tokens = grants.begin(
            .init(scopes: scopes, isOffline: false, audience: ServiceAccount.uniqueID), withRefreshToken: false)
        let end = min(lifetime, configuration.accessTokenLifetime.components.seconds)
        let expiry = Date(timeIntervalSinceNow: TimeInterval(end)).formatted(.iso8601)
        return ["accessToken": .string(tokens.access), "expireTime": .string(expiry)]
    }
}
