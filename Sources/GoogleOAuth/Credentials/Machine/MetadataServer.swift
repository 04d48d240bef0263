import Foundation
package import GoogleHTTP
import TextSupport

/// The metadata server of a Google machine (Compute Engine, Kubernetes Engine, Cloud Run), which issues tokens of the
/// machine's service account.
///
/// It speaks plain http, since only the machine's own link reaches it, and requires a header in each request.
///
/// ```swift
/// import GoogleOAuth
///
/// let credential = GoogleCredential.metadataServer(try MetadataServer())
/// ```
public struct MetadataServer: Sendable, Hashable {
    /// The server's endpoint.
    package let endpoint: HTTPEndpoint
    /// The endpoint for detection: the same server, by an address that needs no name resolution.
    private let probe: HTTPEndpoint
    /// Whether the environment names the server.
    let isNamed: Bool

    private static let flavor = (name: "Metadata-Flavor", value: "Google")
    /// The time limit of the detection on other machines.
    private static let probeTime: Duration = .seconds(1)

    /// The server at Google's address, or at the address in the environment.
    ///
    /// - Parameter environment: environment variables, of which `GCE_METADATA_HOST` and `GCE_METADATA_IP` name the
    ///   server. Defaults to none.
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI` if they name neither a link-local address, a known metadata
    ///   server, nor this machine.
    public init(environment: [String: String] = [:]) throws(OAuthError) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let host = value("GCE_METADATA_HOST")
        let address = value("GCE_METADATA_IP")
        endpoint = try Self.endpoint(host ?? address ?? "metadata.google.internal")
        probe = try Self.endpoint(address ?? host ?? "169.254.169.254")
        isNamed = host ?? address != nil
    }

    private static func endpoint(_ host: String) throws(OAuthError) -> HTTPEndpoint {
        do {
            return try HTTPEndpoint(metadataServer: "http://\(host)")
        } catch {
            let reason = error.code == .insecureEndpoint ? "tokens would cross the network" : error.message
            throw OAuthError(
                code: .untrustedTokenURI,
                message: "\(printable(host, limit: 200)) is not a metadata server: \(reason)",
                detail: .untrustedMetadataServer, cause: error)
        }
    }

    /// Whether this is a Google machine: the environment names the server, the manufacturer is Google, or the server
    /// responds within a second.
    ///
    /// - Returns: `false` without detection if `NO_GCE_CHECK` is true, as in Google's libraries.
    package func isAvailable(_ context: TokenContext) async -> Bool {
        // Other systems do not have the file. The server's response decides then.
        let name = try? String(contentsOfFile: "/sys/class/dmi/id/product_name", encoding: .utf8)
        return await isAvailable(context, manufacturer: name)
    }

    /// Whether this is a Google machine, given the manufacturer according to its firmware.
    func isAvailable(_ context: TokenContext, manufacturer: String?) async -> Bool {
        if context.variable("NO_GCE_CHECK")?.lowercased() == "true" { return false }
        if isNamed { return true }
        if manufacturer?.hasPrefix("Google") == true { return true }
        let request = request(probe.url() + "/")
        return await withTimeout(Self.probeTime, clock: context.clock) {
            // Any error means that there is no metadata server.
            (try? await context.transport.exchange(request) { head, _ in Self.isGenuine(head) }) ?? false
        } ?? false
    }

    /// The project of the machine.
    ///
    /// - Throws: ``OAuthError`` or `CancellationError`.
    package func fetchProject(_ context: TokenContext) async throws -> String {
        let bytes = try await get(["project", "project-id"], context)
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func fetchToken(scopes: [String], _ context: TokenContext) async throws -> TokenResponse {
        let query: KeyValuePairs = ["scopes": Optional(scopes.joined(separator: ","))]
        let path = ["instance", "service-accounts", "default", "token"]
        return try TokenResponse(body: try await get(path, query: query, context), host: endpoint.host)
    }

    private func get(
        _ path: [String], query: KeyValuePairs<String, String?> = [:], _ context: TokenContext
    ) async throws -> [UInt8] {
        let host = endpoint.host
        let request = request(endpoint.url(path: ["computeMetadata", "v1"] + path, query: query))
        do {
            return try await context.exchange(request, host: host) { head, bytes in
                guard Self.isGenuine(head) else { throw Self.error(head, host: host) }
                return bytes
            }
        } catch let error as HTTPError where ![.timeout, .connectionLost].contains(error.code) {
            throw OAuthError(
                code: .noServiceAccount, message: "no metadata server responds at \(host)", cause: error)
        }
    }

    private func request(_ url: String) -> HTTPRequest {
        HTTPRequest(.get, url, headers: [Self.flavor])
    }

    /// Whether the response is from a metadata server, rather than another server at its address.
    private static func isGenuine(_ head: HTTPResponseHead) -> Bool {
        head.isSuccess && head[flavor.name] == flavor.value
    }

    private static func error(_ head: HTTPResponseHead, host: String) -> OAuthError {
        switch head.status {
        case 200..<300:
            OAuthError(code: .noServiceAccount, message: "the server at \(host) is not Google's metadata server")
        case 404:
            OAuthError(
                code: .noServiceAccount, message: "this machine has no service account (\(host): HTTP 404)")
        case 408, 429, 500...:
            OAuthError(code: .serviceUnavailable, message: "\(host) is unavailable (HTTP \(head.status))")
        default:
            OAuthError(code: .noServiceAccount, message: "\(host) issued no token (HTTP \(head.status))")
        }
    }
}
