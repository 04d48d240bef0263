import Foundation

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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessEnvironment.variables.filter { !$0.key.hasPrefix("BQPULL_") }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return (try? process.run()) != nil
    }

    /// What starts a browser: `BROWSER`, or the desktop's own way where there is a desktop.
    private static var command: [String]? {
        if let browser = ProcessEnvironment.value("BROWSER")?.split(separator: ":").first {
            return browser.split(separator: " ").map(String.init)
        }
        #if os(macOS)
        return ["open"]
        #else
        let hasDesktop = ["DISPLAY", "WAYLAND_DISPLAY"].contains { ProcessEnvironment.value($0) != nil }
        return hasDesktop && findsXDGOpen ? ["xdg-open"] : nil
        #endif
    }

    private static var findsXDGOpen: Bool {
        let folders = (ProcessEnvironment.value("PATH") ?? "").split(separator: ":")
        return folders.contains { FileManager.default.isExecutableFile(atPath: $0 + "/xdg-open") }
    }
}
