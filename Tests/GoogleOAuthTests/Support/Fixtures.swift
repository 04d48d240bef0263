import Foundation
import GoogleHTTP
import GoogleOAuth
import TestSupport

/// Recognizable fakes.
enum Fake {
    static func client(
        kind: OAuthClient.Kind = .installed, redirectURIs: [String] = [], tokenURI: String = "http://127.0.0.1:1/token"
    ) throws -> OAuthClient {
        try OAuthClient(
            id: "fake-client", secret: Secret("fake-secret"), kind: kind, redirectURIs: redirectURIs,
            authorizationURI: "http://127.0.0.1:1/auth", tokenURI: tokenURI
        )
    }

    static func credential(refreshToken: String = "1//fake-token") throws -> AuthorizedUserCredential {
        try AuthorizedUserCredential(
            clientID: "fake-client", clientSecret: Secret("fake-secret"), refreshToken: Secret(refreshToken),
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
}
