import ArgumentParser
import Foundation
import GoogleHTTP
import GoogleOAuth

/// `bqpull auth export`: the credentials in the form that another tool takes. It does not go to the network.
struct AuthExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the credentials as Data Factory and other tools take them.",
        discussion: """
            Forms: adf (linked service GoogleBigQueryV2), adf-legacy (GoogleBigQuery, out of support), adf-keyvault
            (adf, with the secrets in an Azure Key Vault), authorized-user (for Google's libraries), env (for a shell).
            Secrets go to a file that only you can read, or to standard output with --output -.
            Examples:
              bqpull auth export --for adf --name bigquery
              bqpull auth export --for adf --query 'SELECT * FROM sales.orders'
              bqpull auth export --for authorized-user --output credentials.json
            """
    )

    /// What the credentials are written for.
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
            "The project that runs and pays for queries. Default: GOOGLE_CLOUD_PROJECT, else quota_project_id of the credentials.",
            valueName: "id"
        )
    )
    var project: String?

    @Option(help: ArgumentHelp("Write a dataset and a copy activity with this query too.", valueName: "sql"))
    var query: String?

    @Option(
        help: ArgumentHelp(
            "Where to write; - for standard output. Default: NAME.json, authorized_user.json or bqpull.env in this folder.",
            valueName: "file"
        )
    )
    var output: String?

    @OptionGroup var credential: CredentialOptions

    func validate() throws {
        guard query == nil || [.adf, .adfLegacy, .adfKeyVault].contains(form) else {
            throw ValidationError("--query goes with the forms of Data Factory only")
        }
    }

    func run() async throws {
        let search = CredentialSearch(environment: ProcessEnvironment.variables)
        guard let finding = try search.first(credential.choice) else { throw CredentialChoice.noCredentials }
        var credential = finding.credential
        if let project = project ?? ProcessEnvironment.value("GOOGLE_CLOUD_PROJECT") {
            credential.quotaProjectID = project
        }
        switch form {
        case .authorizedUser: try write(try credential.authorizedUserFile(), to: output ?? "authorized_user.json")
        case .env: try write(Array(Self.shellLines(credential).utf8), to: output ?? "bqpull.env")
        case .adf, .adfLegacy, .adfKeyVault: try writeLinkedService(credential)
        }
    }

    private func writeLinkedService(_ credential: AuthorizedUserCredential) throws {
        guard let project = credential.quotaProjectID else {
            throw CommandError(
                message: "no project is known that runs and pays for queries",
                exitStatus: .usage, hint: "give --project ID"
            )
        }
        let service = try LinkedService(
            credential, name: name, project: project, connector: form == .adfLegacy ? .legacy : .current,
            secrets: form == .adfKeyVault ? .keyVault(linkedService: "AzureKeyVault") : .inline
        )
        if form == .adfLegacy {
            StandardError.write(
                "warning: Data Factory's legacy connector is out of support; --for adf is its successor\n")
        }
        let path = output ?? "\(name).json"
        try write(try service.json(), to: path)
        if let query {
            let stem = path.hasSuffix(".json") ? String(path.dropLast(5)) : path
            try write(try service.datasetJSON(), to: path == "-" ? path : stem + "-dataset.json")
            try write(try service.copyActivityJSON(query: query), to: path == "-" ? path : stem + "-copy.json")
        }
        if form == .adfKeyVault { try writeVaultSecrets(service, beside: path) }
    }

    /// The secrets as files, since a vault's command line would show them in the list of processes.
    private func writeVaultSecrets(_ service: LinkedService, beside path: String) throws {
        let folder = path == "-" ? "" : (path as NSString).deletingLastPathComponent
        var commands = "fill the vault, whose linked service is called AzureKeyVault here, and remove the files:\n"
        for (name, value) in service.vaultSecrets {
            let file = (folder as NSString).appendingPathComponent("\(name).txt")
            try write(Array(value.reveal().utf8), to: file)
            commands +=
                "  az keyvault secret set --vault-name VAULT --name \(name) --encoding utf-8 --file \(quoted(file)) && rm \(quoted(file))\n"
        }
        StandardError.write(commands)
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        guard path != "-" else { return try StandardOutput.write(bytes) }
        try PrivateFile(path: path).write(bytes, replaces: false)
        StandardError.write("written: \(printable(path))\n")
    }

    private static func shellLines(_ credential: AuthorizedUserCredential) -> String {
        var lines = [
            "export BQPULL_CLIENT_ID=\(quoted(credential.clientID))",
            "export BQPULL_CLIENT_SECRET=\(quoted(credential.clientSecret.reveal()))",
            "export BQPULL_REFRESH_TOKEN=\(quoted(credential.refreshToken.reveal()))",
        ]
        if let project = credential.quotaProjectID { lines.append("export GOOGLE_CLOUD_PROJECT=\(quoted(project))") }
        return lines.joined(separator: "\n") + "\n"
    }
}
