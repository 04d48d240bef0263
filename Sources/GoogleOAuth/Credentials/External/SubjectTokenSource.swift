import Foundation
import GoogleHTTP
import TextSupport

/// Where another cloud's or identity provider's token is from, which it makes and renews.
enum SubjectTokenSource: Sendable, Hashable {
    /// A file.
    case file(String, SubjectTokenFormat)
    /// An answer to a GET.
    case url(String, headers: [String: Secret], SubjectTokenFormat)
    /// What a command says.
    case executable(SubjectTokenExecutable)
    /// A request to Amazon that only who is meant can sign.
    case aws(AWSIdentity)

    /// Fetches a token for an account.
    ///
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    func fetch(for account: ExternalAccountCredential, _ context: TokenContext) async throws -> Secret {
        switch self {
        case .file(let path, let format):
            let bytes = try await onOwnThread { try readCredentialsFile(path, what: "the file of the subject token") }
            return try format.token(in: bytes, of: path)
        case .url(let url, let headers, let format):
            // The endpoint was checked when the file was read.
            let host = URLComponents(string: url)?.host ?? url
            let request = HTTPRequest(.get, url, headers: headers.map { ($0.key, $0.value.reveal()) })
            return try await context.exchange(request, host: host) { head, bytes in
                guard head.isSuccess else { throw OAuthError(identityServerStatus: head.status, host: host) }
                return try format.token(in: bytes, of: host)
            }
        case .executable(let executable): return try await executable.fetch(for: account, context)
        case .aws(let identity): return try await identity.fetch(for: account, context)
        }
    }
}

extension OAuthError {
    /// A refusal by a server of another cloud or identity provider; its body may hold anything and is not shown.
    init(identityServerStatus status: Int, host: String) {
        self.init(
            code: [408, 429].contains(status) || status >= 500 ? .serviceUnavailable : .identityRejected,
            message: "\(printable(host, limit: 200)) gives out no token for the identity (HTTP \(status))",
            hint: "check credential_source in the credentials, and whether this machine is the one that they are for")
    }
}

extension SubjectTokenSource {
    /// The member `credential_source` of a file.
    struct File: Decodable {
        struct Executable: Decodable {
            var command: String?
            var timeout_millis: Int64?
            var output_file: String?
        }

        /// What is only told from others by being there.
        struct Anything: Decodable {}

        var file: String?
        var url: String?
        var headers: [String: String]?
        var format: SubjectTokenFormat.File?
        var executable: Executable?
        var certificate: Anything?
        var environment_id: String?
        var region_url: String?
        var regional_cred_verification_url: String?
        var imdsv2_session_token_url: String?
    }

    init(_ file: File) throws(OAuthError) {
        if let environment = file.environment_id {
            self = .aws(try AWSIdentity(file, environment: environment))
            return
        }
        guard file.certificate == nil else {
            throw OAuthError(
                code: .credentialsInvalid, message: "credential_source names a certificate, which is not supported",
                hint: "get a token with gcloud: --token-command 'gcloud auth print-access-token'")
        }
        guard [file.file != nil, file.url != nil, file.executable != nil].count(where: { $0 }) == 1 else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "credential_source must have one of file, url, executable and environment_id",
                hint: "make the file again with gcloud iam workload-identity-pools create-cred-config")
        }
        let format = try SubjectTokenFormat(file.format)
        if let path = file.file {
            self = .file(path, format)
        } else if let url = file.url {
            try Self.require(url, name: "url")
            let headers = file.headers ?? [:]
            if let (name, _) = headers.first(where: { !HTTPRequest.isToken($0) || !HTTPRequest.isText($1) }) {
                throw OAuthError(
                    code: .credentialsInvalid,
                    message: "credential_source has a header that cannot be sent: \(printable(name, limit: 60))",
                    hint: "take the file as it was made, or make it again")
            }
            self = .url(url, headers: headers.mapValues { Secret($0) }, format)
        } else {
            self = .executable(try SubjectTokenExecutable(file.executable))
        }
    }

    /// Checks where a token of the other one may come from: https, this machine, or a metadata server beside it.
    static func require(_ url: String, name: String) throws(OAuthError) {
        var parts = URLComponents(string: url)
        parts?.percentEncodedQuery = nil
        guard url.contains("://"), let root = parts?.string, (try? HTTPEndpoint(metadataServer: root)) != nil else {
            throw OAuthError(
                code: .untrustedTokenURI,
                message:
                    "credential_source names \(printable(url, limit: 200)) as \(name), which is plain http on another machine, or no address",
                hint: "https is needed, or the metadata server at 169.254.169.254, or this machine")
        }
    }
}

/// How a token stands in a file or an answer.
enum SubjectTokenFormat: Sendable, Hashable {
    /// Alone.
    case text
    /// As a member of a JSON object.
    case json(member: String)

    struct File: Decodable {
        var type: String?
        var subject_token_field_name: String?
    }

    /// A text, or any other value.
    private struct Member: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws {
            text = try? decoder.singleValueContainer().decode(String.self)
        }
    }

    init(_ file: File?) throws(OAuthError) {
        switch file?.type ?? "text" {
        case "text": self = .text
        case "json":
            guard let member = file?.subject_token_field_name else {
                throw .incomplete("subject_token_field_name, which a format of type json needs")
            }
            self = .json(member: member)
        case let type:
            throw OAuthError(
                code: .credentialsInvalid,
                message: "credential_source has a format of type \(printable(type, limit: 40))",
                hint: "text and json are supported")
        }
    }

    /// Takes the token out; errors do not repeat what is there.
    func token(in bytes: [UInt8], of place: String) throws(OAuthError) -> Secret {
        let text: String?
        switch self {
        case .text: text = String(bytes: bytes, encoding: .utf8)
        case .json(let member):
            try CredentialJSON.requireDistinctMembers(bytes, path: place)
            text = (try? CredentialJSON.decode([String: Member].self, from: bytes))?[member]?.text
        }
        let token = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        guard !token.isEmpty else {
            let member = if case .json(let name) = self { " in the member \(printable(name, limit: 60))" } else { "" }
            throw OAuthError(
                code: .credentialsInvalid, message: "\(printable(place, limit: 300)) holds no token\(member)",
                hint: "check credential_source in the credentials")
        }
        return Secret(token)
    }
}
