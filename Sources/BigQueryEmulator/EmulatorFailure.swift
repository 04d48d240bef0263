/// A failure that an emulator simulates throughout, to test how a client handles it.
public enum EmulatorFailure: String, CaseIterable, Sendable {
    /// The token endpoint reports that the refresh token or the code has expired or been revoked.
    case expiredOrRevoked = "expired-or-revoked"
    /// The token endpoint reports that the organization's session has expired.
    case invalidRapt = "invalid-rapt"
    /// The token endpoint reports that the organization requires a new sign-in.
    case raptRequired = "rapt-required"
    /// The token endpoint reports that the client was deleted.
    case deletedClient = "deleted-client"
    /// The token endpoint reports that the client was disabled.
    case disabledClient = "disabled-client"
    /// The token endpoint reports that the token was issued to another client.
    case unauthorizedClient = "unauthorized-client"
    /// The token endpoint reports that the organization's administrator does not allow the scopes.
    case adminPolicyEnforced = "admin-policy-enforced"
    /// The token endpoint responds with status 503 and an HTML page.
    case tokenServerError = "token-server-error"
    /// A code is exchanged for an access token without a refresh token.
    case noRefreshToken = "no-refresh-token"
    /// The machine has no service account.
    case noServiceAccount = "no-service-account"
    /// The token information endpoint fails.
    case noTokenInfo = "no-token-info"
    /// The API is not enabled in the project.
    case apiDisabled = "api-disabled"
    /// The user has no permission to run jobs.
    case noPermission = "no-permission"
    /// Jobs that incur cost are rejected.
    case billingDisabled = "billing-disabled"
}
