import Foundation
import GoogleHTTP
import TextSupport

/// The source of another cloud's or identity provider's token.
enum SubjectTokenSource: Sendable, Hashable {
    /// A file.
    case file(String, SubjectTokenFormat)
    /// The response to a GET request.
    case url(String, headers: [String: Secret], SubjectTokenFormat)
    /// The output of a command.
    case executable(SubjectTokenExecutable)
    /// A signed AWS request.
    case aws(AWSIdentity)

    /// Fetches a token for an account.
    ///
    /// - Throws: ``OAuthError``, `HTTPError` or `CancellationError`.
    func fetch(for account: ExternalAccountCredential, _ context: TokenContext) async throws -> Secret {
        switch self {
        case .file(let path, let format):
            let bytes = try await onOwnThread { try CredentialFile.read(path, what: "the subject token file") }
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
    /// An error response of another cloud or identity provider. Its body is not shown, since it can contain anything.
    init(identityServerStatus status: Int, host: String) {
        self.init(
            code: [408, 429].contains(status) || status >= 500 ? .serviceUnavailable : .identityRejected,
            message: "\(printable(host, limit: 200)) issued no subject token (HTTP \(status))",
            detail: .subjectTokenSource)
    }
}

extension SubjectTokenSource {
    /// The member `credential_source` of a file.
    struct File: Decodable {
        struct Executable: Decodable {
            var command: String?
            var timeoutMilliseconds: Int64?
            var outputFile: String?

            private enum CodingKeys: String, CodingKey {
                case command
                case timeoutMilliseconds = "timeout_millis"
                case outputFile = "output_file"
            }
        }

        /// A value of which only the presence matters.
        struct Anything: Decodable {}

        var file: String?
        var url: String?
        var headers: [String: String]?
        var format: SubjectTokenFormat.File?
        var executable: Executable?
        var certificate: Anything?
        var environmentID: String?
        var regionURL: String?
        var verificationURL: String?
        var sessionURL: String?

        private enum CodingKeys: String, CodingKey {
            case file, url, headers, format, executable, certificate
            case environmentID = "environment_id"
            case regionURL = "region_url"
            case verificationURL = "regional_cred_verification_url"
            case sessionURL = "imdsv2_session_token_url"
        }
    }

    init(_ file: File) throws(OAuthError) {
        if let environment = file.environmentID {
            self = .aws(try AWSIdentity(file, environment: environment))
            return
        }
        guard file.certificate == nil else {
            throw OAuthError(
                code: .credentialsInvalid, message: "credential_source is a certificate, which is not supported",
                detail: .unsupportedType)
        }
        guard [file.file != nil, file.url != nil, file.executable != nil].count(where: { $0 }) == 1 else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "credential_source must have one of file, url, executable and environment_id",
                detail: .malformedFile)
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
                    message: "credential_source has an invalid header: \(printable(name, limit: 60))",
                    detail: .malformedFile)
            }
            self = .url(url, headers: headers.mapValues { Secret($0) }, format)
        } else {
            self = .executable(try SubjectTokenExecutable(file.executable))
        }
    }

    /// Checks the URL of a subject token: https, loopback, or a metadata server.
    static func require(_ url: String, name: String) throws(OAuthError) {
        var parts = URLComponents(string: url)
        parts?.percentEncodedQuery = nil
        guard url.contains("://"), let root = parts?.string, (try? HTTPEndpoint(metadataServer: root)) != nil else {
            throw OAuthError(
                code: .untrustedTokenURI,
                message: "the \(name) of credential_source is \(printable(url, limit: 200)), which is neither https "
                    + "nor on this machine nor the metadata server 169.254.169.254")
        }
    }
}

/// The format of a file or response that contains a token.
enum SubjectTokenFormat: Sendable, Hashable {
    /// The token alone.
    case text
    /// A member of a JSON object.
    case json(member: String)

    struct File: Decodable {
        var type: String?
        var fieldName: String?

        private enum CodingKeys: String, CodingKey {
            case type
            case fieldName = "subject_token_field_name"
        }
    }

    /// Text, or any other value.
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
            guard let member = file?.fieldName else {
                throw .incomplete("subject_token_field_name for a format of type json")
            }
            self = .json(member: member)
        case let type:
            throw OAuthError(
                code: .credentialsInvalid,
                message: "the format of credential_source is \(printable(type, limit: 40)), not text or json",
                detail: .malformedFile)
        }
    }

    /// Extracts the token. Errors do not repeat the content.
    func token(in bytes: [UInt8], of place: String) throws(OAuthError) -> Secret {
        let text: String?
        switch self {
        case .text: text = String(bytes: bytes, encoding: .utf8)
        case .json(let member):
            text = try CredentialFile.naming(place) { () throws(OAuthError) in
                try CredentialFile.decode(
                    [String: Member].self, from: bytes, what: "JSON with the token", detail: .subjectTokenSource)
            }[member]?.text
        }
        let token = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        guard !token.isEmpty else {
            let member = if case .json(let name) = self { " in the member \(printable(name, limit: 60))" } else { "" }
            throw OAuthError(
                code: .credentialsInvalid, message: "\(printable(place, limit: 300)) contains no token\(member)",
                detail: .subjectTokenSource)
        }
        return Secret(token)
    }
}
