import Foundation
import GoogleHTTP
import GoogleOAuth
import Logging
import Subprocess
import Testing

@testable import BQPullCommands

/// Headless Chromium, controlled by WebDriver (https://www.w3.org/TR/webdriver2/).
struct HeadlessBrowser {
    /// The driver of Debian's package chromium-driver; `nil` where it is not installed.
    static let driver = ["/usr/bin/chromedriver", "/usr/lib/chromium/chromedriver"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    private let session: String
    private let transport: HTTPSTransport

    /// Starts driver and browser, and ends both after `body`. Retries if the driver's port was taken in the meantime.
    static func with(_ body: @Sendable (HeadlessBrowser) async throws -> Void) async throws {
        for _ in 0..<5 {
            let result = try await Subprocess.run(
                .path(try #require(driver)), arguments: ["--port=0"], input: .none, output: .sequence, error: .discarded
            ) { execution in
                // chromedriver ignores SIGTERM. An error means that it has exited.
                defer { try? execution.send(signal: .kill) }
                for try await line in execution.standardOutput.strings() {
                    guard let match = line.firstMatch(of: #/on port (\d+)\./#) else { continue }
                    try await withSession("http://127.0.0.1:\(match.output.1)/session", body)
                    return true
                }
                return false
            }
            if result.closureResult { return }
        }
        throw Missing(what: "a driver that starts")
    }

    /// Starts a browser, and closes it after `body`.
    private static func withSession(
        _ root: String, _ body: @Sendable (HeadlessBrowser) async throws -> Void
    ) async throws {
        let transport = HTTPSTransport(
            userAgent: "test", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        let capabilities = ["alwaysMatch": ["goog:chromeOptions": ["args": arguments]]]
        let driver = HeadlessBrowser(session: root, transport: transport)
        let started = try await driver.command("", ["capabilities": capabilities])
        let id = try #require((started as? [String: Any])?["sessionId"] as? String, "\(started)")
        let browser = HeadlessBrowser(session: "\(root)/\(id)", transport: transport)
        do {
            try await body(browser)
        } catch {
            await browser.close()
            throw error
        }
        await browser.close()
    }

    /// Ignores errors: the driver is killed afterwards.
    private func close() async {
        _ = try? await command("/goog/cdp/execute", ["cmd": "Browser.close", "params": [String: String]()])
        try? await transport.shutdown()
    }

    /// Opens an address.
    func open(_ address: String) async throws {
        _ = try await command("/url", ["url": address])
    }

    /// Clicks the element of a CSS selector.
    func click(_ selector: String) async throws {
        let found = try await command("/element", ["using": "css selector", "value": selector])
        let id = try #require((found as? [String: String])?.values.first, "\(found)")
        _ = try await command("/element/\(id)/click", [String: String]())
    }

    /// The page's title.
    func title() async throws -> String {
        try #require(try await command("/title") as? String)
    }

    /// Waits until the URL of the browser has a prefix, and returns it.
    ///
    /// A click returns before the browser finds that the server of the redirect is unreachable.
    func address(beginningWith start: String) async throws -> String {
        for _ in 0..<200 {
            if let address = try await command("/url") as? String, address.hasPrefix(start) { return address }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Missing(what: start)
    }

    /// The browser did not reach the expected URL.
    struct Missing: Error {
        var what: String
    }

    /// Sends a command: a POST with parameters, or a GET.
    private func command(_ path: String, _ parameters: Any? = nil) async throws -> Any {
        let body = try parameters.map { Array(try JSONSerialization.data(withJSONObject: $0)) }
        let request = HTTPRequest(
            body == nil ? .get : .post, session + path, headers: [("Content-Type", "application/json")], body: body)
        let bytes = try await transport.exchange(request) { _, body in try await body.collect(limit: 1 << 20) }
        let answer = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        return answer?["value"] ?? NSNull()
    }
}
