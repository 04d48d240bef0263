import Foundation

/// The one workload outside Google that a workload identity pool knows: what its identity provider and its cloud say.
enum Workload {
    /// The pool's provider.
    static let audience =
        "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/emulator/providers/emulator"
    /// What a request for an identity token must have in its headers.
    static let header = (name: "X-Workload", value: "emulator-workload")
    static let region = "us-east-2"
    static let role = "emulator-role"
    static let keys = (id: "AKIDEMULATOR", secret: "emulator-aws-secret", session: "emulator-aws-session")

    private static let issuer = "https://workload.example.com"

    /// What the identity provider says: a token that is good for an hour.
    static func identityToken() throws -> String {
        let now = Int64(Date().timeIntervalSince1970)
        guard let key = SigningKey.shared else { throw OAuthError("internal_failure", "No key.", status: 500) }
        return try key.sign([
            "iss": .string(issuer), "sub": "emulator-workload", "aud": .string("https:" + audience),
            "iat": .number(String(now)), "exp": .number(String(now + 3600)),
        ])
    }

    static func check(identityToken text: String) throws(OAuthError) {
        guard let token = JSONWebToken(text), let key = SigningKey.shared else {
            throw OAuthError("invalid_request", "Unable to parse the ID Token.")
        }
        guard token.claims["iss"]?.string == issuer else {
            throw OAuthError("invalid_grant", "The issuer in ID Token does not match the expected ones.")
        }
        guard token.isSigned(with: key) else {
            throw OAuthError(
                "invalid_grant", "Error connecting to the given credential's issuer, or invalid signature.")
        }
        let intended = token.claims["aud"]?.string ?? ""
        guard [audience, "https:" + audience].contains(intended) else {
            throw OAuthError(
                "invalid_grant", "The audience in ID Token [\(intended)] does not match the expected audience.")
        }
        guard token.isTimely else { throw OAuthError("invalid_grant", "ID Token is stale to sign-in.") }
    }

    /// Checks a GetCallerIdentity that is signed for Amazon, which Google would now send there.
    static func check(awsRequest text: String) throws(OAuthError) {
        let invalid = OAuthError(
            "invalid_grant", "Received invalid AWS response: the request is not signed by a known key.")
        guard let json = text.removingPercentEncoding,
            let object = try? JSONParser.parse(Array(json.utf8)).object,
            let request = AWSRequest(object)
        else { throw OAuthError("invalid_request", "Unable to parse the AWS request.") }
        guard request.url == "https://sts.\(region).amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
            request.method == "POST"
        else { throw OAuthError("invalid_request", "The AWS request must be a GetCallerIdentity.") }
        guard request.headers["x-goog-cloud-target-resource"] == audience else {
            throw OAuthError("invalid_request", "The x-goog-cloud-target-resource header does not match the audience.")
        }
        guard request.isSigned(keyID: keys.id, secret: keys.secret, session: keys.session) else { throw invalid }
    }
}
