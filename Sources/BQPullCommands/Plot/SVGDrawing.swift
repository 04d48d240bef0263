import Foundation

/// A drawing in SVG, as far as plots need it. All lengths are pixels.
struct SVGDrawing {
    /// How a text lies to its place.
    enum Anchor: String {
        case start, middle, end
    }

    private var elements = ""

    /// A rectangle, with a text that is shown when the mouse is over it.
    mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, fill: String, tip: String? = nil
    ) {
        let content = tip.map { "><title>\(Self.escaped($0))</title></rect>" } ?? "/>"
        add(
            "<rect x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" width=\"\(Self.text(width))\" height=\"\(Self.text(height))\" fill=\"\(fill)\"\(content)"
        )
    }

    /// A line through points.
    mutating func line(
        _ points: [(x: Double, y: Double)], stroke: String, width: Double = 1, isDashed: Bool = false
    ) {
        let list = points.map { "\(Self.text($0.x)),\(Self.text($0.y))" }.joined(separator: " ")
        let dash = isDashed ? " stroke-dasharray=\"6 4\"" : ""
        add(
            "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(stroke)\" stroke-width=\"\(Self.text(width))\"\(dash)/>"
        )
    }

    /// A closed shape around points.
    mutating func polygon(_ points: [(x: Double, y: Double)], fill: String) {
        let list = points.map { "\(Self.text($0.x)),\(Self.text($0.y))" }.joined(separator: " ")
        add("<polygon points=\"\(list)\" fill=\"\(fill)\"/>")
    }

    mutating func circle(x: Double, y: Double, radius: Double, fill: String) {
        add("<circle cx=\"\(Self.text(x))\" cy=\"\(Self.text(y))\" r=\"\(Self.text(radius))\" fill=\"\(fill)\"/>")
    }

    /// A line of text whose base line is at `y`.
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

    /// Puts what `draw` draws into one group of a class.
    mutating func group(_ name: String, _ draw: (inout SVGDrawing) -> Void) {
        var inner = SVGDrawing()
        draw(&inner)
        add("<g class=\"\(name)\">\n\(inner.elements)</g>")
    }

    /// The document, on a white ground.
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

    /// A number without more digits than can be seen, the same in every locale.
    private static func text(_ value: Double) -> String {
        let tenths = (value * 10).rounded() / 10
        return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
    }

    /// A text as XML may have it, in elements and attributes.
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
