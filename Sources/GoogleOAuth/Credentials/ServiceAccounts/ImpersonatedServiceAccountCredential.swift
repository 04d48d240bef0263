/// A service account that another credential impersonates: a file of type `impersonated_service_account`, written by
/// gcloud's application-default login.
public struct ImpersonatedServiceAccountCredential: Sendable, Hashable {
    /// The credential that impersonates the account.
    package var source: GoogleCredential
    /// The account and the parameters of the impersonation.
    package var impersonation: Impersonation
    /// The billing project: the file's `quota_project_id`, else that of the source.
    package var quotaProjectID: String?

    /// Creates a credential.
    package init(source: GoogleCredential, impersonation: Impersonation, quotaProjectID: String? = nil) {
        self.source = source
        self.impersonation = impersonation
        self.quotaProjectID = quotaProjectID
    }
}

extension ImpersonatedServiceAccountCredential {
    /// The members of a file.
    struct File: Decodable {
        var impersonationURL: String?
        var delegates: [String]?
        var source: GoogleCredential.File?
        var quotaProjectID: String?

        private enum CodingKeys: String, CodingKey {
            case delegates
            case impersonationURL = "service_account_impersonation_url"
            case source = "source_credentials"
            case quotaProjectID = "quota_project_id"
        }
    }

    init(_ file: File) throws(OAuthError) {
        guard let url = file.impersonationURL else {
            throw .incomplete("service_account_impersonation_url")
        }
        guard let source = file.source else { throw .incomplete("source_credentials") }
        let credential = try CredentialFile.naming("source_credentials") { () throws(OAuthError) in
            try source.credential.get()
        }
        self.init(
            source: credential, impersonation: try Impersonation(url: url, delegates: file.delegates ?? []),
            quotaProjectID: file.quotaProjectID ?? credential.quotaProjectID)
    }
}
