/// Limits of the memory and the parallelism of a pull.
public struct PullLimits: Sendable {
    /// The number of rows to request per page, at least 1; `nil`, the default, aims at ``pageBytes``.
    public var pageRows: Int?
    /// The target size of a page's JSON, in bytes. Defaults to 8 MB.
    public var pageBytes = 8_000_000
    /// The number of pages of a query result to fetch in parallel, 1 to 32; `nil`, the default, finds the fastest
    /// number.
    public var parallelPages: Int?
    /// The memory for pages that have been read and not delivered, in bytes; a larger page is read alone. Defaults to
    /// 128 MB.
    public var memory = 128_000_000

    /// The maximum of ``parallelPages``.
    package static let maxParallelPages = 32
    /// The maximum number of rows to request per page.
    static let maxPageRows = 1_000_000_000
    /// The minimum target size of a page, in bytes of JSON, even if memory is short.
    static let minPageBytes = 1_000_000
    /// The rows of the first page, when row sizes are unknown; small results arrive in one request.
    static let firstPageRows = 10_000

    /// Creates the default limits.
    public init() {}
}
