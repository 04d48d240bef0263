import CredentialStore
// `environ` is a mutable variable of the C library; it is read once, before a second thread starts.
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

    /// All variables, read once. Those that hold secrets are erased from the process afterwards: no child inherits
    /// them, and `/proc/PID/environ` does not show them.
    static let variables = initial.variables

    /// Reads the variables now, which the first use of one would do otherwise.
    static func read() { _ = variables }

    /// The names of the variables that bqpull reads and that are not valid UTF-8, sorted. ``variables`` has U+FFFD in
    /// place of their invalid bytes.
    static let notUTF8 = initial.notUTF8

    private static let secretNames = ["BQPULL_CLIENT_SECRET", "BQPULL_REFRESH_TOKEN"]

    /// The variables that child processes inherit: no secrets, and no `BQPULL_TOKEN_COMMAND`, so that a token command that
    /// is bqpull does not run itself.
    static let inheritable = variables.filter { !(secretNames + ["BQPULL_TOKEN_COMMAND"]).contains($0.key) }

    /// The search for stored credentials.
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

    /// The profile used if no option names one.
    static let profile = value("BQPULL_PROFILE")

    /// The value of a variable; `nil` if it is unset or empty.
    static func value(_ name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether bqpull reads a variable.
    private static func isRead(_ name: String) -> Bool {
        let names = ["BIGQUERY_EMULATOR_HOST", "CLOUDSDK_CONFIG", "HOME", "TMPDIR", "XDG_CONFIG_HOME"]
        return names.contains(name) || name.uppercased().hasSuffix("_PROXY")
            || ["AWS_", "BQPULL_", "GCE_METADATA_", "GOOGLE_"].contains { name.hasPrefix($0) }
    }

    /// Overwrites the secrets in the initial environment block, which `/proc/PID/environ` shows; `unsetenv` only
    /// removes the pointers to them.
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
