import Hummingbird

/// An OAuth error response (RFC 6749, section 5.2), with Google's texts.
struct OAuthErrorResponse: Error, Sendable {
    let error: String
    let description: String
    let subtype: String?
    let status: Int

    init(_ error: String, _ description: String, subtype: String? = nil, status: Int = 400) {
        self.error = error
        self.description = description
        self.subtype = subtype
        self.status = status
    }

    static let unknownClient = OAuthErrorResponse("invalid_client", "The OAuth client was not found.", status: 401)
    /// The code or refresh token was not issued to this client.
    static let unknownGrant = OAuthErrorResponse("invalid_grant", "Bad Request")
    static let expiredGrant = OAuthErrorResponse("invalid_grant", "Token has been expired or revoked.")

    static func missing(_ name: String) -> OAuthErrorResponse {
        OAuthErrorResponse("invalid_request", "Missing required parameter: \(name)")
    }

    /// The body of the HTTP response.
    var body: JSONObject {
        var body: JSONObject = ["error": .string(error), "error_description": .string(description)]
        if let subtype { body["error_subtype"] = .string(subtype) }
        return body
    }
}

extension EmulatorFailure {
    /// The error of the token endpoint for an authenticated client, if the failure is one of this endpoint.
    var tokenError: OAuthErrorResponse? {
        switch self {
        case .expiredOrRevoked: .expiredGrant
        case .invalidRapt:
            OAuthErrorResponse("invalid_grant", "reauth related error (invalid_rapt)", subtype: "invalid_rapt")
        case .raptRequired:
            OAuthErrorResponse("invalid_grant", "reauth related error (rapt_required)", subtype: "rapt_required")
        case .deletedClient: OAuthErrorResponse("deleted_client", "The OAuth client was deleted.", status: 401)
        case .disabledClient: OAuthErrorResponse("disabled_client", "The OAuth client was disabled.", status: 401)
        case .unauthorizedClient: OAuthErrorResponse("unauthorized_client", "Unauthorized", status: 401)
        case .adminPolicyEnforced:
            OAuthErrorResponse("admin_policy_enforced", "Access to your account data is restricted by policies.")
        case .tokenServerError, .noRefreshToken, .noServiceAccount, .noTokenInfo, .apiDisabled, .noPermission,
            .billingDisabled:
            nil
        }
    }
}

extension Response {
    /// Creates a JSON response, or an OAuth error response.
    static func oauth(_ response: () throws(OAuthErrorResponse) -> JSONObject) -> Response {
        do throws(OAuthErrorResponse) {
            return json(try response(), status: 200)
        } catch {
            return json(error.body, status: error.status)
        }
    }

    static func json(_ object: JSONObject, status: Int = 200) -> Response {
        Response(
            status: .init(code: status),
            headers: [
                .contentType: "application/json; charset=utf-8",
                .cacheControl: "no-cache, no-store, max-age=0, must-revalidate",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: object.indented)))
    }
}
