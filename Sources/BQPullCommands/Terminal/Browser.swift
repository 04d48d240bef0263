import Foundation
import GoogleOAuth

/// The user's web browser.
enum Browser {
    /// Opens an address, where there is a browser; the address is public, since other users see arguments.
    ///
    /// - Returns: whether one was started.
    static func open(_ url: String) -> Bool {
        guard var command else { return false }
        if let place = command.firstIndex(where: { $0.contains("%s") }) {
            command[place] = command[place].replacing("%s", with: url)
        } else {
            command.append(url)
        }
        let nowhere = Foundation.open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(nowhere) }
        let browser = try? ChildProcess(
            command.removeFirst(), command, environment: ProcessEnvironment.inheritable,
            streams: (nowhere, nowhere, nowhere))
        return browser != nil
    }

    /// What starts a browser, with the program's whole path: the first of `BROWSER` that is there, or the desktop's
    /// own way where there is a desktop.
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
