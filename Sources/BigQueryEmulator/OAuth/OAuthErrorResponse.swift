import Hummingbird

/// An error in OAuth's form, in Google's words.
struct OAuthError: Error, Sendable {
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

    static let unknownClient = OAuthError("invalid_client", "The OAuth client was not found.", status: 401)
    /// The code or refresh token is none of this client's.
    static let badGrant = OAuthError("invalid_grant", "Bad Request")
    static let overGrant = OAuthError("invalid_grant", "Token has been expired or revoked.")

    static func missing(_ name: String) -> OAuthError {
        OAuthError("invalid_request", "Missing required parameter: \(name)")
    }

    /// The body of an HTTP answer.
    var body: JSONObject {
        var body: JSONObject = ["error": .string(error), "error_description": .string(description)]
        if let subtype { body["error_subtype"] = .string(subtype) }
        return body
    }
}

extension EmulatorFailure {
    /// What the token endpoint tells a client that it knows, if the failure is one of its refusals.
    var tokenRefusal: OAuthError? {
        switch self {
        case .expiredOrRevoked: .overGrant
        case .invalidRapt:
            OAuthError("invalid_grant", "reauth related error (invalid_rapt)", subtype: "invalid_rapt")
        case .raptRequired:
            OAuthError("invalid_grant", "reauth related error (rapt_required)", subtype: "rapt_required")
        case .deletedClient: OAuthError("deleted_client", "The OAuth client was deleted.", status: 401)
        case .disabledClient: OAuthError("disabled_client", "The OAuth client was disabled.", status: 401)
        case .unauthorizedClient: OAuthError("unauthorized_client", "Unauthorized", status: 401)
        case .adminPolicyEnforced:
            OAuthError("admin_policy_enforced", "Access to your account data is restricted by policies.")
        case .tokenServerError, .noRefreshToken, .noServiceAccount, .noTokenInfo, .apiDisabled, .noPermission,
            .billingDisabled:
            nil
        }
    }
}

extension Response {
    /// An answer, or a refusal, in OAuth's form.
    static func oauth(_ answer: () throws(OAuthError) -> JSONObject) -> Response {
        do throws(OAuthError) {
            return json(try answer(), status: 200)
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
