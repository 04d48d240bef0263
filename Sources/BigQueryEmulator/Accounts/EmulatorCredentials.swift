/// A kind of credentials that an emulator writes as a file and takes.
public enum EmulatorCredentials: String, CaseIterable, Sendable {
    /// The user's client and refresh token.
    case authorizedUser = "authorized_user"
    /// The service account's key.
    case serviceAccount = "service_account"
    /// The service account, by way of the key.
    case impersonatedServiceAccount = "impersonated_service_account"
    /// The workload, with a token in a file; by way of it the service account.
    case externalAccountFile = "external_account_file"
    /// The workload, with a token that a server gives out.
    case externalAccountURL = "external_account_url"
    /// The workload, with a token that a command prints.
    case externalAccountExecutable = "external_account_executable"
    /// The workload, with the keys of a machine at Amazon; by way of it the service account.
    case externalAccountAWS = "external_account_aws"
    /// A user of a workforce pool.
    case externalAccountAuthorizedUser = "external_account_authorized_user"
}
