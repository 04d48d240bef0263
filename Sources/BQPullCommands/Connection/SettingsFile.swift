import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth
import TextSupport

/// The settings of a profile: `settings.json` next to its credentials, a JSON object of strings.
struct SettingsFile {
    let path: String

    /// The file of a profile, or of the default one; `nil` if there is no home folder.
    ///
    /// - Throws: `OAuthError` for an invalid profile name.
    init?(profile: String?) throws {
        let folder: String
        do throws(OAuthError) {
            folder = try ProcessEnvironment.credentials.store(profile: profile).folder
        } catch {
            guard error.code == .cannotStore else { throw error }
            return nil
        }
        path = folder + "/settings.json"
    }

    /// The profiles that have settings; none if the folder cannot be read. For suggestions only.
    static var profiles: [String] {
        guard let folder = try? ProcessEnvironment.credentials.store().folder + "/profiles",
            let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
        else { return [] }
        return names.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/settings.json") }
    }

    /// The settings; empty if there is no file.
    ///
    /// - Throws: ``CommandError`` for a file that cannot be read or is invalid.
    func read() throws -> [String: String] {
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        let settings: [String: String]
        do {
            let bytes = try InputFile.read(path, limit: InputFile.maximumTextSize)
            settings = try JSONDecoder().decodeUnambiguous([String: String].self, from: bytes)
        } catch let duplicate as DuplicateMember {
            throw CommandError(
                .invalidConfiguration, "duplicate setting \(printable(duplicate.name, limit: 100)) in \(path)",
                hint: "remove one of the two")
        } catch let error as InputFileError {
            throw CommandError(
                .invalidConfiguration, "\(path) \(error.reason)",
                hint: "replace it with a JSON object of strings, or remove it: rm \(shellWord(path))")
        } catch {
            throw CommandError(
                .invalidConfiguration, "cannot read the settings in \(path)",
                hint: "fix the file, a JSON object of strings, or remove it: rm \(shellWord(path))")
        }
        if let unknown = settings.keys.sorted().first(where: { Setting(rawValue: $0) == nil }) {
            throw CommandError(
                .invalidConfiguration, "unknown setting \(unknown) in \(path)",
                hint: "the settings are \(Setting.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return settings
    }

    /// Sets a value, or removes it.
    ///
    /// - Throws: ``CommandError`` or `OAuthError` if the file cannot be read or replaced.
    func set(_ setting: Setting, to value: String?) throws {
        var settings = try read()
        settings[setting.rawValue] = value
        let encoder = JSONEncoder.canonical
        encoder.outputFormatting.insert(.prettyPrinted)
        let file = PrivateFile(path: path)
        try file.prepareFolder()
        try file.write(Array(try encoder.encode(settings)) + [0x0A])
    }
}
