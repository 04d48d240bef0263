import Foundation

/// A minimal SVG drawing for plots. All lengths are in pixels.
struct SVGDrawing {
    /// The alignment of text to its coordinate.
    enum Anchor: String {
        case start, middle, end
    }

    private var elements = ""

    /// A rectangle with an optional tooltip.
    mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, fill: String, tip: String? = nil
    ) {
        let content = tip.map { "><title>\(Self.escaped($0))</title></rect>" } ?? "/>"
        add(
            "<rect x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" width=\"\(Self.text(width))\" height=\"\(Self.text(height))\" fill=\"\(fill)\"\(content)"
        )
    }

    /// A polyline.
    mutating func line(
        _ points: [(x: Double, y: Double)], stroke: String, width: Double = 1, isDashed: Bool = false
    ) {
        let list = points.map { "\(Self.text($0.x)),\(Self.text($0.y))" }.joined(separator: " ")
        let dash = isDashed ? " stroke-dasharray=\"6 4\"" : ""
        add(
            "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(stroke)\" stroke-width=\"\(Self.text(width))\"\(dash)/>"
        )
    }

    /// A polygon.
    mutating func polygon(_ points: [(x: Double, y: Double)], fill: String) {
        let list = points.map { "\(Self.text($0.x)),\(Self.text($0.y))" }.joined(separator: " ")
        add("<polygon points=\"\(list)\" fill=\"\(fill)\"/>")
    }

    mutating func circle(x: Double, y: Double, radius: Double, fill: String) {
        add("<circle cx=\"\(Self.text(x))\" cy=\"\(Self.text(y))\" r=\"\(Self.text(radius))\" fill=\"\(fill)\"/>")
    }

    /// A line of text with its baseline at `y`.
    mutating func text(
        _ text: String, x: Double, y: Double, anchor: Anchor = .start, size: Double = 13, isBold: Bool = false,
        fill: String = "#222222", isUpright: Bool = false
    ) {
        let weight = isBold ? " font-weight=\"bold\"" : ""
        let turn = isUpright ? " transform=\"rotate(-90 \(Self.text(x)) \(Self.text(y)))\"" : ""
        add(
            "<text x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" text-anchor=\"\(anchor.rawValue)\" font-size=\"\(Self.text(size))\" fill=\"\(fill)\"\(weight)\(turn)>\(Self.escaped(text))</text>"
        )
    }

    /// Groups the elements drawn by `draw` in a class.
    mutating func group(_ name: String, _ draw: (inout SVGDrawing) -> Void) {
        var inner = SVGDrawing()
        draw(&inner)
        add("<g class=\"\(name)\">\n\(inner.elements)</g>")
    }

    /// The document, on a white background.
    func document(width: Double, height: Double, title: String) -> String {
        let size = "width=\"\(Self.text(width))\" height=\"\(Self.text(height))\""
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" \(size) viewBox="0 0 \(Self.text(width)) \(Self.text(height))" \
            font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" role="img">
            <title>\(Self.escaped(title))</title>
            <rect \(size) fill="#ffffff"/>
            \(elements)</svg>

            """
    }

    private mutating func add(_ element: String) {
        elements += element + "\n"
    }

    /// A number with at most one decimal, the same in every locale.
    private static func text(_ value: Double) -> String {
        let tenths = (value * 10).rounded() / 10
        return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
    }

    /// Text escaped for XML elements and attributes.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            case "\t", "\n", "\r": result += " "
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
