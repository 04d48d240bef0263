import BigQueryRows
import GoogleOAuth
import TextSupport

extension CredentialSearch {
    /// The first credentials that there are; of a profile that there is not, the error names the one that was meant.
    func firstOrSuggestion(_ choice: Choice) throws -> Finding? {
        do {
            return try first(choice)
        } catch {
            let profile: String? = if case .store(let profile) = choice { profile } else { nil }
            if error.code == .noCredentials, let name = profile ?? ProcessEnvironment.profile,
                let nearest = NearestName.find(name, among: Set(profiles + SettingsFile.profiles).sorted())
            {
                throw error.hinted("did you mean the profile \(printable(nearest))?")
            }
            throw error
        }
    }
}
