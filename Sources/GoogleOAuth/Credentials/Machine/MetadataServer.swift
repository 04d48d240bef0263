import Foundation
public import GoogleHTTP
import TextSupport

/// What gives tokens of its service account to one of Google's machines: Compute Engine, Kubernetes Engine, Cloud Run and
/// the like.
///
/// It speaks plain http, since it is reached by the machine's own link only, and answers only those who say with a header
/// that they mean it.
public struct MetadataServer: Sendable, Hashable {
    /// Where it is.
    public let endpoint: HTTPEndpoint
    /// Where it is looked for: the same, but that no name need be found.
    private let probe: HTTPEndpoint
    /// Whether the environment names it.
    let isNamed: Bool

    private static let flavor = (name: "Metadata-Flavor", value: "Google")
    /// How long the look for a server takes at most on a machine that has none.
    private static let probeTime: Duration = .seconds(1)

    /// The server at Google's address, or where `GCE_METADATA_HOST` and `GCE_METADATA_IP` say.
    ///
    /// - Throws: ``OAuthError`` with code `untrustedTokenURI` if they name another machine than one that only this
    ///   machine's own link leads to.
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
                message: "\(printable(host, limit: 200)) cannot be a metadata server: \(reason)",
                hint: "unset GCE_METADATA_HOST and GCE_METADATA_IP, or name 169.254.169.254 or this machine",
                cause: error)
        }
    }

    /// Whether the machine is one of Google's: the environment names a server, the machine's maker is Google, or a server
    /// answers within a second.
    ///
    /// - Returns: `false` without a look if `NO_GCE_CHECK` is set to true, as Google's libraries do.
    public func isThere(_ context: TokenContext) async -> Bool {
        await isThere(context, maker: try? String(contentsOfFile: "/sys/class/dmi/id/product_name", encoding: .utf8))
    }

    /// - Parameter maker: who made the machine, as its firmware says.
    func isThere(_ context: TokenContext, maker: String?) async -> Bool {
        if context.variable("NO_GCE_CHECK")?.lowercased() == "true" { return false }
        if isNamed { return true }
        if maker?.hasPrefix("Google") == true { return true }
        let request = request(probe.url() + "/")
        let answer = await withTimeout(Self.probeTime, clock: context.clock) {
            (try? await context.transport.exchange(request) { head, _ in Self.isAnswer(head) }) ?? false
        }
        return answer ?? false
    }

    /// The project that the machine belongs to.
    ///
    /// - Throws: ``OAuthError`` or `CancellationError`.
    public func fetchProject(_ context: TokenContext) async throws -> String {
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
                guard Self.isAnswer(head) else { throw Self.refusal(head, host: host) }
                return bytes
            }
        } catch let error as HTTPError where ![.timeout, .connectionLost].contains(error.code) {
            throw OAuthError(
                code: .noServiceAccount, message: "no metadata server answers at \(host)",
                hint: "only Google's machines have one; elsewhere give --credentials FILE, or bqpull auth login",
                cause: error)
        }
    }

    private func request(_ url: String) -> HTTPRequest {
        HTTPRequest(.get, url, headers: [Self.flavor])
    }

    /// Whether it is the server that answers: something else at its address would not say so.
    private static func isAnswer(_ head: HTTPResponseHead) -> Bool {
        head.isSuccess && head[flavor.name] == flavor.value
    }

    private static func refusal(_ head: HTTPResponseHead, host: String) -> OAuthError {
        switch head.status {
        case 200..<300:
            OAuthError(
                code: .noServiceAccount, message: "what answers at \(host) is not Google's metadata server",
                hint: "only Google's machines have one; elsewhere give --credentials FILE, or bqpull auth login")
        case 404:
            OAuthError(
                code: .noServiceAccount, message: "this machine has no service account (\(host): HTTP 404)",
                hint: "attach one to the machine, or give --credentials FILE")
        case 408, 429, 500...:
            OAuthError(
                code: .serviceUnavailable, message: "\(host) is unavailable (HTTP \(head.status))",
                hint: OAuthError.hint(.serviceUnavailable))
        default:
            OAuthError(
                code: .noServiceAccount, message: "\(host) gives out no token (HTTP \(head.status))",
                hint: "check the machine's service account and its access scopes")
        }
    }
}
