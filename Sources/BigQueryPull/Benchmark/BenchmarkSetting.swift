/// How the rows of a benchmark are fetched in some of its runs.
public struct BenchmarkSetting: Sendable, Codable, Hashable {
    /// The rows that every page is asked for; `nil` is what a pull does by itself.
    public var pageRows: Int?
    /// The pages that are fetched at a time; `nil` is what a pull does by itself.
    public var parallelPages: Int?
    /// Whether pages come compressed.
    public var gzip: Bool

    /// Makes a setting; the defaults are those of a pull.
    public init(pageRows: Int? = nil, parallelPages: Int? = nil, gzip: Bool = true) {
        self.pageRows = pageRows
        self.parallelPages = parallelPages
        self.gzip = gzip
    }

    /// Every combination of these values, each once, in the order in which they are given; the last one changes fastest.
    public static func combinations(
        gzip: [Bool] = [true], pageRows: [Int?] = [nil], parallelPages: [Int?] = [1, 2, 4, 8]
    ) -> [BenchmarkSetting] {
        var settings: [BenchmarkSetting] = []
        for gzip in gzip {
            for rows in pageRows {
                for pages in parallelPages {
                    let setting = BenchmarkSetting(pageRows: rows, parallelPages: pages, gzip: gzip)
                    if !settings.contains(setting) { settings.append(setting) }
                }
            }
        }
        return settings
    }
}
