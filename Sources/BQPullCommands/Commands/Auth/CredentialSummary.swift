import CredentialStore
import Foundation
import GoogleOAuth
import TextSupport

/// A summary of a credential, as text and as JSON, without secrets.
struct CredentialSummary: Encodable {
    var source: String
    var kind: String
    /// The identity of the credential.
    var principal: String
    var clientID: String?
    var scopes: [String]?
    var project: String?
    var endpoint: String?
    var stored: Date?
    var lastUse: Date?
    /// When the refresh token expires, if that is known, and by which rule.
    var ends: Date?
    var endsBecause: String?

    init(_ credential: GoogleCredential, source: String, stored: StoredCredential?) {
        self.source = source
        kind = credential.kind
        principal = credential.principal
        clientID = credential.authorizedUser?.clientID
        project = credential.quotaProjectID
        guard let stored else { return }
        scopes = stored.scopes
        endpoint = stored.endpoint
        self.stored = stored.stored
        lastUse = stored.lastUse
        ends = stored.endWhenUnused
        endsBecause = ends == nil ? nil : ends == stored.refreshTokenEnd ? "lifetime" : "unused"
    }

    var text: String {
        var lines = ["credentials \(printable(source))"]
        func line(_ name: String, _ value: String?) {
            if let value { lines.append("  \(name.padding(toLength: 10, withPad: " ", startingAt: 0))\(value)") }
        }
        line("kind", clientID == nil ? printable(kind) : nil)
        line("client", clientID.map { printable($0, limit: 200) })
        line("identity", clientID == nil ? printable(principal, limit: 300) : nil)
        line(
            "scopes",
            scopes.map {
                $0.isEmpty ? "unknown; run bqpull auth test to see them" : printable($0.joined(separator: " "))
            }
        )
        line("project", project.map { printable($0, limit: 200) } ?? "none; pass --project with each command")
        line("endpoint", endpoint.map { printable($0, limit: 200) })
        line("stored", stored.map(Readable.time))
        line("last use", lastUse.map(Readable.time) ?? (stored == nil ? nil : "not yet"))
        line("ends", clientID == nil ? nil : end)
        return lines.joined(separator: "\n") + "\n"
    }

    private var end: String {
        switch (ends, endsBecause) {
        case (let ends?, "lifetime") where ends < Date():
            "expired on \(Readable.time(ends)); run bqpull auth login"
        case (let ends?, _) where ends < Date():
            "probably expired on \(Readable.time(ends)), unless it was used elsewhere; run bqpull auth test"
        case (let ends?, "lifetime"):
            "\(Readable.time(ends)), as the token endpoint announced; while the consent screen is in \"Testing\" that is after seven days: publish the app at https://console.cloud.google.com/auth/audience"
        case (let ends?, _):
            "\(Readable.time(ends)) unless it is used, here or elsewhere (six months); earlier if it is revoked, or if more than 100 newer ones are issued"
        case _ where stored != nil: "unknown until it is used: run bqpull auth test"
        default: "unknown, since the file is not bqpull's own"
        }
    }
}
