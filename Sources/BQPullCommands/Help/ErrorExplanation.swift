/// What the identifiers of errors mean, and what to do: for `bqpull help errors`.
enum ErrorExplanation {
    /// One or two sentences for each identifier that a command may end with.
    static let texts: [String: String] = [
        "accessDenied":
            "Whoever was asked for consent, or an administrator, refused. Log in again and allow access, or ask the administrator to allow the client.",
        "apiDisabled":
            "The BigQuery API is not enabled in the project. Enable it in the console, or name another project with --project.",
        "billingDisabled":
            "The project has no open billing account. Open one in the console, or name another project with --project.",
        "bodyTooLarge": "An answer was larger than bqpull accepts. For rows, ask for fewer at a time with --page-rows.",
        "busy":
            "Another program had the database open for too long, perhaps only to read. Close it, or wait longer with --lock-timeout.",
        "cannotListen": "The port on this machine is taken or may not be used. Choose another one with --port.",
        "cannotStore":
            "Credentials cannot be written. Make room, or set XDG_CONFIG_HOME to a folder that you may write to.",
        "cannotWrite": "A file cannot be written where you asked for it. Name another place.",
        "clientRejected": "Google does not accept the OAuth client. Compare id and secret with the console's.",
        "codeRejected":
            "The code of a consent was used already, or is more than a few minutes old. Begin again with bqpull auth login.",
        "commandFailed":
            "The command that was to print a token failed, took too long, or printed none. Run it in a shell; it gets no input.",
        "connectionFailed": "No connection came about. Check the network, a firewall, and HTTPS_PROXY.",
        "connectionLost": "The connection broke, again and again. What was staged is kept: run the same command again.",
        "constraintViolated":
            "A row breaks a constraint or unique index of the table that it was to be added to. Nothing was changed.",
        "corrupt": "The database file is damaged. It was left as it is; restore it, or name another file.",
        "corruptBody":
            "An answer ended early or its compression is broken, again and again; a proxy may be changing it.",
        "credentialsInvalid":
            "The credentials are incomplete, of a kind that bqpull does not take, or have a member twice. bqpull auth login gets some.",
        "credentialsMissing": "The file of credentials that was named does not exist or cannot be read.",
        "damagedToken":
            "Google does not know the refresh token: it was cut when it was copied, or replaced by newer ones. Get another with bqpull auth login.",
        "databaseUnusable":
            "The file cannot be created or opened, or is no database that bqpull may use. Name another one with --into.",
        "deletedClient": "The OAuth client was deleted or disabled in the console. Make a new one and log in with it.",
        "duplicateJob": "A job of this name exists already. Run the same command again.",
        "emptyLine":
            "A single column has a NULL, which would be an empty line in CSV, and readers of CSV skip those. Give --null TEXT.",
        "expiredOrRevoked":
            "The refresh token has ended: it was revoked, not used for six months, or made while the consent screen was in \"Testing\" (seven days). Publish the app, then bqpull auth login.",
        "fileExists": "A file is there already and would be lost. Name another one, or remove it.",
        "foreignJob":
            "The job of this run runs another query than the one that was recorded. Begin anew with --restart.",
        "foreignToken":
            "The refresh token was made for another OAuth client. Client id, client secret and refresh token belong together.",
        "hostNotFound":
            "The name of the service has no address. Check the network, DNS and the spelling of --endpoint.",
        "identityRejected":
            "Google's workload identity provider does not accept what the other cloud says of this machine, or that says nothing. Compare audience and conditions with the provider's.",
        "impersonationDenied":
            "The credentials may not act as the service account. Grant them roles/iam.serviceAccountTokenCreator on it.",
        "incomplete":
            "Fewer or more rows arrived than BigQuery promised. Nothing was published: run the same command again.",
        "inconsistentPage":
            "A page contradicts itself or those before it. Nothing was published: run the same command again.",
        "inconsistentResult":
            "The pages do not add up to the result that was promised. Nothing was published: run the same command again.",
        "insecureEndpoint": "Plain http is spoken to this machine only. Use https.",
        "interrupted": "You, or the system, stopped the command. What was staged is kept: run the same command again.",
        "invalidCell":
            "A value does not fit the type of its column. The message names row and column; cast the column in the query.",
        "invalidData": "A file that the emulator was to load, or the schema beside it, is not what it should be.",
        "invalidEndpoint":
            "--endpoint or BIGQUERY_EMULATOR_HOST is not a valid URL, or its port is not 1 to 65535. A URL looks like http://127.0.0.1:9050.",
        "invalidName":
            "A path, table or column has a name that cannot be used. Names that begin with _bqpull_ or sqlite_ are taken.",
        "invalidRequest": "A project, parameter or name is not acceptable. The message says which.",
        "io":
            "Reading or writing a local file failed, or the disk is full. What was staged is kept: make room and run the same command again.",
        "jobFailedTemporarily":
            "BigQuery failed to run the job several times for reasons of its own. Run the same command again later.",
        "keyRejected":
            "The service account's key was deleted or disabled, or its account was. Make a new key, or name other credentials with --credentials.",
        "keyViolated": "A row has NULL in its --key, or the key of another row. Nothing was published.",
        "malformedJSON": "An answer is not JSON as it should be, again and again; a proxy may be changing it.",
        "missingScope":
            "The token was not granted the scope that is needed. Log in again and allow everything that is asked for.",
        "noCode":
            "What was pasted holds no authorization code. Paste the whole address that the browser shows at the end.",
        "noClientSecret":
            "The file of the OAuth client has no secret in it. Download it again from the console, as type Desktop or Web.",
        "noColumns": "The result has no columns, so that there is no table to make.",
        "noCredentials": "No credentials were found. bqpull auth login gets some, or name a file with --credentials.",
        "noDatabase": "There is no database of this name to read runs from.",
        "noKey": "An upsert needs --key, and the table a unique index on it.",
        "noPendingConsent": "No consent is waiting for its answer. Begin with bqpull auth url.",
        "noProject": "No project is known that runs and pays for queries. Give --project, or bqpull config project ID.",
        "noRefreshToken":
            "Google sent no refresh token. Remove the app's access at https://myaccount.google.com/permissions and log in again.",
        "noRun": "The database has no such run, or none that can be continued. bqpull runs FILE lists them.",
        "noServiceAccount":
            "This machine is none of Google's, or has no service account. Attach one to it, or name credentials with --credentials.",
        "notAQuery": "The statement does not return rows, or does more than that. bqpull runs single SELECTs.",
        "notATable": "It is a view or the like, whose rows only a query can read.",
        "notConfirmed":
            "The query would process more than you are asked about, and nobody agreed. Add --yes, or select less.",
        "notContinuable": "The run cannot be continued by this command. Run its own command again.",
        "notEnoughSpace":
            "The rows need more disk space than is free. Free some, choose another disk, or add --ignore-disk-space.",
        "notFound": "The table, dataset or job does not exist, or not in this location. bqpull ls shows what there is.",
        "notIncremental": "The query, the column or the target does not go with --incremental. The message says why.",
        "nothingToMeasure": "A benchmark needs rows: choose a query or table with some 100,000.",
        "outOfResources": "Memory or open files ran out. Raise the limit (ulimit -n), or give less --memory.",
        "permissionDenied":
            "The account may not do this. It needs the roles BigQuery Job User on the project and BigQuery Data Viewer on the tables.",
        "projectNotFound": "The project does not exist. Check the id, which is not its name, with --project.",
        "protocolViolation": "What answered does not speak HTTP as it should. Check --endpoint and proxies.",
        "proxy": "The proxy refused, cannot be reached, or wants a login. Check HTTPS_PROXY and NO_PROXY.",
        "queryFailed": "BigQuery refused the query, or it failed. The message is BigQuery's own.",
        "quotaExceeded": "A quota is used up for now. Try again later, or ask for more in the console.",
        "rateLimited":
            "Too many requests at a time, until all repetitions were used up. Try again with less --parallel.",
        "redirectMismatch":
            "The redirect address is not registered for the OAuth client. Register it, or use a client of type Desktop.",
        "redirected":
            "The service answered with a redirect, which bqpull does not follow: a proxy or a login page stands between.",
        "requestRejected": "Google does not understand the request for a token. Check the OAuth client and the scopes.",
        "resultExpired":
            "An interrupted run is too old to be continued, or BigQuery no longer has its result, and the query may not run again without you. Allow that with --yes or a higher --max-bytes-billed.",
        "schemaChanged": "The columns changed while the result was read. Run the same command again.",
        "schemaMismatch": "The existing table does not go with the result. Add columns with --evolve, or replace it.",
        "serviceUnavailable": "Google's token service is in trouble. Try again later.",
        "sessionControl":
            "Your organisation asks for a new login from time to time. bqpull auth login; an exempted or service account lasts.",
        "storeLocked": "Another bqpull holds the stored credentials for too long. Try again later.",
        "superseded": "Another run into the same table has taken this one's place.",
        "tableChanges": "The table changed each time that it was read. Try again later, or read it with a query.",
        "targetExists": "The table exists, and bqpull did not make it. Say what to do with --if-exists.",
        "targetInUse": "Another bqpull is staging into the same table. Wait for it, or name another table.",
        "timeout":
            "The service took too long to answer, again and again. What was staged is kept: run the same command again.",
        "tooManyColumns": "The result has more columns than this SQLite can hold (2,000). Select fewer.",
        "unauthenticated": "BigQuery does not accept the access token, even a new one. bqpull auth test says why.",
        "unavailable": "BigQuery was in trouble until all repetitions were used up. Run the same command again later.",
        "unexpected": "This must not happen. Please report it, with the output of --verbose.",
        "unexpectedAnswer": "What answered is not the service: a proxy or a captive portal stands between.",
        "unknownColumn": "A column of --key or --index is not in the result. The message names the nearest one.",
        "unreadableFile": "A file that the emulator was to load does not exist or cannot be read.",
        "unsafePermissions":
            "Others can read or replace credentials that only you may. The hint has the command that mends it.",
        "unsupportedColumn": "A column has values that cannot be kept exactly. Cast it in the query.",
        "unsupportedEncoding": "An answer is encoded in a way that was not asked for; a proxy may be changing it.",
        "untrustedServer":
            "The server's certificate is not trusted, or TLS cannot be agreed on: 1.2 or later, without a client certificate. Behind a company's proxy, name its authority with --ca-file.",
        "untrustedTokenURI":
            "The credentials name an endpoint to which bqpull sends no secrets. Use the file as Google made it.",
        "unusableAuthorities": "The file of --ca-file cannot be read, or holds no certificates in PEM.",
        "usage": "The command or its options are not as they should be. COMMAND --help shows examples.",
        "valueTooLarge": "A value is longer than SQLite can hold (1 GB).",
        "waitTooLong": "The service asks to be left alone for longer than one request may take. Try again later.",
        "wrongClientID": "Google knows no OAuth client of this id. Compare it with the console's.",
        "wrongClientSecret": "The client's secret is another one. Compare it with the console's, or make a new one.",
        "wrongClock":
            "A certificate or a signed request is not valid at the time that this machine shows. Set its clock.",
        "wrongRowCount":
            "The rows ended before all had come that were promised, or went on after them. Run the same command again.",
        "wrongState": "The answer of the browser belongs to another consent. Begin again with bqpull auth login.",
    ]
}
