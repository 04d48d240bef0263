import Foundation
import GoogleOAuth

/// The environment variables that the process was started with.
enum ProcessEnvironment {
    /// All of them, read once. Those that hold secrets are gone from the process afterwards, so that no child
    /// inherits them.
    static let variables: [String: String] = {
        let variables = ProcessInfo.processInfo.environment
        for name in ["BQPULL_CLIENT_SECRET", "BQPULL_REFRESH_TOKEN"] { unsetenv(name) }
        return variables
    }()

    /// Where the user keeps credentials.
    static let credentials = CredentialSearch(environment: variables)

    /// A variable that is set to something.
    static func value(_ name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
