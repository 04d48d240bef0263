import Foundation
import GoogleOAuth
import Subprocess

/// The user's web browser.
enum Browser {
    /// Opens a URL. It must not be secret: other users can see the arguments of a process.
    ///
    /// - Parameter url: the URL, which replaces `%s` in the command of `BROWSER`, else is its last argument.
    /// - Returns: whether a browser was started; `false` without one.
    static func open(_ url: String) async -> Bool {
        guard var command else { return false }
        if let place = command.firstIndex(where: { $0.contains("%s") }) {
            command[place] = command[place].replacing("%s", with: url)
        } else {
            command.append(url)
        }
        let (starts, continuation) = AsyncStream<Void>.makeStream()
        // Not awaited, and never cancelled: the browser runs on when bqpull has exited.
        Task { [command] in
            // Without a start, the caller shows the URL. A failure of the browser itself is visible to the user.
            _ = try? await Subprocess.run(
                .path(command[0]), arguments: Arguments(Array(command.dropFirst())),
                environment: .variables(ProcessEnvironment.inheritable),
                input: .none, output: .discarded, error: .discarded
            ) { _ in continuation.yield() }
            continuation.finish()
        }
        for await _ in starts { return true }
        return false
    }

    /// The command that opens a browser, with the program's absolute path: the first program in `BROWSER` that exists,
    /// else the desktop's default.
    private static var command: [String]? {
        let named = (ProcessEnvironment.value("BROWSER") ?? "").split(separator: ":")
        for entry in named.map({ $0.split(separator: " ").map(String.init) }) {
            if let program = entry.first.flatMap(find) { return [program] + entry.dropFirst() }
        }
        guard named.isEmpty else { return nil }
        #if os(macOS)
        return ["/usr/bin/open"]
        #else
        let hasDesktop = ["DISPLAY", "WAYLAND_DISPLAY"].contains { ProcessEnvironment.value($0) != nil }
        return hasDesktop ? find("xdg-open").map { [$0] } : nil
        #endif
    }

    private static func find(_ program: String) -> String? {
        if program.contains("/") { return FileManager.default.isExecutableFile(atPath: program) ? program : nil }
        let folders = (ProcessEnvironment.value("PATH") ?? "").split(separator: ":")
        return folders.map { "\($0)/\(program)" }.first(where: FileManager.default.isExecutableFile)
    }
}
