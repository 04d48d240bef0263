/// A failure that an emulator shows on purpose, so that one can see what a program makes of it.
public enum EmulatorFailure: String, CaseIterable, Sendable {
    /// The token endpoint says that the refresh token, or the code, is over.
    case expiredOrRevoked = "expired-or-revoked"
    /// The token endpoint says that the organisation's session is over.
    case invalidRapt = "invalid-rapt"
    /// The token endpoint says that the organisation wants a new login.
    case raptRequired = "rapt-required"
    /// The token endpoint says that the client was deleted.
    case deletedClient = "deleted-client"
    /// The token endpoint says that the client was disabled.
    case disabledClient = "disabled-client"
    /// The token endpoint says that the token belongs to another client.
    case unauthorizedClient = "unauthorized-client"
    /// The token endpoint says that the organisation's administrator forbids the scopes.
    case adminPolicyEnforced = "admin-policy-enforced"
    /// The token endpoint answers 503 with a page instead of JSON.
    case tokenServerError = "token-server-error"
    /// A code is exchanged for an access token only.
    case noRefreshToken = "no-refresh-token"
    /// The machine has no service account.
    case noServiceAccount = "no-service-account"
    /// Token information is out of order.
    case noTokenInfo = "no-token-info"
    /// The API is not enabled in the project.
    case apiDisabled = "api-disabled"
    /// The user may not run jobs.
    case noPermission = "no-permission"
    /// Jobs that cost something are refused.
    case billingDisabled = "billing-disabled"
}
