extension AuthorizedUserCredential {
    /// Reads an `authorized_user` JSON file.
    ///
    /// - Throws: ``OAuthError`` with code `credentialsMissing` if it cannot be read, `credentialsInvalid` if it
    ///   is no `authorized_user` file or incomplete, `untrustedTokenURI` if it names a foreign token endpoint.
    public init(contentsOfFile path: String) throws(OAuthError) {
        self = try AuthorizedUserFile(json: try readCredentialsFile(path), path: path).credential(path: path)
    }

    /// The credential as an `authorized_user` JSON file, as Google's libraries read it. It holds the secrets.
    public func authorizedUserFile() throws(OAuthError) -> [UInt8] {
        try CredentialJSON.encode(AuthorizedUserFile(self))
    }
}
