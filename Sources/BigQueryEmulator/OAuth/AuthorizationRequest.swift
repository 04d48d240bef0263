/// What a program asks the user for, by way of the browser.
struct AuthorizationRequest: Sendable {
    let clientID: String
    let redirectURI: RedirectURI
    let scopes: [String]
    let state: String?
    /// Whether the program wants to act while the user is away.
    let isOffline: Bool
    /// Whether the program wants the user to agree even if that has happened before.
    let asksAgain: Bool
    let challenge: CodeChallenge?

    /// Checks a request.
    ///
    /// - Throws: What the browser shows instead of the consent page.
    init(_ query: Form, configuration: EmulatorConfiguration) throws(OAuthError) {
        clientID = try query.required("client_id")
        guard clientID == configuration.clientID else { throw .unknownClient }
        redirectURI = try RedirectURI(
            try query.required("redirect_uri"), registered: configuration.redirectURIs)
        guard try query.required("response_type") == "code" else {
            throw OAuthError("invalid_request", "Invalid value for parameter: response_type")
        }
        scopes = try query.required("scope").split(separator: " ").map(String.init)
        guard !scopes.isEmpty else { throw .missing("scope") }
        state = query["state"]
        isOffline = query["access_type"] == "offline"
        asksAgain = query["prompt"]?.split(separator: " ").contains("consent") == true
        challenge = try query["code_challenge"].map { text throws(OAuthError) in
            try CodeChallenge(text, method: query["code_challenge_method"])
        }
    }
}
