/// A service account as which other credentials act, as gcloud's application-default login with
/// `--impersonate-service-account` writes it as a file of type `impersonated_service_account`.
public struct ImpersonatedServiceAccountCredential: Sendable, Hashable {
    /// The other credentials.
    public var source: GoogleCredential
    /// As whom they act, and how.
    public var impersonation: Impersonation
    /// The project that pays: the file's `quota_project_id`, else the one of the other credentials.
    public var quotaProjectID: String?

    /// Makes a credential.
    public init(source: GoogleCredential, impersonation: Impersonation, quotaProjectID: String? = nil) {
        self.source = source
        self.impersonation = impersonation
        self.quotaProjectID = quotaProjectID
    }
}

extension ImpersonatedServiceAccountCredential {
    /// The members of a file.
    struct File: Decodable {
        var service_account_impersonation_url: String?
        var delegates: [String]?
        var source_credentials: GoogleCredential.File?
        var quota_project_id: String?
    }

    init(_ file: File) throws(OAuthError) {
        guard let url = file.service_account_impersonation_url else {
            throw .incomplete("service_account_impersonation_url")
        }
        guard let source = file.source_credentials else { throw .incomplete("source_credentials") }
        let credential: GoogleCredential
        do throws(OAuthError) {
            credential = try source.credential.get()
        } catch {
            var error = error
            error.message = "source_credentials: \(error.message)"
            throw error
        }
        self.init(
            source: credential, impersonation: try Impersonation(url: url, delegates: file.delegates ?? []),
            quotaProjectID: file.quota_project_id ?? credential.quotaProjectID)
    }
}
