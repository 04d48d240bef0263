/// How long an exchange may take and how slow it may be.
///
/// The first byte's timeout stands in the request, since a long poll waits for minutes.
public struct HTTPLimits: Sendable {
    /// How long connecting may take, TLS included. Defaults to 10 s.
    public var connectTimeout: Duration = .seconds(10)
    /// How long a body may be silent. Defaults to 30 s.
    public var idleTimeout: Duration = .seconds(30)
    /// The least number of bytes that each window of a body must bring. Defaults to 1,000 bytes a second
    /// over 60 s.
    public var minimumBytesPerWindow = 60_000
    /// The length of that window.
    public var rateWindow: Duration = .seconds(60)
    /// Connections to one host. Defaults to 40, more than one pull ever uses; several pulls on one transport need more.
    public var connectionsPerHost = 40

    /// The defaults.
    public init() {}
}
