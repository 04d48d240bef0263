import BigQueryEmulator
import Foundation
import Testing

/// Sign-in with a real browser.
@Suite(
    .enabled(if: HeadlessBrowser.driver != nil, "needs Debian's packages chromium and chromium-driver"),
    .serialized
)
struct HeadlessLoginTests {
    @Test func grantsConsentWithAClick() async throws {
        try await EmulatorHome.with { home in
            try await HeadlessBrowser.with { browser in
                let login = try await home.binary().start([
                    "auth", "login", "--no-browser", "--client-file", home.client, "--project", "local-project",
                ])
                try await browser.open(try await address(login))
                try await browser.click("#allow")
                #expect(try await login.outcome().exitCode == 0)
                #expect(try await browser.title() == "Signed in")
            }
            #expect(try await home.run(["auth", "test"]).exitCode == 0)
        }
    }

    @Test func reportsAnUntickedScope() async throws {
        try await EmulatorHome.with { home in
            try await HeadlessBrowser.with { browser in
                let login = try await home.binary().start([
                    "auth", "login", "--no-browser", "--client-file", home.client, "--scope", "bigquery", "--scope",
                    "drive.readonly",
                ])
                try await browser.open(try await address(login))
                try await browser.click("#scope-1")
                try await browser.click("#allow")
                let outcome = try await login.outcome()
                #expect(outcome.exitCode == 77)
                #expect(outcome.errors.contains("missing: https://www.googleapis.com/auth/drive.readonly"))
            }
        }
    }

    @Test func deniesConsentWithAClick() async throws {
        try await EmulatorHome.with { home in
            try await HeadlessBrowser.with { browser in
                let login = try await home.binary().start([
                    "auth", "login", "--no-browser", "--client-file", home.client,
                ])
                try await browser.open(try await address(login))
                try await browser.click("#deny")
                #expect(try await login.outcome().exitCode == 77)
                #expect(try await browser.title() == "Access denied")
            }
        }
    }

    /// A browser on another machine ends at an error page, whose URL is pasted.
    @Test func acceptsThePastedURLOfAnErrorPage() async throws {
        try await EmulatorHome.with(EmulatorConfiguration(redirectURIs: ["http://127.0.0.1:1025/cb"])) { home in
            try await HeadlessBrowser.with { browser in
                let url = try await home.run(["auth", "url", "--client-file", home.client])
                try await browser.open(url.output.trimmingCharacters(in: .whitespacesAndNewlines))
                // The click leads to an address where no server listens, which the browser can report as an error.
                try? await browser.click("#allow")
                let address = try await browser.address(beginningWith: "http://127.0.0.1:1025/cb?")
                let exchange = try await home.run(["auth", "exchange"], input: address + "\n")
                #expect(exchange.exitCode == 0, "\(exchange.errors)")
            }
        }
    }

    private func address(_ login: RunningBinary) async throws -> String {
        try await login.wait(for: PlainBrowser.address).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
