import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth
import Testing

/// The expected JSON is that of Microsoft's articles about the two connectors.
@Suite struct LinkedServiceTests {
    private func json(_ text: String) throws -> NSDictionary {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary)
    }

    private func service(
        _ connector: LinkedService.Connector = .current, _ secrets: LinkedService.Secrets = .inline
    ) throws -> LinkedService {
        try LinkedService(
            Fake.credential(), name: "big-query", project: "fake-project", connector: connector, secrets: secrets
        )
    }

    @Test func theCurrentConnector() throws {
        let expected = try json(
            """
            {"name": "big-query", "properties": {"type": "GoogleBigQueryV2", "typeProperties": {
              "projectId": "fake-project", "authenticationType": "UserAuthentication", "clientId": "fake-client",
              "clientSecret": {"type": "SecureString", "value": "fake-secret"},
              "refreshToken": {"type": "SecureString", "value": "1//fake-token"}}}}
            """)
        #expect(try json(String(decoding: service().json(), as: UTF8.self)) == expected)
    }

    @Test func theLegacyConnector() throws {
        let expected = try json(
            """
            {"name": "big-query", "properties": {"type": "GoogleBigQuery", "typeProperties": {
              "project": "fake-project", "requestGoogleDriveScope": false,
              "authenticationType": "UserAuthentication", "clientId": "fake-client",
              "clientSecret": {"type": "SecureString", "value": "fake-secret"},
              "refreshToken": {"type": "SecureString", "value": "1//fake-token"}}}}
            """)
        #expect(try json(String(decoding: service(.legacy).json(), as: UTF8.self)) == expected)
    }

    @Test func referencesSecretsInAVault() throws {
        let service = try service(.current, .keyVault(linkedService: "Vault"))
        let text = String(decoding: try service.json(), as: UTF8.self)
        let reference =
            #"{"type": "AzureKeyVaultSecret", "secretName": "NAME", "store": {"referenceName": "Vault", "type": "LinkedServiceReference"}}"#
        let expected = try json(
            """
            {"name": "big-query", "properties": {"type": "GoogleBigQueryV2", "typeProperties": {
              "projectId": "fake-project", "authenticationType": "UserAuthentication", "clientId": "fake-client",
              "clientSecret": \(reference.replacing("NAME", with: "big-query-client-secret")),
              "refreshToken": \(reference.replacing("NAME", with: "big-query-refresh-token"))}}}
            """)
        #expect(try json(text) == expected)
        #expect(service.vaultSecrets.map(\.name) == ["big-query-client-secret", "big-query-refresh-token"])
        #expect(service.vaultSecrets.map { $0.value.reveal() } == ["fake-secret", "1//fake-token"])
    }

    @Test(arguments: [
        (LinkedService.Connector.current, "GoogleBigQueryV2Object", "GoogleBigQueryV2Source"),
        (.legacy, "GoogleBigQueryObject", "GoogleBigQuerySource"),
    ])
    func writesDatasetAndCopyActivity(
        connector: LinkedService.Connector, dataset: String, source: String
    ) throws {
        let service = try service(connector)
        let datasetJSON = String(decoding: try service.datasetJSON(), as: UTF8.self)
        #expect(
            try json(datasetJSON)
                == json(
                    """
                    {"name": "big_query_query", "properties": {"type": "\(dataset)", "schema": [], "typeProperties": {},
                      "linkedServiceName": {"referenceName": "big-query", "type": "LinkedServiceReference"}}}
                    """))
        let copy = try json(String(decoding: service.copyActivityJSON(query: "SELECT \"x\""), as: UTF8.self))
        #expect((copy["inputs"] as? [[String: String]])?.first?["referenceName"] == "big_query_query")
        let properties = copy["typeProperties"] as? [String: [String: String]]
        #expect(properties?["source"] == ["type": source, "query": "SELECT \"x\""])
    }

    @Test func exportedCredentialsCanBeImported() throws {
        for connector in [LinkedService.Connector.current, .legacy] {
            let credential = try StoredCredential(importing: service(connector).json(), source: "x").credential
            #expect(credential.refreshToken == (try Fake.credential().refreshToken))
            #expect(credential.quotaProjectID == "fake-project")
        }
        let file = try Fake.credential().authorizedUserFile()
        #expect(try StoredCredential(importing: file, source: "x").credential == Fake.credential())
    }

    @Test(arguments: ["", "a b", "a/b", "a_b", "ä", String(repeating: "a", count: 101)])
    func rejectsInvalidNames(name: String) throws {
        let credential = try Fake.credential()
        #expect(throws: OAuthError.self) { try LinkedService(credential, name: name, project: "p") }
    }
}
