import BigQueryPull
import Foundation
import TextSupport

/// Plots a benchmark: rows per second by pages at a time, and where the time of each setting goes.
///
/// Uses the palette of Okabe and Ito, which is safe for color blindness.
struct BenchmarkPlot {
    private let report: BenchmarkReport

    init(_ report: BenchmarkReport) {
        self.report = report
    }

    private static let width = 980.0
    private static let left = 100.0
    private static let grid = "#dddddd"
    private static let grey = "#555555"

    /// The SVG document.
    var svg: String {
        var drawing = SVGDrawing()
        drawing.text(title, x: 24, y: 36, size: 19, isBold: true)
        drawing.text(subtitle, x: 24, y: 60, fill: Self.grey)
        let end = drawSpeeds(in: &drawing, from: 118)
        let height = drawTimes(in: &drawing, from: end + 56)
        return drawing.document(width: Self.width, height: height + 20, title: title)
    }

    private var title: String {
        let source = report.sourceTable.map { printable($0, limit: 60) } ?? "the result of a query"
        return "Pulling \(Readable.rows(report.rows)) of \(source)\(report.file == nil ? "" : " into SQLite")"
    }

    private var subtitle: String {
        guard let best = report.bestResult else { return "" }
        return
            "best: \(BenchmarkText.name(best.setting)), \(Readable.count(Int64(saturating: best.median.rowsPerSecond))) rows/s; "
            + "limited by \(best.limitedBy == .service || best.limitedBy == .network ? "the " : "")\(best.limitedBy.rawValue)"
    }

    // MARK: Rows per second

    /// The results that differ only in the number of pages at a time.
    private struct Series {
        var pageRows: Int?
        var gzip: Bool
        var results: [BenchmarkResult]

        var name: String {
            "\(pageRows.map { "\(Readable.count(Int64($0))) rows per page" } ?? "auto page size")\(gzip ? "" : ", no gzip")"
        }
    }

    private var series: [Series] {
        report.results.reduce(into: []) { series, result in
            let setting = result.setting
            if let index = series.firstIndex(where: { $0.pageRows == setting.pageRows && $0.gzip == setting.gzip }) {
                series[index].results.append(result)
            } else {
                series.append(Series(pageRows: setting.pageRows, gzip: setting.gzip, results: [result]))
            }
        }
    }

