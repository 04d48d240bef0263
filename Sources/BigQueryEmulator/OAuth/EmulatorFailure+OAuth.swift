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
