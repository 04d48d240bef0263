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
