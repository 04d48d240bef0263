import ArgumentParser
import BigQuery
import Foundation
import GoogleOAuth

/// A value that can be set once for all commands.
enum Setting: String, CaseIterable, ExpressibleByArgument {
    case project, location
    case maxBytesBilled = "max-bytes-billed"
    case confirmAbove = "confirm-above"

    /// The option, which takes precedence over every other source.
    var option: String { "--\(rawValue)" }

    /// The environment variables, in order of precedence.
    var variables: [String] {
        let own = "BQPULL_" + rawValue.uppercased().replacing("-", with: "_")
        return self == .project ? [own, "GOOGLE_CLOUD_PROJECT"] : [own]
    }

    /// A description of a valid value.
    var example: String {
        switch self {
        case .project: "a project ID such as my-project"
        case .location: "a location such as EU or europe-west3"
        case .maxBytesBilled, .confirmAbove: "a size such as 50GB"
        }
    }

    /// The default, if bqpull has one.
    var defaultText: String? {
        self == .confirmAbove ? CostOptions.defaultThreshold.defaultValueDescription : nil
    }

    /// Whether a value is valid.
    func accepts(_ text: String) -> Bool {
        switch self {
        case .project: (try? BigQueryConfiguration(project: text)) != nil
        case .location: text.wholeMatch(of: /[A-Za-z0-9-]+/) != nil
        case .maxBytesBilled, .confirmAbove: ByteCount(argument: text) != nil
        }
    }
}

/// The sources of values without an option: the environment, then the settings of the profile.
///
/// Not swift-configuration: its file providers accept duplicate and unknown members, and its readers return no origin.
struct Settings {
    /// A value and its origin, in words.
    struct Value {
        var text: String
        var origin: String
    }

    private let profile: [String: String]
    private let profileName: String
    private let isVerbose: Bool

    /// Reads the settings of a profile: `named`, else `BQPULL_PROFILE`, else the default one.
    ///
    /// - Throws: ``CommandError`` for an invalid file, `OAuthError` for an invalid profile name.
    init(profile named: String?, isVerbose: Bool = false) throws {
        let name = named ?? ProcessEnvironment.profile
        profileName = name.map { "the profile \($0)" } ?? "bqpull config"
        profile = try SettingsFile(profile: name)?.read() ?? [:]
        self.isVerbose = isVerbose
    }

    /// The value of a setting without an option.
    func find(_ setting: Setting) -> Value? {
        for variable in setting.variables {
            if let text = ProcessEnvironment.value(variable) { return Value(text: text, origin: variable) }
        }
        return profile[setting.rawValue].map { Value(text: $0, origin: profileName) }
    }

    /// The value of the option, else of the setting. Logs its origin with `--verbose`.
    ///
    /// - Throws: ``CommandError`` for an invalid value.
    func value<Argument: ExpressibleByArgument>(_ setting: Setting, option: Argument?) throws -> Argument? {
        if let option {
            note(setting, option.defaultValueDescription, setting.option)
            return option
        }
        guard let found = find(setting) else { return nil }
        guard let value = Argument(argument: found.text) else {
            throw CommandError(
                .invalidConfiguration, "invalid value for \(setting.option) in \(found.origin): \(found.text)",
                hint: "use \(setting.example); bqpull config shows where each value comes from")
        }
        note(setting, found.text, found.origin)
        return value
    }

    /// Logs the origin of a value with `--verbose`.
    func note(_ setting: Setting, _ value: String, _ origin: String) {
        if isVerbose { Diagnostics.debug("\(setting.rawValue) \(value), from \(origin)") }
    }
}
