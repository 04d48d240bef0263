import GoogleHTTP

extension HTTPError: ReportedError {
    static let entries: [Code: ErrorEntry] = [
        .invalidEndpoint: ErrorEntry(
            .configuration,
            explanation:
                "--endpoint or BIGQUERY_EMULATOR_HOST is not a valid URL, or its port is not 1 to 65535. A URL looks like http://127.0.0.1:9050."
        ),
        .insecureEndpoint: ErrorEntry(
            .configuration,
            explanation:
                "Plain http is spoken to this machine only. Use https."),
        .hostNotFound: ErrorEntry(
            .unavailable,
            explanation:
                "The name of the service has no address. Check the network, DNS and the spelling of --endpoint."),
        .connectionFailed: ErrorEntry(
            .unavailable,
            explanation:
                "No connection came about. Check the network, a firewall, and HTTPS_PROXY."),
        .connectionLost: ErrorEntry(
            .unavailable,
            explanation:
                "The connection broke, again and again. What was staged is kept: run the same command again."),
        .timeout: ErrorEntry(
            .unavailable,
            explanation:
                "The service took too long to answer, again and again. What was staged is kept: run the same command again."
        ),
        .untrustedServer: ErrorEntry(
            .remoteProtocol,
            explanation:
                "The server's certificate is not trusted, or TLS cannot be agreed on: 1.2 or later, without a client certificate. Behind a company's proxy, name its authority with --ca-file."
        ),
        .wrongClock: ErrorEntry(
            .configuration,
            explanation:
                "A certificate or a signed request is not valid at the time that this machine shows. Set its clock."),
        .redirected: ErrorEntry(
            .remoteProtocol,
            explanation:
                "The service answered with a redirect, which bqpull does not follow: a proxy or a login page stands between."
        ),
        .protocolViolation: ErrorEntry(
            .remoteProtocol,
            explanation:
                "What answered does not speak HTTP as it should. Check --endpoint and proxies."),
        .bodyTooLarge: ErrorEntry(
            .badData,
            explanation:
                "An answer was larger than bqpull accepts. For rows, ask for fewer at a time with --page-rows."),
        .proxy: ErrorEntry(
            .configuration,
            explanation:
                "The proxy refused, cannot be reached, or wants a login. Check HTTPS_PROXY and NO_PROXY."),
        .unusableAuthorities: ErrorEntry(
            .inputMissing,
            explanation:
                "The file of --ca-file cannot be read, or holds no certificates in PEM."),
    ]

    var specificHint: String? { hint }
}
