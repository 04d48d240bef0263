import Foundation
package import GoogleHTTP
import TextSupport

extension ConsentRequest {
    /// Extracts the authorization code from pasted text: the complete URL that the browser was redirected to, or the
    /// code alone, percent-encoded or not.
    ///
    /// - Throws: ``OAuthError`` with code `wrongState` if the URL belongs to another request, `noCode` if it contains
    ///   no code, or the code for the `error` in it.
    package func authorizationCode(fromPasted text: String) throws(OAuthError) -> Secret {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines.union(CharacterSet(charactersIn: "\"'<>")))
        if text.hasPrefix(client.authorizationEndpoint.description), !text.contains("code=") {
            throw OAuthError(
                code: .noCode, message: "that is the sign-in URL, not the URL you were redirected to",
                detail: .signInURL)
        }
        if let query = Self.query(of: text) { return try authorizationCode(inQuery: query) }
        guard let code = text.removingPercentEncoding.flatMap(Self.code) else {
            throw OAuthError(
                code: .noCode, message: "the pasted text is neither a URL with a code nor a code")
        }
        return code
    }

    /// Extracts the authorization code from the query of the redirect.
    func authorizationCode(inQuery query: String) throws(OAuthError) -> Secret {
        var values: [String: String] = [:]
        for item in query.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            values[String(parts[0])] = parts[1].removingPercentEncoding
        }
        guard values["code"] != nil || values["error"] != nil || values["state"] == state else {
            throw OAuthError(
                code: .noCode, message: "that is not the URL you were redirected to",
                detail: .notRedirected(to: redirectURI))
        }
        guard values["state"] == state else {
            throw OAuthError(
                code: .wrongState, message: "the URL does not belong to this consent request (its state is different)")
        }
        if let error = values["error"] { throw OAuthError(consentError: error, clientID: client.id) }
        guard let code = values["code"].flatMap(Self.code) else {
            throw OAuthError(code: .noCode, message: "the URL contains no authorization code")
        }
        return code
    }

    /// The query of a URL, or a query alone; `nil` for any other text.
    private static func query(of text: String) -> String? {
        if let mark = text.firstIndex(of: "?") { return String(text[text.index(after: mark)...].prefix { $0 != "#" }) }
        return ["code=", "state=", "error=", "scope="].contains { text.hasPrefix($0) } ? text : nil
    }

    /// A code is printable ASCII without spaces, and Google's codes are longer than any word.
    private static func code(_ text: String) -> Secret? {
        let isCode = (10...4096).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        return isCode && !text.contains("://") ? Secret(text) : nil
    }
}

extension OAuthError {
    /// An error response of the authorization endpoint (RFC 6749 4.1.2.1, and Google's own).
    fileprivate init(consentError error: String, clientID: String) {
        let (code, what): (Code, String) =
            switch error {
            case "access_denied": (.accessDenied, "access was denied")
            case "admin_policy_enforced": (.accessDenied, "an administrator of the organization blocks this client")
            case "org_internal": (.accessDenied, "the consent screen is restricted to the accounts of an organization")
            case "redirect_uri_mismatch": (.redirectMismatch, "the redirect URI is not registered")
            case "invalid_client": (.wrongClientID, "no OAuth client has this client ID")
            case "deleted_client", "disabled_client": (.deletedClient, "the OAuth client was deleted or disabled")
            case "disallowed_useragent": (.accessDenied, "Google does not support this browser")
            case "temporarily_unavailable", "server_error":
                (.serviceUnavailable, "Google's consent screen is unavailable")
            default: (.requestRejected, "Google rejects the consent request")
            }
        self.init(
            code: code, message: "\(what) (\(printable(error, limit: 100)))",
            detail: .consentError(error, clientID: clientID))
    }
}
