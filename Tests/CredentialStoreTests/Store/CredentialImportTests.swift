import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth
import Testing

@Suite struct CredentialImportTests {
    private static let secure =
        #""clientSecret":{"type":"SecureString","value":"fake"},"refreshToken":{"type":"SecureString","value":"1//fake"}"#

    /// Every form of the three values, and its project.
    @Test(
        arguments: [
            (
                #"{"type":"authorized_user","client_id":"a","client_secret":"fake","refresh_token":"1//fake","quota_project_id":"p"}"#,
                "p"
            ),
            // The output of google-auth's Credentials.to_json() has no type.
            (
                #"{"token":null,"refresh_token":"1//fake","token_uri":"https://oauth2.googleapis.com/token","client_id":"a","client_secret":"fake","scopes":["s"],"universe_domain":"googleapis.com","account":""}"#,
                nil
            ),
            (
                #"{"name":"n","properties":{"type":"GoogleBigQueryV2","typeProperties":{"projectId":"p","authenticationType":"UserAuthentication","clientId":"a",\#(secure)}}}"#,
                "p"
            ),
            (
                #"{"name":"n","properties":{"type":"GoogleBigQuery","typeProperties":{"project":"p","authenticationType":"UserAuthentication","clientId":{"type":"SecureString","value":"a"},\#(secure)}}}"#,
                "p"
            ),
            (
                #"{"client_id":"a","client_secret":"fake","refresh_token":"1//fake","scopes":"s t"}"#, nil
            ),
            (#"{"client_id":"a","client_secret":"fake","refresh_token":"1//fake","scopes":{"odd":1}}"#, nil),
            ("a\nfake\n1//fake", nil), ("\u{FEFF}a\nfake\n1//fake", nil), ("\n  a \r\n fake\r\n\r\n1//fake\r\n", nil),
        ] as [(String, String?)])
    func readsEveryForm(text: String, project: String?) throws {
        let credential = try StoredCredential(importing: Array(text.utf8), source: "x").credential
        #expect(credential.clientID == "a")
        #expect(credential.clientSecret.reveal() == "fake")
        #expect(credential.refreshToken.reveal() == "1//fake")
        #expect(credential.quotaProjectID == project)
    }

    @Test(arguments: [
        ("", "three lines"), ("a\nhush", "three lines"), ("a\nhush\nb\nc", "three lines"),
        ("a b\nhush\nc", "three lines"),
        ("[1]", "three lines"), ("{", "not a JSON file"),
        (#"{"type":"service_account","private_key":"hush"}"#, "service_account"),
        (#"{"installed":{"client_id":"a","client_secret":"hush"}}"#, "no refresh token"),
        (#"{"web":{"client_id":"a","client_secret":"hush"}}"#, "no refresh token"),
        (#"{"client_id":"a","client_secret":"hush"}"#, "refresh_token"),
        (#"{"client_id":"a","client_secret":"hush","client_secret":"hush"}"#, "duplicate member client_secret"),
        (#"{"installed":{"client_secret":"hush","client_secret":"hush"}}"#, "duplicate member client_secret"),
        (
            #"{"properties":{"type":"GoogleBigQueryV2","typeProperties":{"refreshToken":"hush","refreshToken":"hush"}}}"#,
            "duplicate member refreshToken"
        ),
        (#"{"properties":{"type":"AzureBlobStorage","typeProperties":{}}}"#, "AzureBlobStorage"),
        (
            #"{"properties":{"type":"GoogleBigQueryV2","typeProperties":{"authenticationType":"ServiceAuthentication"}}}"#,
            "service account"
        ),
        (
            #"{"properties":{"type":"GoogleBigQueryV2","typeProperties":{"clientId":"a","clientSecret":{"type":"SecureString","value":"hush"}}}}"#,
            "refresh_token"
        ),
        (
            #"{"properties":{"type":"GoogleBigQueryV2","typeProperties":{"clientId":"a","clientSecret":{"type":"SecureString","value":"**********"}}}}"#,
            "hides its clientSecret"
        ),
        (
            #"{"properties":{"type":"GoogleBigQueryV2","typeProperties":{"clientId":"a","clientSecret":{"type":"AzureKeyVaultSecret","secretName":"s"}}}}"#,
            "AzureKeyVaultSecret"
        ),
    ])
    func rejectsOtherForms(text: String, mention: String) throws {
        let error = #expect(throws: OAuthError.self) {
            try StoredCredential(importing: Array(text.utf8), source: "the-file")
        }
        #expect(error?.code == .credentialsInvalid)
        #expect(error?.message.contains(mention) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("the-file") == true)
        #expect(error?.message.contains("hush") == false)
    }
}
