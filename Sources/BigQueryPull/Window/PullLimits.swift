/// How much of a result is in memory and on its way at a time.
public struct PullLimits: Sendable {
    /// The rows that every page is asked for; `nil` aims at ``pageBytes``.
    public var pageRows: Int?
    /// The size of a page's JSON that is aimed at, in bytes. Defaults to 8 MB.
    public var pageBytes = 8_000_000
    /// The pages that are fetched at a time. Defaults to 3.
    public var pagesInFlight = 3
    /// The memory for all pages together, in bytes. Defaults to 96 MB.
    public var memory = 96_000_000

    /// The rows of the first page, whose size nobody knows yet: small results come in one request.
    static let firstPageRows = 10_000

    /// The defaults.
    public init() {}
}
