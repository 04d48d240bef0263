/// Timeouts and limits of HTTP exchanges.
///
/// The timeout for the first byte is part of the request, since a long poll waits for minutes.
///
/// ```swift
/// import GoogleHTTP
/// import Logging
///
/// var limits = HTTPLimits()
/// limits.idleTimeout = .seconds(60)
/// let transport = HTTPSTransport(userAgent: "my-tool/1.0", limits: limits, logger: Logger(label: "my-tool"))
/// ```
public struct HTTPLimits: Sendable {
    /// The time to connect, TLS included. Defaults to 10 s.
    public var connectTimeout: Duration = .seconds(10)
    /// The time between two chunks of a body. Defaults to 30 s.
    public var idleTimeout: Duration = .seconds(30)
    /// The minimum number of bytes of a body per ``rateWindow``. Defaults to 60,000, which is 1,000 bytes per second.
    public var minimumBytesPerWindow = 60_000
    /// The window of ``minimumBytesPerWindow``. Defaults to 60 s.
    public var rateWindow: Duration = .seconds(60)
    /// The maximum number of connections to one host. Defaults to 40, more than one pull uses.
    public var connectionsPerHost = 40

    /// Creates limits with the defaults.
    public init() {}
}
