import ArgumentParser
import CredentialStore
import Foundation
import GoogleHTTP
import GoogleOAuth
import TextSupport

/// `bqpull auth export`: writes the credentials in the form of another tool, without network access.
struct AuthExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the credentials for Data Factory and other tools.",
        discussion: """
            Forms: adf (linked service GoogleBigQueryV2), adf-legacy (GoogleBigQuery,
            out of support), adf-keyvault (adf, with the secrets in an Azure Key Vault),
            authorized-user (for Google's libraries), env (for a shell). Secrets go to a
            file that only you can read, or to standard output with --output -.

            Examples:
              bqpull auth export --for adf --name bigquery
              bqpull auth export --for adf --query 'SELECT * FROM sales.orders'
              bqpull auth export --for authorized-user --output credentials.json
            """
    )

    /// The form of the export.
    enum Form: String, CaseIterable, ExpressibleByArgument {
        case adf
        case adfLegacy = "adf-legacy"
        case adfKeyVault = "adf-keyvault"
        case authorizedUser = "authorized-user"
        case env
    }

    @Option(name: .customLong("for"), help: ArgumentHelp("The form.", valueName: "form"))
    var form: Form

    @Option(help: ArgumentHelp("The linked service's name.", valueName: "name"))
    var name = "bigquery"

    @Option(
        help: ArgumentHelp(
            "The project billed for queries. Default: BQPULL_PROJECT, else GOOGLE_CLOUD_PROJECT, else that of the profile, else that of the credentials.",
            valueName: "id"
        )
    )
    var project: String?

    @Option(help: ArgumentHelp("Also write a dataset and a copy activity with this query.", valueName: "sql"))
    var query: String?

    @Option(
        help: ArgumentHelp(
            "The output file; - for standard output. Default: NAME.json, authorized_user.json or bqpull.env in this folder.",
            valueName: "file"
        )
    )
    var output: String?

    @OptionGroup var credential: CredentialOptions

    func validate() throws {
        guard query == nil || [.adf, .adfLegacy, .adfKeyVault].contains(form) else {
            throw ValidationError("--query requires a form for Data Factory")
        }
        guard output != "-" || (query == nil && form != .adfKeyVault) else {
            throw ValidationError("Several files are written; name the first with --output FILE.json")
        }
    }

    func run() async throws {
        var credential = try self.credential.located().authorizedUser()
        let settings = try Settings(profile: self.credential.profile)
        if let project = try settings.value(.project, option: project) {
            credential.quotaProjectID = project
        }
        if credential.tokenEndpoint.isLoopback, form != .authorizedUser {
            Diagnostics.warning(
                "these credentials are an emulator's; in another tool they would be sent to Google")
        }
        switch form {
        case .authorizedUser:
            try write([(output ?? "authorized_user.json", try credential.authorizedUserFile())])
        case .env: try write([(output ?? "bqpull.env", Array(Self.shellLines(credential).utf8))])
        case .adf, .adfLegacy, .adfKeyVault: try writeLinkedService(credential)
        }
    }

    private func writeLinkedService(_ credential: AuthorizedUserCredential) throws {
        guard let project = credential.quotaProjectID else { throw CommandError.noProject }
        let service = try LinkedService(
            credential, name: name, project: project, connector: form == .adfLegacy ? .legacy : .current,
            secrets: form == .adfKeyVault ? .keyVault(linkedService: "AzureKeyVault") : .inline
        )
        if form == .adfLegacy {
            Diagnostics.warning(
                "Data Factory's legacy connector is out of support; --for adf is its successor")
        }
        let path = output ?? "\(name).json"
        var files = [(path, try service.json())]
        if let query {
            let stem = path.hasSuffix(".json") ? String(path.dropLast(5)) : path
            files.append((stem + "-dataset.json", try service.datasetJSON()))
            files.append((stem + "-copy.json", try service.copyActivityJSON(query: query)))
        }
        guard form == .adfKeyVault else { return try write(files) }
        // As files, since the arguments of the vault's command are visible in the process list.
        let folder = (path as NSString).deletingLastPathComponent as NSString
        let secrets = service.vaultSecrets.map { secret in
            (name: secret.name, file: folder.appendingPathComponent("\(secret.name).txt"), value: secret.value)
        }
        try write(files + secrets.map { ($0.file, Array($0.value.reveal().utf8)) })
        let commands = secrets.map { secret in
            let file = shellWord(secret.file)
            return
                "  az keyvault secret set --vault-name VAULT --name \(secret.name) --encoding utf-8 --file \(file) && rm \(file)\n"
        }
        Diagnostics.info(
            "fill the vault, whose linked service is called AzureKeyVault here, and remove the files:\n"
                + commands.joined())
    }

    /// Writes all files or, if one of them exists, none.
    private func write(_ files: [(path: String, bytes: [UInt8])]) throws {
        if output == "-", let only = files.first { return try StandardOutput.write(only.bytes) }
        for file in files { try PrivateFile(path: file.path).requireAbsent() }
        for file in files {
            try PrivateFile(path: file.path).write(file.bytes, replaces: false)
            Diagnostics.info("written: \(printable(file.path))")
        }
    }

    private static func shellLines(_ credential: AuthorizedUserCredential) -> String {
        var lines = [
            "export BQPULL_CLIENT_ID=\(shellWord(credential.clientID))",
            "export BQPULL_CLIENT_SECRET=\(shellWord(credential.clientSecret.reveal()))",
            "export BQPULL_REFRESH_TOKEN=\(shellWord(credential.refreshToken.reveal()))",
        ]
        if let project = credential.quotaProjectID { lines.append("export GOOGLE_CLOUD_PROJECT=\(shellWord(project))") }
        return lines.joined(separator: "\n") + "\n"
    }
}
