import GoogleHTTP

extension HTTPError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .invalidEndpoint: ErrorEntry(
            .configuration,
            "--endpoint or BIGQUERY_EMULATOR_HOST is not a valid URL, or its port is not 1 to 65535. A URL looks like http://127.0.0.1:9050.",
            hint: "check the URL: it begins with https:// and names a host, such as https://bigquery.googleapis.com"),
        .insecureEndpoint: ErrorEntry(
            .configuration, "Plain http is allowed to this machine only.",
            hint: "use https, or a loopback address such as http://127.0.0.1:9050"),
        .hostNotFound: ErrorEntry(
            .unavailable, "The host name has no address. Check the network, DNS and the spelling of --endpoint.",
            hint: network),
        .connectionFailed: ErrorEntry(
            .unavailable, "Could not connect. Check the network, a firewall, and HTTPS_PROXY.", hint: network),
        .connectionLost: ErrorEntry(
            .unavailable, "The connection was lost, repeatedly. Staged rows are kept.",
            hint: later),
        .timeout: ErrorEntry(
            .unavailable, "The service took too long to respond, repeatedly. Staged rows are kept.",
            hint: later
        ),
        .untrustedServer: ErrorEntry(
            .remoteProtocol,
            "The server's certificate is not trusted, or TLS could not be negotiated: 1.2 or later, without a client certificate. Behind a TLS-inspecting proxy, pass its CA with --ca-file.",
            hint: "pass the CA of the server with --ca-file"),
        .wrongClock: ErrorEntry(
            .configuration, "A certificate or a signed request is not valid at the time of this machine.",
            hint: "set this machine's clock (timedatectl set-ntp true), or replace the server's certificate"),
        .redirected: ErrorEntry(
            .remoteProtocol,
            "The response is a redirect, which bqpull does not follow: a proxy or a login page intercepts requests.",
            hint: "check the endpoint and the proxy; redirects are not followed, since they would disclose the token"),
        .protocolViolation: ErrorEntry(
            .remoteProtocol, "The response is not valid HTTP. Check --endpoint and proxies.", hint: intermediary),
        .bodyTooLarge: ErrorEntry(
            .badData, "A response is larger than bqpull accepts. For rows, request fewer per page with --page-rows.",
            hint: intermediary),
        .proxy: ErrorEntry(
            .configuration, "The proxy rejects the connection, cannot be reached, or requires authentication.",
            hint: "check HTTPS_PROXY and NO_PROXY, and any credentials (http://USER:PASSWORD@HOST:PORT)"),
        .alreadyShutDown: ErrorEntry(
            .unexpected, "An internal error: a request was sent after the connections were closed.",
            hint: "report it, with the output of --verbose"),
        .unusableAuthorities: ErrorEntry(
            .inputMissing, "The file of --ca-file cannot be read, or contains no certificates in PEM.",
            hint: "pass a file of one or more certificates in PEM (-----BEGIN CERTIFICATE-----)"),
    ]

    private static let later = "run the same command again later"
    private static let network = "check the network connection and the host, then run the same command again"
    private static let intermediary =
        "check the endpoint, and whether a proxy responds instead of Google; then run the same command again"

    var specificHint: String? {
        switch detail {
        case .invalidHeader:
            "remove control characters from the header, and use only letters, digits and hyphens in its name"
        case .invalidPort: "use a port from 1 to 65535"
        case .invalidProxyURL(let variable): "set HTTPS_PROXY to http://HOST:PORT, or unset \(variable)"
        case .proxyAuthenticationRequired: "set HTTPS_PROXY to http://USER:PASSWORD@HOST:PORT"
        case .tls(.certificate, let host):
            "pass the CA of \(host), or of a TLS-inspecting proxy, with --ca-file"
        case .tls(.wildcard, let host): "install a certificate on the server that contains the name \(host)"
        case .tls(.clientCertificate, _), .tls(.rejected, _):
            "use an endpoint that requires no client certificate, which is not supported, and check the proxy"
        case .tls(.version, _): "enable TLS 1.2 or 1.3 on the server, and check the proxy"
        case nil: (cause as? InputFileError)?.hint
        }
    }
}

extension InputFileError {
    /// What to do next.
    var hint: String {
        switch kind {
        case .unreadable: "check the path and its permissions"
        case .folder: "name a file, not a folder"
        case .namedPipe, .socket, .device: "name a file, or pass an inherited pipe: /dev/stdin, or <(COMMAND) in bash"
        case .silent: "check the command that writes to the pipe, or write its output to a file first"
        case .tooLarge: "name another file"
        }
    }
}
