import NIOCore
import NIOPosix

extension ServerBootstrap {
    /// Listens on 127.0.0.1 while `body` runs with the port.
    func withRunning<Result>(_ body: (Int) async throws -> Result) async throws -> Result {
        let listener = try await bind(host: "127.0.0.1", port: 0).get()
        do {
            let result = try await body(listener.localAddress?.port ?? 0)
            try await listener.close()
            return result
        } catch {
            // The first error is the one to report.
            try? await listener.close()
            throw error
        }
    }
}
