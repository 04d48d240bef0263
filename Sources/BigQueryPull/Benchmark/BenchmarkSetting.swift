/// One way of fetching rows that a benchmark measures.
package struct BenchmarkSetting: Sendable, Encodable, Hashable {
    /// The number of rows to request per page; `nil` for the default of a pull.
    package var pageRows: Int?
    /// The number of pages to fetch in parallel; `nil` for the default of a pull.
    package var parallelPages: Int?
    /// Whether pages are compressed.
    package var gzip: Bool

    /// Creates a setting; the defaults are those of a pull.
    package init(pageRows: Int? = nil, parallelPages: Int? = nil, gzip: Bool = true) {
        self.pageRows = pageRows
        self.parallelPages = parallelPages
        self.gzip = gzip
    }

    /// Every distinct combination of these values, in the given order; the last parameter varies fastest.
    package static func combinations(
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
