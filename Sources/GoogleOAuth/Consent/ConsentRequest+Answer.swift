import Foundation
public import GoogleHTTP
import TextSupport

extension ConsentRequest {
    /// The authorization code in what the user pasted: the whole address at which the browser ended, or the code
    /// alone, percent-encoded or not.
    ///
    /// - Throws: ``OAuthError`` with code `wrongState` if the address answers another request, `noCode` if there is
    ///   no code in it, or the code that an `error` in it stands for.
    public func authorizationCode(fromPasted text: String) throws(OAuthError) -> Secret {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines.union(CharacterSet(charactersIn: "\"'<>")))
        if text.hasPrefix(client.authorizationEndpoint.description), !text.contains("code=") {
            throw OAuthError(
                code: .noCode, message: "this is the address to open, not the one where the browser ended",
                hint:
                    "open it, allow access, and paste the address that the browser shows then, even if the page is an error"
            )
        }
        if let query = Self.query(of: text) { return try authorizationCode(inQuery: query) }
        guard let code = text.removingPercentEncoding.flatMap(Self.code) else {
            throw OAuthError(
                code: .noCode, message: "what was pasted is neither an address with a code nor a code",
                hint: "paste the whole address that the browser shows after the consent; it contains code="
            )
        }
        return code
    }

    /// The authorization code in the query of the address to which the browser was sent.
    func authorizationCode(inQuery query: String) throws(OAuthError) -> Secret {
        var values: [String: String] = [:]
        for item in query.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            values[String(parts[0])] = parts[1].removingPercentEncoding
        }
        guard values["code"] != nil || values["error"] != nil || values["state"] == state else {
            throw OAuthError(
                code: .noCode, message: "this is not the address at which the browser ends after the consent",
                hint:
                    "if Google shows an error, what its page says is the cause; else go on until the browser is sent to \(printable(redirectURI, limit: 200)), and paste that address"
            )
        }
        guard values["state"] == state else {
            throw OAuthError(
                code: .wrongState, message: "the answer does not belong to this consent request (its state is another)",
                hint: "open the address that was printed last, and paste the address at which the browser ends then"
            )
        }
        if let error = values["error"] { throw OAuthError(consentError: error, request: self) }
        guard let code = values["code"].flatMap(Self.code) else {
            throw OAuthError(
                code: .noCode, message: "the address has no code in it",
                hint: "paste the whole address that the browser shows after the consent"
            )
        }
        return code
    }

    /// The query of an address, or a query alone; `nil` for anything else.
    private static func query(of text: String) -> String? {
        if let mark = text.firstIndex(of: "?") { return String(text[text.index(after: mark)...].prefix { $0 != "#" }) }
        return ["code=", "state=", "error=", "scope="].contains { text.hasPrefix($0) } ? text : nil
    }

    /// A code is printable ASCII without spaces, and Google's are longer than any word.
    private static func code(_ text: String) -> Secret? {
        let isCode = (10...4096).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        return isCode && !text.contains("://") ? Secret(text) : nil
    }
}

extension OAuthError {
    /// The error that the authorization endpoint sent back with the browser (RFC 6749 4.1.2.1, and Google's own).
    fileprivate init(consentError error: String, request: ConsentRequest) {
        let (code, what, hint): (Code, String, String?) =
            switch error {
            case "access_denied":
                (
                    .accessDenied, "access was not allowed",
                    "allow it in the browser. While the consent screen is in \"Testing\", only accounts on its list of test users can: https://console.cloud.google.com/auth/audience"
                )
            case "admin_policy_enforced":
                (
                    .accessDenied, "an administrator of the organisation does not allow this client",
                    "ask the administrator to trust the client id \(printable(request.client.id, limit: 200))"
                )
            case "org_internal":
                (
                    .accessDenied, "the consent screen is for the accounts of one organisation only",
                    "log in with an account of that organisation, or make the consent screen External"
                )
            case "redirect_uri_mismatch":
                (.redirectMismatch, "the redirect URI is not registered", Self.hint(.redirectMismatch))
            case "invalid_client": (.wrongClientID, "there is no such client", Self.hint(.wrongClientID))
            case "deleted_client", "disabled_client": (.deletedClient, "the client is gone", Self.hint(.deletedClient))
            case "disallowed_useragent":
                (.accessDenied, "Google does not accept this browser", "open the address in an ordinary browser")
            case "temporarily_unavailable", "server_error":
                (.serviceUnavailable, "Google could not ask for the consent", Self.hint(.serviceUnavailable))
            default: (.requestRejected, "Google does not accept the consent request", nil)
            }
        self.init(code: code, message: "\(what) (\(printable(error, limit: 100)))", hint: hint)
    }
}
