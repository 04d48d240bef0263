import ArgumentParser
import BigQuery
import Foundation
import GoogleOAuth

/// A value that may be given once for many commands.
enum Setting: String, CaseIterable, ExpressibleByArgument {
    case project, location
    case maxBytesBilled = "max-bytes-billed"
    case confirmAbove = "confirm-above"

    /// The option that wins over every other place.
    var option: String { "--\(rawValue)" }

    /// The environment variables that are looked at without the option, the first one first.
    var variables: [String] {
        let own = "BQPULL_" + rawValue.uppercased().replacing("-", with: "_")
        return self == .project ? [own, "GOOGLE_CLOUD_PROJECT"] : [own]
    }

    /// What a value looks like.
    var example: String {
        switch self {
        case .project: "the id of a project such as my-project"
        case .location: "a location such as EU or europe-west3"
        case .maxBytesBilled, .confirmAbove: "a size such as 50GB"
        }
    }

    /// What counts where nothing is set, if it is known here.
    var defaultText: String? {
        self == .confirmAbove ? CostOptions.defaultThreshold.defaultValueDescription : nil
    }

    /// Whether the value is valid.
    func accepts(_ text: String) -> Bool {
        switch self {
        case .project: (try? BigQueryConfiguration(project: text)) != nil
        case .location: text.wholeMatch(of: /[A-Za-z0-9-]+/) != nil
        case .maxBytesBilled, .confirmAbove: ByteCount(argument: text) != nil
        }
    }
}

/// Where values come from that are not given as options: the environment, then the settings of the profile.
struct Settings {
    /// A value, and the place that it is from, in words.
    struct Value {
        var text: String
        var origin: String
    }

    private let profile: [String: String]
    private let profileName: String
    private let isVerbose: Bool

    /// Reads the settings of a profile, else of the one that `BQPULL_PROFILE` names, else those without a profile.
    ///
    /// - Throws: ``CommandError`` for a file that is damaged, `OAuthError` for a name that cannot be a profile's.
    init(profile named: String?, isVerbose: Bool = false) throws {
        let name = named ?? ProcessEnvironment.profile
        profileName = name.map { "the profile \($0)" } ?? "bqpull config"
        profile = try SettingsFile(profile: name)?.read() ?? [:]
        self.isVerbose = isVerbose
    }

    /// What counts if the option is not given.
    func find(_ setting: Setting) -> Value? {
        for variable in setting.variables {
            if let text = ProcessEnvironment.value(variable) { return Value(text: text, origin: variable) }
        }
        return profile[setting.rawValue].map { Value(text: $0, origin: profileName) }
    }

    /// The value of the option, or what counts without it. Tells with `--verbose` where it is from.
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
                message: "\(found.text) of \(found.origin) cannot be \(setting.option)", exitStatus: .configuration,
                hint: "give \(setting.example); bqpull config shows where each value comes from")
        }
        note(setting, found.text, found.origin)
        return value
    }

    /// Tells with `--verbose` where a value is from.
    func note(_ setting: Setting, _ value: String, _ origin: String) {
        if isVerbose { Diagnostics.debug("\(setting.rawValue) \(value), from \(origin)") }
    }
}
