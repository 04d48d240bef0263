import HTTPTypes
import Hummingbird

/// How a request wants its answer written.
struct ResponseOptions: Sendable {
    private let isPretty: Bool
    private let usesGzip: Bool

    /// Answers go out piece by piece, so that compression and sending overlap.
    private static let pieceBytes = 1 << 16

    init(_ request: Request) {
        isPretty = request.uri.queryParameters["prettyPrint"].map { $0.lowercased() != "false" } ?? true
        // Google's condition: the header alone is not enough, the name of the agent has to say gzip too.
        usesGzip =
            request.headers[.acceptEncoding]?.lowercased().contains("gzip") == true
            && request.headers[.userAgent]?.lowercased().contains("gzip") == true
    }

    func response(_ object: JSONObject, status: Int = 200) -> Response {
        var headers: HTTPFields = [.contentType: "application/json; charset=UTF-8", .vary: "Origin, X-Origin, Referer"]
        if usesGzip { headers[.contentEncoding] = "gzip" }
        return Response(status: .init(code: status), headers: headers, body: body(Self.segments(of: object)))
    }

    /// The compact form in parts, so that encoded rows, which may be 100 MB, are not copied.
    private static func segments(of object: JSONObject) -> [[UInt8]] {
        var segments: [[UInt8]] = [[UInt8(ascii: "{")]]
        for (index, member) in object.members.enumerated() {
            var text: [UInt8] = index > 0 ? [UInt8(ascii: ",")] : []
            text.appendJSONString(member.name)
            text.append(UInt8(ascii: ":"))
            if case .encoded(let json) = member.value {
                segments += [text, json]
            } else {
                member.value.write(to: &text)
                segments.append(text)
            }
        }
        return segments + [[UInt8(ascii: "}")]]
    }

    private func body(_ segments: [[UInt8]]) -> ResponseBody {
        let length = isPretty || usesGzip ? nil : segments.reduce(0) { $0 + $1.count }
        return ResponseBody(contentLength: length) { [isPretty, usesGzip] writer in
            var indenter = isPretty ? JSONIndenter() : nil
            let gzip = usesGzip ? try GzipWriter() : nil
            for segment in segments {
                for start in stride(from: 0, to: segment.count, by: Self.pieceBytes) {
                    var piece = segment[start..<min(start + Self.pieceBytes, segment.count)]
                    if indenter != nil {
                        var indented: [UInt8] = []
                        indenter?.indent(piece, into: &indented)
                        piece = indented[...]
                    }
                    let output = try gzip?.compress(piece) ?? piece
                    if !output.isEmpty { try await writer.write(ByteBuffer(bytes: output)) }
                }
            }
            if let gzip { try await writer.write(ByteBuffer(bytes: gzip.finish())) }
            try await writer.finish(nil)
        }
    }
}
