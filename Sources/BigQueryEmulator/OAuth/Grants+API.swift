extension Grants {
    /// Every method of the API that the emulator has takes any of these.
    private static let scopes: Set = [
        "https://www.googleapis.com/auth/bigquery", "https://www.googleapis.com/auth/bigquery.readonly",
        "https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/cloud-platform.read-only",
    ]

    /// Whether a request to the API may pass with this `Authorization` header; throws what the API answers if not.
    func check(authorization: String?) throws(ServiceError) {
        guard let authorization else {
            throw Self.unauthorized(.required, "Request is missing required authentication credential.")
        }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", let token = accessToken(String(parts[1])) else {
            throw Self.unauthorized(.authError, "Request had invalid authentication credentials.")
        }
        guard !Self.scopes.isDisjoint(with: token.grant.scopes) else { throw .insufficientScopes }
    }

    private static func unauthorized(_ reason: ServiceError.Reason, _ message: String) -> ServiceError {
        ServiceError(
            reason,
            "\(message) Expected OAuth 2 access token, login cookie or other valid authentication credential. See "
                + "https://developers.google.com/identity/sign-in/web/devconsole-project.",
            location: "Authorization", locationType: "header")
    }
}
