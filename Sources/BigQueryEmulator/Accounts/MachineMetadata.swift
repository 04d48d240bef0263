import Foundation
import HTTPTypes
import Hummingbird

/// The metadata servers of Google Compute Engine and Amazon EC2, and a workload's identity provider. Each requires its
/// own request header.
struct MachineMetadata: Sendable {
    let configuration: EmulatorConfiguration
    let grants: Grants

    /// The IMDSv2 session token.
    private let session = UUID().uuidString

    private static let flavor = (name: "metadata-flavor", value: "Google")
    private static let keysPath = "latest/meta-data/iam/security-credentials"

    init(configuration: EmulatorConfiguration, grants: Grants) {
        self.configuration = configuration
        self.grants = grants
    }

    func addRoutes(to router: Router<BasicRequestContext>) {
        router.get("/") { request, _ -> Response in
            // Without the header the response is 404, as at BigQuery.
            guard isMetadataRequest(request) else { throw HTTPError(.notFound) }
            return flavored(.text("computeMetadata/\n", type: "application/text"))
        }
        google("computeMetadata/v1/project/project-id", to: router) { _ in
            .text(configuration.project, type: "application/text")
        }
        google("computeMetadata/v1/instance/service-accounts/default/email", to: router) { _ in
            .text(ServiceAccount(project: configuration.project).email, type: "application/text")
        }
        google("computeMetadata/v1/instance/service-accounts/default/token", to: router, token)

        router.put("latest/api/token") { request, _ -> Response in
            request.header("x-aws-ec2-metadata-token-ttl-seconds") == nil
                ? .text("400 - Bad Request", status: 400) : .text(session)
        }
        amazon("latest/meta-data/placement/availability-zone", to: router) { .text(Workload.region + "b") }
        amazon(RouterPath(Self.keysPath), to: router) { .text(Workload.role) }
        amazon(RouterPath("\(Self.keysPath)/\(Workload.role)"), to: router) {
            .json([
                "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": .string(Workload.keys.id),
                "SecretAccessKey": .string(Workload.keys.secret), "Token": .string(Workload.keys.session),
            ])
        }

        router.get("workload/token") { request, _ -> Response in
            guard request.header(Workload.header.name.lowercased()) == Workload.header.value else {
                return .text("Forbidden", status: 403)
            }
            return .json(["value": .string(try Workload.identityToken())])
        }
    }

    private func google(
        _ path: RouterPath, to router: Router<BasicRequestContext>,
        _ respond: @escaping @Sendable (Request) throws -> Response
    ) {
        router.get(path) { request, _ -> Response in
            guard isMetadataRequest(request) else {
                return .text("Missing Metadata-Flavor:Google header.", status: 403)
            }
            return flavored(try respond(request))
        }
    }

    /// Whether a request has the required header and was not forwarded by a proxy.
    private func isMetadataRequest(_ request: Request) -> Bool {
        request.header(Self.flavor.name) == Self.flavor.value && request.header("x-forwarded-for") == nil
    }

    private func flavored(_ response: Response) -> Response {
        var response = response
        if let name = HTTPField.Name(Self.flavor.name) { response.headers[name] = Self.flavor.value }
        return response
    }

    private func token(_ request: Request) -> Response {
        if configuration.failure == .noServiceAccount { return .text("Not Found", status: 404) }
        let requested = request.uri.queryParameters["scopes"].map { $0.split(separator: ",").map(String.init) }
        let tokens = grants.begin(
            .init(scopes: requested ?? configuration.scopes, isOffline: false, audience: ServiceAccount.uniqueID),
            withRefreshToken: false)
        return .json([
            "access_token": .string(tokens.access),
            "expires_in": .number(String(configuration.accessTokenLifetime.components.seconds)), "token_type": "Bearer",
        ])
    }

    private func amazon(
        _ path: RouterPath, to router: Router<BasicRequestContext>, _ respond: @escaping @Sendable () -> Response
    ) {
        router.get(path) { request, _ -> Response in
            request.header("x-aws-ec2-metadata-token") == session ? respond() : .text("Unauthorized", status: 401)
        }
    }
}

extension Request {
    /// The value of a header, by its lower-case name.
    func header(_ name: String) -> String? {
        headers.first { $0.name.canonicalName == name }?.value
    }
}

extension Response {
    static func text(_ text: String, status: Int = 200, type: String = "text/plain") -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
