import CryptoExtras
import Foundation
import TestSupport

/// Keys created once for the tests.
enum FakeKey {
    static let key = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    /// A service account file with changes; `nil` omits a member.
    static func file(
        _ changes: [String: String?] = [:], tokenURI: String = "http://127.0.0.1:1/token"
    ) throws -> [String: Any] {
        let members: [String: String?] = [
            "type": "service_account", "client_email": "sync@fake-project.iam.gserviceaccount.com",
            "private_key_id": "fake-key-id", "private_key": try key.get().pkcs8PEMRepresentation,
            "project_id": "fake-project", "token_uri": tokenURI,
        ]
        return members.merging(changes) { $1 }.compactMapValues { $0 }
    }
}

extension TemporaryFolder {
    /// Writes a JSON file, and returns its path.
    func write(_ object: [String: Any], as name: String = "credentials.json") throws -> String {
        try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }
}
