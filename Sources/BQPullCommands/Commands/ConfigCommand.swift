import ArgumentParser
import Foundation
import TextSupport

/// `bqpull config`: sets values for all commands.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Set project, location and limits once for all commands.",
        discussion: """
            An option takes precedence over the environment, and the environment over
            the profile. Without a name, shows all values and where each comes from.

            Examples:
              bqpull config
              bqpull config project my-project
              bqpull config location EU --profile work
              bqpull config max-bytes-billed 100GB --profile work
              bqpull config location --unset --profile work
            """
    )

    @Argument(help: "project, location, max-bytes-billed or confirm-above.")
    var setting: Setting?

    @Argument(help: "The new value.")
    var value: String?

    @Option(help: ArgumentHelp("The profile. Default: BQPULL_PROFILE, else the default profile.", valueName: "name"))
    var profile: String?

    @Flag(help: "Remove the value.")
    var unset = false

    @Flag(help: "Write the values as one JSON object to standard output.")
    var json = false

    func validate() throws {
        guard !unset || setting != nil && value == nil else {
            throw ValidationError("--unset takes a name and no value")
        }
        if let setting, let value, !setting.accepts(value) {
            throw ValidationError("'\(value)' is not a valid \(setting.rawValue): expected \(setting.example)")
        }
    }

    func run() throws {
        guard let setting, value != nil || unset else { return try show() }
        guard let file = try SettingsFile(profile: profile ?? ProcessEnvironment.profile) else {
            throw CommandError(
                .cannotStore, "no configuration folder found",
                hint: "set HOME or XDG_CONFIG_HOME to an absolute path")
        }
        try file.set(setting, to: value)
        Diagnostics.info("written: \(printable(file.path))")
    }

    private struct Report: Encodable {
        var value: String
        var origin: String
    }

    private func show() throws {
        let settings = try Settings(profile: profile)
        let found = Setting.allCases.filter { setting ?? $0 == $0 }.map { ($0, settings.find($0)) }
        if json {
            let values = found.compactMap { setting, value in
                value.map { (setting.rawValue, Report(value: $0.text, origin: $0.origin)) }
            }
            return try StandardOutput.writeJSON(Dictionary(uniqueKeysWithValues: values))
        }
        for (setting, value) in found {
            let name = setting.rawValue.padding(toLength: 18, withPad: " ", startingAt: 0)
            let text = value.map { "\(printable($0.text)), from \($0.origin)" }
            let missing = setting.defaultText.map { "\($0), the default" } ?? "not set"
            try StandardOutput.write("\(name)\(text ?? "\(missing); \(setting.option) or \(setting.variables[0])")\n")
        }
    }
}
