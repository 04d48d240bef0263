// `environ` is a mutable variable of the C library. It is used once, before there is a second thread.
import CredentialStore
@preconcurrency import Foundation

/// The environment variables that the process was started with.
enum ProcessEnvironment {
    private static let initial: (variables: [String: String], notUTF8: [String]) = {
        let variables = ProcessInfo.processInfo.environment
        let notUTF8 = variables.keys.filter { name in
            isRead(name) && getenv(name).map { String(validatingCString: $0) == nil } ?? false
        }
        eraseSecrets()
        return (variables, notUTF8.sorted())
    }()

    /// All variables, read once. Those with secrets are erased from the process, so that no child inherits them and
    /// `/proc/PID/environ` does not show them.
    static let variables = initial.variables

    /// The names of the variables that affect commands and are not valid UTF-8, sorted. ``variables`` contains U+FFFD
    /// instead of their invalid bytes.
    static let notUTF8 = initial.notUTF8

    private static let secretNames = ["BQPULL_CLIENT_SECRET", "BQPULL_REFRESH_TOKEN"]

    /// The variables that token commands inherit. A command that is bqpull itself must not run the command again.
    static let inheritable = variables.filter { !(secretNames + ["BQPULL_TOKEN_COMMAND"]).contains($0.key) }

    /// The search for credentials.
    static let credentials = CredentialSearch(
        environment: variables, variablePrefix: "BQPULL_", storeFolder: storeFolder(in: variables))

    /// The folder of credentials and settings: `$XDG_CONFIG_HOME/bqpull` or `~/.config/bqpull`, on macOS
    /// `~/Library/Application Support/bqpull`; `nil` without a home folder.
    static func storeFolder(in variables: [String: String]) -> String? {
        let home = variables["HOME"].flatMap { $0.isEmpty ? nil : $0 }
        #if os(macOS)
        return home.map { $0 + "/Library/Application Support/bqpull" }
        #else
        if let folder = variables["XDG_CONFIG_HOME"], folder.hasPrefix("/") { return folder + "/bqpull" }
        return home.map { $0 + "/.config/bqpull" }
        #endif
    }

    /// The default profile.
    static let profile = value("BQPULL_PROFILE")

    /// The value of a variable, `nil` if it is empty.
    static func value(_ name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether a variable affects commands.
    private static func isRead(_ name: String) -> Bool {
        let names = ["BIGQUERY_EMULATOR_HOST", "CLOUDSDK_CONFIG", "HOME", "TMPDIR", "XDG_CONFIG_HOME"]
        return names.contains(name) || name.uppercased().hasSuffix("_PROXY")
            || ["AWS_", "BQPULL_", "GCE_METADATA_", "GOOGLE_"].contains { name.hasPrefix($0) }
    }

    /// Overwrites the secrets in the memory that `/proc/PID/environ` shows; `unsetenv` alone removes only the pointers
    /// to them.
    private static func eraseSecrets() {
        let prefixes = secretNames.map { $0 + "=" }
        var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        while let text = entry?.pointee {
            for prefix in prefixes where strncmp(text, prefix, prefix.utf8.count) == 0 {
                let value = text + prefix.utf8.count
                memset(value, 0, strlen(value))
            }
            entry = entry?.successor()
        }
        for name in secretNames { unsetenv(name) }
    }
}