    private static let seriesColors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]

    /// Draws the lines; returns their bottom edge.
    private func drawSpeeds(in drawing: inout SVGDrawing, from top: Double) -> Double {
        let series = series
        let (right, bottom) = (Self.width - 270, top + max(270, Double(series.count) * 24))
        // "auto" comes last, and is not connected by a line.
        let steps = Set(report.results.map(\.setting.parallelPages)).sorted { $0 ?? .max < $1 ?? .max }
        let axis = PlotAxis(
            upTo: report.results.flatMap(\.measurements).map(\.rowsPerSecond).max() ?? 0, from: bottom, to: top)
        drawing.text("Rows per second", x: 24, y: top - 18, size: 15, isBold: true)
        for tick in axis.ticks {
            let y = axis.position(of: tick)
            drawing.line([(Self.left, y), (right, y)], stroke: tick == 0 ? Self.grey : Self.grid)
            drawing.text(Readable.count(Int64(saturating: tick)), x: Self.left - 10, y: y + 4, anchor: .end, size: 12)
        }
        func x(_ pages: Int?) -> Double {
            let index = Double(steps.firstIndex(of: pages) ?? 0)
            return Self.left + (right - Self.left) * (index + 0.5) / Double(steps.count)
        }
        for pages in steps {
            drawing.text(pages.map(String.init) ?? "auto", x: x(pages), y: bottom + 20, anchor: .middle)
        }
        drawing.text(
            "pages at a time", x: (Self.left + right) / 2, y: bottom + 42, anchor: .middle, fill: Self.grey)
        drawing.text("rows/s", x: 30, y: (top + bottom) / 2, anchor: .middle, fill: Self.grey, isUpright: true)
        for (index, line) in series.enumerated() {
            let color = Self.seriesColors[index % Self.seriesColors.count]
            drawing.group("series") { drawing in
                // Side by side, so that their ranges do not overlap.
                let shift = (Double(index) - Double(series.count - 1) / 2) * min(7, 60 / Double(series.count))
                for result in line.results {
                    let speeds = result.measurements.map { axis.position(of: $0.rowsPerSecond) }
                    let x = x(result.setting.parallelPages) + shift
                    drawing.line([(x, speeds.min() ?? 0), (x, speeds.max() ?? 0)], stroke: color, width: 1.5)
                }
                func point(_ result: BenchmarkResult) -> (x: Double, y: Double) {
                    (x(result.setting.parallelPages) + shift, axis.position(of: result.median.rowsPerSecond))
                }
                let numbered = line.results.filter { $0.setting.parallelPages != nil }.map(point)
                drawing.line(
                    numbered.sorted { $0.x < $1.x }, stroke: color, width: 2, isDashed: !line.gzip)
                for result in line.results { Self.mark(index, at: point(result), color, in: &drawing) }
                let y = top + 10 + Double(index) * 24
                drawing.line([(right + 20, y), (right + 50, y)], stroke: color, width: 2, isDashed: !line.gzip)
                Self.mark(index, at: (right + 35, y), color, in: &drawing)
                drawing.text(line.name, x: right + 58, y: y + 4, size: 12)
            }
        }
        drawing.text(
            "median; vertical bars: slowest to fastest run", x: right, y: top - 18, anchor: .end, size: 12,
            fill: Self.grey)
        return bottom + 42
    }

    /// Draws the marker of a series.
    private static func mark(
        _ series: Int, at point: (x: Double, y: Double), _ color: String, in drawing: inout SVGDrawing
    ) {
        let (x, y) = point
        switch series % 4 {
        case 0: drawing.circle(x: x, y: y, radius: 5, fill: color)
        case 1: drawing.rectangle(x: x - 4.5, y: y - 4.5, width: 9, height: 9, fill: color)
        case 2: drawing.polygon([(x, y - 6), (x + 5.5, y + 4.5), (x - 5.5, y + 4.5)], fill: color)
        default: drawing.polygon([(x, y - 6.5), (x + 6.5, y), (x, y + 6.5), (x - 6.5, y)], fill: color)
        }
    }

    // MARK: Where the time goes

    /// Draws a bar for each setting; returns the bottom edge.
    private func drawTimes(in drawing: inout SVGDrawing, from top: Double) -> Double {
        let (left, right, row) = (290.0, Self.width - 120, 26.0)
        let first = top + 50
        drawing.text("Where the time goes", x: 24, y: top, size: 15, isBold: true)
        drawing.text("rows/s", x: Self.width - 24, y: first - 8, anchor: .end, size: 12, fill: Self.grey)
        var x = 24.0
        let measured = BenchmarkStage.all.filter { stage in
            report.results.contains { stage.duration($0.median.detailedDurations) > .zero }
        }
        for stage in measured {
            drawing.rectangle(x: x, y: top + 14, width: 12, height: 12, fill: stage.fill)
            drawing.text(stage.name, x: x + 17, y: top + 24, size: 12)
            x += 36 + 6.4 * Double(stage.name.count)
        }
        for (index, result) in report.results.enumerated() {
            let y = first + Double(index) * row
            let isBest = result.setting == report.best
            drawing.group("setting") { drawing in
                drawing.text(label(result.setting), x: left - 10, y: y + 15, anchor: .end, size: 12, isBold: isBest)
                drawBar(result, in: &drawing, x: left, y: y, width: right - left, height: row - 6)
                drawing.text(
                    Readable.count(Int64(saturating: result.median.rowsPerSecond)), x: Self.width - 24, y: y + 15,
                    anchor: .end,
                    size: 12, isBold: isBest)
            }
        }
        let bottom = first + Double(report.results.count) * row
        for percent in stride(from: 0, through: 100, by: 20) {
            let x = left + (right - left) * Double(percent) / 100
            drawing.line([(x, bottom - 2), (x, bottom + 4)], stroke: Self.grey)
            drawing.text("\(percent) %", x: x, y: bottom + 18, anchor: .middle, size: 12)
        }
        drawing.text(
            "share of the time of all pages, which are fetched in parallel", x: (left + right) / 2, y: bottom + 40,
            anchor: .middle, fill: Self.grey)
        return bottom + 40
    }

    private func drawBar(
        _ result: BenchmarkResult, in drawing: inout SVGDrawing, x: Double, y: Double, width: Double, height: Double
    ) {
        let durations = BenchmarkStage.all.map { ($0, $0.duration(result.median.detailedDurations)) }
        let sum = durations.reduce(.zero) { $0 + $1.1 }
        var x = x
        for (stage, time) in durations where time > .zero {
            let share = time / sum
            let length = width * share
            drawing.rectangle(
                x: x, y: y, width: length, height: height, fill: stage.fill,
                tip: "\(stage.name): \(Readable.duration(time))")
            if share >= 0.06 {
                drawing.text(
                    "\(Int((share * 100).rounded())) %", x: x + length / 2, y: y + height - 6, anchor: .middle,
                    size: 11, fill: stage.text)
            }
            x += length
        }
    }

    private func label(_ setting: BenchmarkSetting) -> String {
        let rows = setting.pageRows.map { "\(Readable.count(Int64($0))) rows" } ?? "auto"
        let pages = setting.parallelPages.map { "\($0) at a time" } ?? "auto at a time"
        return "\(rows), \(pages)\(setting.gzip ? "" : ", no gzip")"
    }
}

/// An axis from 0 to a value, in steps of 1, 2 or 5 times a power of ten.
struct PlotAxis {
    /// The values of the ticks; the last one is at least the highest value.
    let ticks: [Double]
    private let start: Double
    private let end: Double

    /// - Parameters:
    ///   - highest: The highest value.
    ///   - start: The coordinate of 0.
    ///   - end: The coordinate of the last tick.
    init(upTo highest: Double, from start: Double, to end: Double) {
        let highest = max(highest, 1)
        let power = pow(10, log10(highest / 5).rounded(.down))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 * 5 >= highest } ?? highest
        let count = (highest / step).rounded(.up)
        ticks = stride(from: 0, through: count, by: 1).map { $0 * step }
        self.start = start
        self.end = end
    }

    /// The coordinate of a value.
    func position(of value: Double) -> Double {
        start + (end - start) * value / (ticks.last ?? 1)
    }
}
