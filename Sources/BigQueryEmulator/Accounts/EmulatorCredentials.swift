import Foundation

/// A type of credentials that an emulator writes to a file and accepts.
package enum EmulatorCredentials: String, CaseIterable, Sendable {
    /// The user's client and refresh token.
    case authorizedUser = "authorized_user"
    /// The service account's key.
    case serviceAccount = "service_account"
    /// The service account, impersonated with its key as source credentials.
    case impersonatedServiceAccount = "impersonated_service_account"
    /// The workload, with a token in a file; impersonates the service account.
    case externalAccountFile = "external_account_file"
    /// The workload, with a token from a URL.
    case externalAccountURL = "external_account_url"
    /// The workload, with a token from an executable.
    case externalAccountExecutable = "external_account_executable"
    /// The workload, with the security credentials of an AWS instance; impersonates the service account.
    case externalAccountAWS = "external_account_aws"
    /// A user of a workforce identity pool.
    case externalAccountAuthorizedUser = "external_account_authorized_user"
}

extension RunningEmulator {
    /// Writes credentials as a file for Google's client libraries, readable by the owner only. All URLs in them are
    /// the emulator's.
    ///
    /// - Parameters:
    ///  - path: the file. A token that it refers to is written next to it, with the suffix `.token`.
    ///  - kind: the type of credentials.
    /// - Throws: an ``EmulatorError`` with code `cannotWrite`.
    package func writeCredentialsFile(to path: String, as kind: EmulatorCredentials) throws {
        switch kind {
        case .authorizedUser: try writeCredentialsFile(to: path)
        case .serviceAccount: try write(serviceAccount, to: path)
        case .impersonatedServiceAccount:
            try write(
                [
                    "type": "impersonated_service_account", "service_account_impersonation_url": .string(impersonation),
                    "source_credentials": .object(serviceAccount), "delegates": [],
                ], to: path)
        case .externalAccountFile:
            let token = Self.tokenFile(of: path)
            try write(Array(try Workload.identityToken().utf8), to: token)
            try write(externalAccount(["file": .string(token)], impersonates: true), to: path)
        case .externalAccountURL:
            let source: JSONObject = [
                "url": .string("\(endpoint)/workload/token"),
                "headers": .object([Workload.header.name: .string(Workload.header.value)]),
                "format": ["type": "json", "subject_token_field_name": "value"],
            ]
            try write(externalAccount(source, impersonates: false), to: path)
        case .externalAccountExecutable:
            let token = Self.tokenFile(of: path)
            guard !token.contains(where: \.isWhitespace) else {
                throw EmulatorError(
                    code: .cannotWrite, message: "\(token): the command cannot read a path that contains spaces")
            }
            let response: JSONObject = [
                "version": 1, "success": true, "token_type": "urn:ietf:params:oauth:token-type:id_token",
                "id_token": .string(try Workload.identityToken()),
                "expiration_time": .number(String(Int64(Date().timeIntervalSince1970) + 3600)),
            ]
            try write(response, to: token)
            let source: JSONObject = ["executable": ["command": .string("cat \(token)"), "timeout_millis": 30000]]
            try write(externalAccount(source, impersonates: false), to: path)
        case .externalAccountAWS:
            let source: JSONObject = [
                "environment_id": "aws1",
                "region_url": .string("\(endpoint)/latest/meta-data/placement/availability-zone"),
                "url": .string("\(endpoint)/latest/meta-data/iam/security-credentials"),
                "imdsv2_session_token_url": .string("\(endpoint)/latest/api/token"),
                "regional_cred_verification_url":
                    "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
            ]
            var account = externalAccount(source, impersonates: true)
            account["subject_token_type"] = "urn:ietf:params:aws:token-type:aws4_request"
            try write(account, to: path)
        case .externalAccountAuthorizedUser:
            try write(
                [
                    "type": "external_account_authorized_user", "audience": .string(Workload.audience),
                    "client_id": .string(configuration.clientID), "client_secret": .string(configuration.clientSecret),
                    "refresh_token": .string(configuration.refreshToken),
                    "token_url": .string("\(endpoint)/v1/oauthtoken"),
                    "quota_project_id": .string(configuration.project),
                ], to: path)
        }
    }

    /// Returns the absolute path of the token file, which is valid in any working directory.
    private static func tokenFile(of path: String) -> String { URL(filePath: path).absoluteURL.path + ".token" }

    private var account: ServiceAccount { ServiceAccount(project: configuration.project) }

    private var impersonation: String {
        "\(endpoint)/v1/projects/-/serviceAccounts/\(account.email):generateAccessToken"
    }

    private var serviceAccount: JSONObject {
        [
            "type": "service_account", "project_id": .string(configuration.project),
            "private_key_id": .string(SigningKey.shared?.id ?? ""),
            "private_key": .string(SigningKey.shared?.pem ?? ""),
            "client_email": .string(account.email), "client_id": .string(ServiceAccount.uniqueID),
            "token_uri": .string("\(endpoint)/token"), "universe_domain": "googleapis.com",
        ]
    }

    private func externalAccount(_ source: JSONObject, impersonates: Bool) -> JSONObject {
        var file: JSONObject = [
            "type": "external_account", "audience": .string(Workload.audience),
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": .string("\(endpoint)/v1/token"),
            "credential_source": .object(source), "quota_project_id": .string(configuration.project),
        ]
        if impersonates { file["service_account_impersonation_url"] = .string(impersonation) }
        return file
    }
}
