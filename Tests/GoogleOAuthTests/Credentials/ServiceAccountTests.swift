import Crypto
import CryptoExtras
import Foundation
import GoogleHTTP
import TestSupport
import Testing

@testable import GoogleOAuth

@Suite struct ServiceAccountTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    private func provider(_ transport: ScriptedTransport, key: String) throws -> any TokenProvider {
        let credential = try ServiceAccountCredential(
            email: "sync@fake-project.iam.gserviceaccount.com", keyID: "fake-key-id", privateKey: Secret(key),
            tokenURI: "http://127.0.0.1:1/token")
        return GoogleCredential.serviceAccount(credential).tokenProvider(
            TokenContext(transport: transport, clock: ManualClock(), now: { Self.now }))
    }

    private func bytes(_ part: Substring) throws -> Data {
        let text = part.replacing("-", with: "+").replacing("_", with: "/")
        return try #require(Data(base64Encoded: text + String(repeating: "=", count: (4 - text.count % 4) % 4)))
    }

    /// Both formats of keys, verified with the public key.
    @Test(arguments: ["BEGIN PRIVATE KEY", "BEGIN RSA PRIVATE KEY"])
    func signsTheAssertion(form: String) async throws {
        let key = try FakeKey.key.get()
        let pem = try #require([key.pkcs8PEMRepresentation, key.pemRepresentation].first { $0.contains(form) })
        let transport = ScriptedTransport([Fake.token("fake-access")])
        #expect(try await provider(transport, key: pem).accessToken().value.reveal() == "fake-access")

        let request = try #require(transport.requests.first)
        #expect(request.url == "http://127.0.0.1:1/token")
        let prefix = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
        #expect(request.bodyText.hasPrefix(prefix))
        let parts = request.bodyText.dropFirst(prefix.count).split(separator: ".")
        #expect(parts.count == 3)
        let header = try JSONSerialization.jsonObject(with: try bytes(parts[0])) as? [String: String]
        #expect(header == ["alg": "RS256", "typ": "JWT", "kid": "fake-key-id"])
        let claims = try #require(try JSONSerialization.jsonObject(with: try bytes(parts[1])) as? [String: Any])
        #expect(Set(claims.keys) == ["iss", "scope", "aud", "iat", "exp"])
        #expect(claims["iss"] as? String == "sync@fake-project.iam.gserviceaccount.com")
        #expect(claims["scope"] as? String == "https://www.googleapis.com/auth/bigquery")
        #expect(claims["aud"] as? String == "http://127.0.0.1:1/token")
        #expect(claims["iat"] as? Int == 1_789_999_990)
        #expect(claims["exp"] as? Int == 1_790_003_590)
        let signature = _RSA.Signing.RSASignature(rawRepresentation: try bytes(parts[2]))
        let digest = SHA256.hash(data: Data("\(parts[0]).\(parts[1])".utf8))
        #expect(key.publicKey.isValidSignature(signature, for: digest, padding: .insecurePKCS1v1_5))
        #expect(!key.publicKey.isValidSignature(signature, for: digest, padding: .PSS))
    }

    @Test(arguments: [
        ("invalid_grant", "Invalid JWT Signature.", OAuthError.Code.keyRejected),
        ("invalid_grant", "Invalid grant: account not found", .keyRejected),
        (
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.",
            .wrongClock
        ),
        ("invalid_scope", "Invalid OAuth scope or ID token audience provided.", .requestRejected),
    ])
    func distinguishesErrors(error: String, description: String, code: OAuthError.Code) async throws {
        let transport = ScriptedTransport([
            .answer(400, #"{"error":"\#(error)","error_description":"\#(description)"}"#)
        ])
        let provider = try provider(transport, key: try FakeKey.key.get().pkcs8PEMRepresentation)
        let refused = await #expect(throws: OAuthError.self) { try await provider.accessToken() }
        #expect(refused?.code == code)
        #expect(refused?.message.contains(description) == true)
    }

    private static let badKeys = Result {
        [
            "hush", "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n",
            P256.Signing.PrivateKey().pemRepresentation,
            try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1024)).pemRepresentation,
        ]
    }

    @Test(arguments: 0..<4) func rejectsAnInvalidKeyWithoutShowingIt(index: Int) throws {
        let key = try Self.badKeys.get()[index]
        let error = #expect(throws: OAuthError.self) {
            try ServiceAccountCredential(email: "a@b", privateKey: Secret(key))
        }
        #expect(error?.code == .credentialsInvalid)
        for line in key.split(separator: "\n") where !line.hasPrefix("-----") {
            #expect((error.map(String.init(reflecting:)) ?? "").contains(line) == false)
        }
    }
}
