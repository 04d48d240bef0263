import Foundation
import GoogleOAuth

/// The environment variables that the process was started with.
enum ProcessEnvironment {
    /// All of them, read once. Those that hold secrets are gone from the process afterwards, so that no child
    /// inherits them.
    static let variables: [String: String] = {
        let variables = ProcessInfo.processInfo.environment
        for name in secretNames { unsetenv(name) }
        return variables
    }()

    private static let secretNames = ["BQPULL_CLIENT_SECRET", "BQPULL_REFRESH_TOKEN"]

    /// Those that commands for tokens get; one that is bqpull itself must not run the command again.
    static let inheritable = variables.filter { !(secretNames + ["BQPULL_TOKEN_COMMAND"]).contains($0.key) }

    /// Where the user keeps credentials.
    static let credentials = CredentialSearch(environment: variables)

    /// A variable that is set to something.
    static func value(_ name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
