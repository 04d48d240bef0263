import Foundation

/// The texts that the process starts with: arguments, environment variables, the working directory.
///
/// Swift reads them as UTF-8 and replaces invalid bytes with U+FFFD, which could merge two file names or change a query.
enum ProcessText {
    /// Rejects text that is not valid UTF-8. The error names its place and does not print it.
    ///
    /// - Throws: ``CommandError`` for the first invalid text.
    static func requireUTF8() throws {
        // argc can be 0: a program can be started without even its name.
        for position in (0..<Int(CommandLine.argc)).dropFirst() {
            guard let argument = CommandLine.unsafeArgv[position], String(validatingCString: argument) == nil else {
                continue
            }
            throw CommandError(
                .usage, "argument \(position) is not valid UTF-8",
                hint: "convert it to UTF-8; rename a file whose name is in another encoding")
        }
        if let name = ProcessEnvironment.notUTF8.first {
            throw CommandError(
                .invalidConfiguration, "the environment variable \(name) is not valid UTF-8",
                hint: "set it to UTF-8, or unset it")
        }
        guard let folder = getcwd(nil, 0) else { return }
        defer { free(folder) }
        guard String(validatingCString: folder) != nil else {
            throw CommandError(
                .invalidConfiguration, "the path of the working directory is not valid UTF-8",
                hint: "run the command in another directory")
        }
    }
}
