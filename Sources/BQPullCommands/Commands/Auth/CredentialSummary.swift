import CredentialStore
import Foundation
import GoogleOAuth
import TextSupport

/// What is known of credentials, for people and as JSON. It holds no secret.
struct CredentialSummary: Encodable {
    var source: String
    var kind: String
    /// Whom the credentials stand for.
    var principal: String
    var clientID: String?
    var scopes: [String]?
    var project: String?
    var endpoint: String?
    var stored: Date?
    var lastUse: Date?
    /// When the refresh token ends, as far as that is known, and by which rule.
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
        line("stands for", clientID == nil ? printable(principal, limit: 300) : nil)
        line(
            "scopes",
            scopes.map { $0.isEmpty ? "not known; bqpull auth test asks" : printable($0.joined(separator: " ")) })
        line("project", project.map { printable($0, limit: 200) } ?? "none; give --project with each command")
        line("endpoint", endpoint.map { printable($0, limit: 200) })
        line("stored", stored.map(Readable.time))
        line("last use", lastUse.map(Readable.time) ?? (stored == nil ? nil : "not yet"))
        line("ends", clientID == nil ? nil : end)
        return lines.joined(separator: "\n") + "\n"
    }

    private var end: String {
        switch (ends, endsBecause) {
        case (let ends?, "lifetime") where ends < Date():
            "has ended, on \(Readable.time(ends)); bqpull auth login gets a new one"
        case (let ends?, _) where ends < Date():
            "may have ended on \(Readable.time(ends)), unless it was used elsewhere; bqpull auth test tells"
        case (let ends?, "lifetime"):
            "\(Readable.time(ends)), by the lifetime that the token endpoint told; while the consent screen is in \"Testing\" that is seven days: publish the app at https://console.cloud.google.com/auth/audience"
        case (let ends?, _):
            "\(Readable.time(ends)) if it is not used until then, here or elsewhere (six months); sooner if it is revoked, or if more than 100 newer ones are made"
        case _ where stored != nil: "not known until it is used: bqpull auth test"
        default: "not known, since the file is not bqpull's own"
        }
    }
}
