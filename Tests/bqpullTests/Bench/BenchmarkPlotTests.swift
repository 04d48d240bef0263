import Foundation
import Testing

@testable import BQPullCommands
@testable import BigQueryPull

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite struct BenchmarkPlotTests {
    private func report(
        _ settings: [BenchmarkSetting], runs: Int = 3, source: String? = nil, seconds: Double = 1,
        inserts: Bool = false
    ) -> BenchmarkReport {
        var pull = PullReport(project: "demo")
        pull.rowsRead = 1000
        pull.sourceTable = source
        pull.detailedDurations.timeToFirstByte = .seconds(3 * seconds)
        pull.detailedDurations.decode = .seconds(seconds)
        if inserts { pull.detailedDurations.insert = .seconds(seconds / 2) }
        let results = settings.enumerated().map { place, setting in
            let measurements = (0..<runs).map { run in
                pull.copyDuration = .seconds(seconds * (Double(place) + 1 + Double(run) / 10))
                return BenchmarkMeasurement(pull)
            }
            return BenchmarkResult(setting, measurements, processors: 2)
        }
        return BenchmarkReport(pull, results)
    }

    private static let all = BenchmarkSetting.combinations(
        gzip: [true, false], pageRows: [nil, 100, 5000], parallelPages: [8, nil, 1])

    @Test(arguments: [
        all, [BenchmarkSetting()], BenchmarkSetting.combinations(),
        BenchmarkSetting.combinations(pageRows: (1...40).map { $0 }, parallelPages: [1]),
    ])
    func isWellFormedWithOneBarPerSetting(settings: [BenchmarkSetting]) throws {
        let drawing = try Drawing(BenchmarkPlot(report(settings)).svg)
        let series = Set(settings.map { BenchmarkSetting(pageRows: $0.pageRows, gzip: $0.gzip) })
        #expect(drawing.classes.filter { $0 == "setting" }.count == settings.count)
        #expect(drawing.classes.filter { $0 == "series" }.count == series.count)
        #expect(drawing.tips.filter { $0.hasPrefix("first byte: ") }.count == settings.count)
    }

    @Test(arguments: [all, [BenchmarkSetting()]])
    func staysWithinItsBackground(settings: [BenchmarkSetting]) throws {
        let drawing = try Drawing(BenchmarkPlot(report(settings, inserts: true)).svg)
        let ground = try #require(drawing.rectangles.first)
        #expect(ground["fill"] == "#ffffff" && ground["x"] == nil)
        let (width, height) = (try number(ground["width"]), try number(ground["height"]))
        for rectangle in drawing.rectangles.dropFirst() {
            let (x, y) = (try number(rectangle["x"]), try number(rectangle["y"]))
            #expect(x >= 0 && y >= 0)
            #expect(try x + number(rectangle["width"]) <= width)
            #expect(try y + number(rectangle["height"]) <= height)
        }
        for text in drawing.places {
            #expect(try (0...width).contains(number(text["x"])))
            #expect(try (0...height).contains(number(text["y"])))
        }
    }

    private func number(_ text: String?) throws -> Double { try #require(text.flatMap(Double.init)) }

    @Test func labelsAxesAndTheBestSetting() throws {
        let texts = try Drawing(BenchmarkPlot(report(Self.all)).svg).texts
        for text in [
            "Pulling 1,000 rows of the result of a query", "rows/s", "pages at a time", "auto", "1", "8",
            "auto page size", "100 rows per page, no gzip", "auto, 8 at a time", "5,000 rows, 1 at a time, no gzip",
            "75 %", "25 %", "best: 8 pages of about 8 MB at a time, gzip on, 909 rows/s; limited by the service",
        ] {
            #expect(texts.contains(text), "\(text)")
        }
    }

    @Test(arguments: [true, false])
    func theLegendListsMeasuredStages(inserts: Bool) throws {
        let texts = try Drawing(BenchmarkPlot(report([.init()], inserts: inserts)).svg).texts
        #expect(texts.contains("insert") == inserts)
        #expect(!texts.contains("inflate") && texts.contains("decode"))
    }

    @Test func textIsEscaped() throws {
        let name = "p.d.<t>&\"'\u{1}\n日本"
        let drawing = try Drawing(BenchmarkPlot(report([.init()], source: name)).svg)
        #expect(drawing.texts.contains { $0.contains("p.d.<t>&\"'") && $0.contains("日本") })
        #expect(SVGDrawing.escaped("a<b>&\"'\u{0}\n") == "a&lt;b&gt;&amp;&quot;&apos;\u{FFFD} ")
    }

    /// Durations of zero and of years.
    @Test(arguments: [0, 1e-9, 1e9])
    func plotsExtremes(seconds: Double) throws {
        let svg = BenchmarkPlot(report(Self.all, seconds: seconds)).svg
        _ = try Drawing(svg)
        #expect(!svg.contains("nan") && !svg.contains("inf\""))
    }

    @Test(
        arguments: [
            (0, [0, 0.2, 0.4, 0.6, 0.8, 1]), (1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (7, [0, 2, 4, 6, 8]),
            (100, [0, 20, 40, 60, 80, 100]),
            (101, [0, 50, 100, 150]), (26_700, [0, 10_000, 20_000, 30_000]),
            (990_000, [0, 200_000, 400_000, 600_000, 800_000, 1_000_000]),
        ] as [(Double, [Double])])
    func ticksAreRound(highest: Double, ticks: [Double]) {
        let axis = PlotAxis(upTo: highest, from: 300, to: 100)
        #expect(axis.ticks.count == ticks.count && zip(axis.ticks, ticks).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(axis.position(of: 0) == 300 && axis.position(of: axis.ticks.last ?? 0) == 100)
        #expect(axis.position(of: highest) >= 100)
    }
}

/// The elements of a drawing, parsed as XML.
private final class Drawing: NSObject, XMLParserDelegate {
    private(set) var classes: [String] = []
    private(set) var rectangles: [[String: String]] = []
    /// The attributes of texts.
    private(set) var places: [[String: String]] = []
    private(set) var texts: [String] = []
    private(set) var tips: [String] = []
    private var content = ""

    init(_ svg: String) throws {
        super.init()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = self
        try #require(parser.parse(), "\(String(describing: parser.parserError))")
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        content = ""
        switch name {
        case "g": classes.append(attributes["class"] ?? "")
        case "rect": rectangles.append(attributes)
        case "text": places.append(attributes)
        default: break
        }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { content += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        if name == "text" { texts.append(content) }
        if name == "title" { tips.append(content) }
    }
}
