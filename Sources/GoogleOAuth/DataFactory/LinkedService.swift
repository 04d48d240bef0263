import Foundation
public import GoogleHTTP
import TextSupport

/// A credential as the linked service of Azure Data Factory's BigQuery connector, in its published shape.
///
/// Source: the articles on the connectors "Google BigQuery" and "Google BigQuery (legacy)" in Microsoft's
/// documentation of Data Factory.
public struct LinkedService: Sendable {
    /// Which connector.
    public enum Connector: Sendable, Hashable {
        /// `GoogleBigQueryV2`.
        case current
        /// `GoogleBigQuery`, out of support since September 2025.
        case legacy
    }

    /// Where Data Factory finds the two secrets.
    public enum Secrets: Sendable, Hashable {
        /// In the linked service itself; Data Factory encrypts them when it stores it.
        case inline
        /// In a Key Vault, through the linked service of that name.
        case keyVault(linkedService: String)
    }

    /// The linked service's name.
    public var name: String
    /// The project that runs and pays for queries.
    public var project: String
    /// Which connector.
    public var connector: Connector
    /// Where the secrets are. Defaults to the linked service itself.
    public var secrets: Secrets
    private let credential: AuthorizedUserCredential

    /// Makes the linked service of a credential.
    ///
    /// - Throws: ``OAuthError`` with code `credentialsInvalid` for a name that Data Factory does not take.
    public init(
        _ credential: AuthorizedUserCredential, name: String, project: String, connector: Connector = .current,
        secrets: Secrets = .inline
    ) throws(OAuthError) {
        guard (1...100).contains(name.utf8.count), name.utf8.allSatisfy(Self.nameCharacters.contains) else {
            throw OAuthError(
                code: .credentialsInvalid,
                message: "\(printable(name, limit: 100)) cannot be the name of a linked service here",
                hint: "use letters, digits and hyphens; they also stand in the names of the vault's secrets"
            )
        }
        self.credential = credential
        self.name = name
        self.project = project
        self.connector = connector
        self.secrets = secrets
    }

    /// Those of Key Vault's secrets, which are the narrower ones.
    private static let nameCharacters = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-".utf8)

    /// The names of the vault's secrets, and what belongs into each.
    public var vaultSecrets: [(name: String, value: Secret)] {
        [("\(name)-client-secret", credential.clientSecret), ("\(name)-refresh-token", credential.refreshToken)]
    }

    private var typeName: String {
        switch connector {
        case .current: "GoogleBigQueryV2"
        case .legacy: "GoogleBigQuery"
        }
    }

    /// The linked service as JSON. It holds the secrets unless they are in a vault.
    public func json() throws(OAuthError) -> [UInt8] {
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
        return try CredentialJSON.encode(
            [
                "name": .string(name),
                "properties": ["type": .string(typeName), "typeProperties": .object(properties)],
            ] as DataFactoryValue
        )
    }

    /// The dataset that stands for this connection in a copy activity, as JSON without secrets.
    public func datasetJSON() throws(OAuthError) -> [UInt8] {
        try CredentialJSON.encode(
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

    /// The copy activity that reads a query through the dataset, as JSON without secrets. Its sink and output are
    /// the user's.
    public func copyActivityJSON(query: String) throws(OAuthError) -> [UInt8] {
        try CredentialJSON.encode(
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

    /// Letters, digits and underscores, as the names of datasets have to be.
    private var datasetName: String { name.replacing("-", with: "_") + "_query" }
}

/// JSON as Data Factory's resources need it.
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
