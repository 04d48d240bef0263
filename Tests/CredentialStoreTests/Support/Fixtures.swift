import Foundation
import GoogleHTTP
import GoogleOAuth
import TestSupport

/// Recognizable fakes.
enum Fake {
    static func client() throws -> OAuthClient {
        try OAuthClient(
            id: "fake-client", secret: Secret("fake-secret"), authorizationURI: "http://127.0.0.1:1/auth",
            tokenURI: "http://127.0.0.1:1/token"
        )
    }

    static func credential() throws -> AuthorizedUserCredential {
        try AuthorizedUserCredential(
            clientID: "fake-client", clientSecret: Secret("fake-secret"), refreshToken: Secret("1//fake-token"),
            tokenURI: "http://127.0.0.1:1/token", quotaProjectID: "fake-project"
        )
    }

    static func token(
        _ name: String, expiresIn: Int = 3599, refreshToken: String? = nil, scope: String? = nil, more: String = ""
    ) -> ScriptedTransport.Reply {
        let rotated = refreshToken.map { #","refresh_token":"\#($0)""# } ?? ""
        let scope = scope.map { #","scope":"\#($0)""# } ?? ""
        return .answer(
            200,
            #"{"access_token":"\#(name)","expires_in":\#(expiresIn),"token_type":"Bearer"\#(rotated)\#(scope)\#(more)}"#
        )
    }

    /// A whole second, the precision of the store.
    static let day = Date(timeIntervalSince1970: 1_790_000_000)
}

extension Date {
    func adding(days: Double) -> Date { addingTimeInterval(days * 86_400) }
}

/// The mode of a file, without its type.
func permissions(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
}
