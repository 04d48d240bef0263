import BigQueryPull
import Foundation
import TextSupport

/// The text of a benchmark report.
enum BenchmarkText {
    /// Two tables: the throughput of each setting, and where its time goes.
    static func table(_ report: BenchmarkReport) -> String {
        let settings = ["rows/page", "parallel", "gzip"]
        let speeds = TextTable(
            header: settings + [
                "rows/s", "wire MB/s", "JSON MB/s", "ratio", "pages", "requests", "retries", "seconds",
            ],
            rows: report.results.map { result in
                let median = result.median
                return columns(result.setting) + [
                    Readable.count(Int64(saturating: median.rowsPerSecond)),
                    decimal(median.wireBytesPerSecond / 1e6, 2),
                    decimal(median.inflatedBytesPerSecond / 1e6, 2), decimal(median.compressionRatio, 2),
                    "\(median.pages)", "\(median.requests)", "\(median.retries)", seconds(median.duration),
                ]
            })
        let times = TextTable(
            header: settings + BenchmarkStage.all.map(\.name) + ["limited by"],
            rows: report.results.map { result in
                columns(result.setting)
                    + BenchmarkStage.all.map { seconds($0.duration(result.median.detailedDurations)) }
                    + [result.limitedBy.rawValue]
            })
        return "\(speeds.text)\nseconds, summed over all pages\n\(times.text)"
    }

    /// The best setting, what limits it, and the cost.
    static func verdict(_ report: BenchmarkReport) -> String {
        var lines: [String] = []
        if let best = report.bestResult {
            let count = best.measurements.count
            lines.append(
                "best    \(name(best.setting)): \(Readable.count(Int64(saturating: best.median.rowsPerSecond))) rows/s "
                    + "(\(Readable.rows(report.rows)), the median of \(count) \(count == 1 ? "run" : "runs"))")
            lines.append("limit   \(best.limitedBy.rawValue): \(explanation(best.limitedBy))")
        }
        if let bytes = report.bytesBilled, report.jobID != nil {
            lines.append("query   \(report.cacheHit == true ? "from the cache, " : "")\(Readable.bytes(bytes)) billed")
        }
        if let file = report.file, let table = report.table {
            lines.append("staged  the rows of the last run are in table \(table) of \(printable(file, limit: 300))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A setting in words.
    static func name(_ setting: BenchmarkSetting) -> String {
        let size = setting.pageRows.map { Readable.rows(Int64($0)) } ?? "about 8 MB"
        let pages =
            switch setting.parallelPages {
            case nil: "pages of \(size), automatic parallelism"
            case 1: "one page of \(size) at a time"
            case let count?: "\(count) pages of \(size) at a time"
            }
        return "\(pages), gzip \(setting.gzip ? "on" : "off")"
    }

    static func explanation(_ factor: LimitingFactor) -> String {
        switch factor {
        case .service: "fetching mostly waits for the first byte of a page"
        case .network: "fetching mostly waits for the rest of a page"
        case .decode: "most of the time is spent inflating and decoding"
        case .disk: "the single writer is busy inserting and committing"
        }
    }

    private static func columns(_ setting: BenchmarkSetting) -> [String] {
        [
            setting.pageRows.map { Readable.count(Int64($0)) } ?? "auto",
            setting.parallelPages.map(String.init) ?? "auto", setting.gzip ? "on" : "off",
        ]
    }

    private static func seconds(_ duration: Duration) -> String { decimal(duration / .seconds(1), 3) }

    private static func decimal(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", locale: Locale(identifier: "en_US_POSIX"), value)
    }
}

/// Right-aligned columns of text.
private struct TextTable {
    var header: [String]
    var rows: [[String]]

    /// The header and the rows, with two spaces between columns.
    var text: String {
        let lines = [header] + rows
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            zip(line, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ") + "\n"
        }.joined()
    }
}
