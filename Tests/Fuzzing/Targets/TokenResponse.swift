import GoogleHTTP

@testable import GoogleOAuth

/// A token response: an accepted token cannot break out of its header, and has a bounded lifetime.
@Sendable func fuzzTokenAnswer(_ input: inout FuzzInput) {
    // The lifetime of a token from another source.
    let seconds = Double(bitPattern: input.rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    if let token = AccessToken(checking: "fake"),
        let lifetime = TokenResponse(accessToken: token, seconds: seconds).lifetime
    {
        require(lifetime >= .zero && lifetime <= .seconds(86_400), "\(lifetime)")
    }
    do throws(OAuthError) {
        let answer = try TokenResponse(body: input.rest, host: "oauth2.example")
        let header = answer.accessToken.authorization.reveal()
        require(
            header.hasPrefix("Bearer ") && header.utf8.dropFirst(7).allSatisfy { (0x21...0x7E).contains($0) }, header)
        require(header.utf8.count > 7, "the token is empty")
        if let lifetime = answer.lifetime { require(lifetime >= .zero && lifetime <= .seconds(86_400), "\(lifetime)") }
        if let lifetime = answer.refreshTokenLifetime { require(lifetime >= .seconds(1), "\(lifetime)") }
        require(answer.refreshToken?.isEmpty != true, "the new refresh token is empty")
        require(answer.scopes?.contains("") != true, "a scope is empty")
    } catch {
        require(error.code == .unexpectedAnswer && !error.isTransient, "\(error.code)")
        requireLine(error.message, atMost: 200)
    }
}
