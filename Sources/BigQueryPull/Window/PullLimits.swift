/// How much of a result is in memory and on its way at a time.
public struct PullLimits: Sendable {
    /// The rows that every page is asked for; `nil` aims at ``pageBytes``.
    public var pageRows: Int?
    /// The size of a page's JSON that is aimed at, in bytes. Defaults to 8 MB.
    public var pageBytes = 8_000_000
    /// The pages of a query's result that are fetched at a time, at most ``mostParallelPages``; `nil`, the default, finds
    /// out how many are fastest.
    public var parallelPages: Int?
    /// The memory for the pages that were read and are not delivered, in bytes; a page that is larger is alone there.
    /// Defaults to 128 MB.
    public var memory = 128_000_000

    /// The most pages that are fetched at a time.
    public static let mostParallelPages = 32
    /// The most rows that a page is asked for.
    static let mostPageRows = 1_000_000_000
    /// Pages are not made smaller than this for the sake of memory, in bytes of JSON.
    static let smallestPageBytes = 1_000_000
    /// The rows of the first page, whose size nobody knows yet: small results come in one request.
    static let firstPageRows = 10_000

    /// The defaults.
    public init() {}
}
