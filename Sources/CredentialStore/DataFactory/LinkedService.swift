import Foundation
package import GoogleHTTP
package import GoogleOAuth
import TextSupport

/// A linked service of Azure Data Factory's BigQuery connector that contains a credential.
///
/// Source: the articles about the connectors "Google BigQuery" and "Google BigQuery (legacy)" in Microsoft's Data Factory
/// documentation.
package struct LinkedService: Sendable {
    /// A version of the connector.
    package enum Connector: Sendable, Hashable {
        /// `GoogleBigQueryV2`.
        case current
        /// `GoogleBigQuery`, out of support since September 2025.
        case legacy
    }

    /// The location of the two secrets.
    package enum Secrets: Sendable, Hashable {
        /// The linked service itself. Data Factory encrypts it on import.
        case inline
        /// A Key Vault, through the linked service with this name.
        case keyVault(linkedService: String)
    }

    /// The linked service's name.
    package var name: String
    /// The project billed for queries.
    package var project: String
    /// The version of the connector.
    package var connector: Connector
    /// The location of the secrets. Defaults to the linked service itself.
    package var secrets: Secrets
    private let credential: AuthorizedUserCredential

    /// Creates a linked service for a credential.
    ///
    /// - Throws: `OAuthError` with code `credentialsInvalid` for a name with characters other than letters, digits and
    ///   hyphens.
    package init(
        _ credential: AuthorizedUserCredential, name: String, project: String, connector: Connector = .current,
        secrets: Secrets = .inline
    ) throws(OAuthError) {
        guard (1...100).contains(name.utf8.count), name.utf8.allSatisfy(Self.nameCharacters.contains) else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "\(printable(name, limit: 100)) is not a valid name for a linked service and the vault's "
                    + "secrets: only letters, digits and hyphens are")
        }
        self.credential = credential
        self.name = name
        self.project = project
        self.connector = connector
        self.secrets = secrets
    }

    /// The characters of the names of Key Vault secrets, the stricter rule.
    private static let nameCharacters = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-".utf8)

    /// The names of the vault's secrets and their values.
    package var vaultSecrets: [(name: String, value: Secret)] {
        [("\(name)-client-secret", credential.clientSecret), ("\(name)-refresh-token", credential.refreshToken)]
    }

    private var typeName: String {
        switch connector {
        case .current: "GoogleBigQueryV2"
        case .legacy: "GoogleBigQuery"
        }
    }

    /// The linked service as JSON. It contains the secrets unless they are in a vault.
    package func json() throws(OAuthError) -> [UInt8] {
        var properties: [String: DataFactoryValue] = [
            "authenticationType": "UserAuthentication", "clientId": .string(credential.clientID),
        ]
        for ((secret, value), member) in zip(vaultSecrets, ["clientSecret", "refreshToken"]) {
            properties[member] =
                switch secrets {
                case .inline: ["type": "SecureString", "value": .string(value.reveal())]
                case .keyVault(let vault):
                    [
                        "type": "AzureKeyVaultSecret", "secretName": .string(secret),
                        "store": ["referenceName": .string(vault), "type": "LinkedServiceReference"],
                    ]
                }
        }
        switch connector {
        case .current: properties["projectId"] = .string(project)
        case .legacy:
            properties["project"] = .string(project)
            properties["requestGoogleDriveScope"] = false
        }
        return try CredentialFile.encode(
            [
                "name": .string(name),
                "properties": ["type": .string(typeName), "typeProperties": .object(properties)],
            ] as DataFactoryValue
        )
    }

    /// A dataset of the linked service for a copy activity, as JSON without secrets.
    package func datasetJSON() throws(OAuthError) -> [UInt8] {
        try CredentialFile.encode(
            [
                "name": .string(datasetName),
                "properties": [
                    "type": .string("\(typeName)Object"),
                    "linkedServiceName": ["referenceName": .string(name), "type": "LinkedServiceReference"],
                    "schema": [], "typeProperties": [:],
                ],
            ] as DataFactoryValue
        )
    }

    /// A copy activity that reads a query through the dataset, as JSON without secrets. Its sink and output are
    /// placeholders.
    package func copyActivityJSON(query: String) throws(OAuthError) -> [UInt8] {
        try CredentialFile.encode(
            [
                "name": "CopyFromBigQuery", "type": "Copy",
                "inputs": [["referenceName": .string(datasetName), "type": "DatasetReference"]],
                "outputs": [["referenceName": "<output dataset name>", "type": "DatasetReference"]],
                "typeProperties": [
                    "source": ["type": .string("\(typeName)Source"), "query": .string(query)],
                    "sink": ["type": "<sink type>"],
                ],
            ] as DataFactoryValue
        )
    }

    /// Dataset names have letters, digits and underscores.
    private var datasetName: String { name.replacing("-", with: "_") + "_query" }
}

/// A JSON value.
private indirect enum DataFactoryValue: Encodable, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    case string(String)
    case bool(Bool)
    case array([DataFactoryValue])
    case object([String: DataFactoryValue])

    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: DataFactoryValue...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, DataFactoryValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
