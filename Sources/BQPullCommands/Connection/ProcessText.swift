import Foundation

/// The texts that the process was started with: arguments, environment variables, the working directory.
///
/// Swift reads each of them as UTF-8 and replaces what is invalid by U+FFFD, so that two files could become one, and a
/// query another one.
enum ProcessText {
    /// Rejects a text that is not valid UTF-8. The error says where it is and does not repeat it.
    ///
    /// - Throws: ``CommandError``.
    static func requireUTF8() throws {
        // Not from 1 to argc: a program can be started without any argument, not even its name.
        for position in (0..<Int(CommandLine.argc)).dropFirst() {
            guard let argument = CommandLine.unsafeArgv[position], String(validatingCString: argument) == nil else {
                continue
            }
            throw CommandError(
                message: "argument \(position) is not valid UTF-8", exitStatus: .usage,
                hint: "convert it to UTF-8; rename a file whose name is in another encoding")
        }
        if let name = ProcessEnvironment.notUTF8.first {
            throw CommandError(
                message: "the environment variable \(name) is not valid UTF-8", exitStatus: .configuration,
                hint: "set it to UTF-8, or unset it")
        }
        guard let folder = getcwd(nil, 0) else { return }
        defer { free(folder) }
        guard String(validatingCString: folder) != nil else {
            throw CommandError(
                message: "the path of the working directory is not valid UTF-8", exitStatus: .configuration,
                hint: "run the command in another directory")
        }
    }
}
