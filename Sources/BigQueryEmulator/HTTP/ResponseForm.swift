import HTTPTypes
import Hummingbird
import NIOCore

/// The response format that a request accepts.
struct ResponseForm: Sendable, Hashable {
    let isPretty: Bool
    let usesGzip: Bool

    /// Responses are sent in chunks, so that compression and sending overlap.
    static let chunkBytes = 1 << 16
    /// Larger for rows that are only sent.
    private static let preparedChunkBytes = 1 << 18

    func response(_ object: JSONObject, status: Int = 200) -> Response {
        var headers: HTTPFields = [.contentType: "application/json; charset=UTF-8", .vary: "Origin, X-Origin, Referer"]
        if usesGzip { headers[.contentEncoding] = "gzip" }
        return Response(status: .init(code: status), headers: headers, body: body(Self.segments(of: object)))
    }

    /// A part of a response.
    private enum Segment {
        /// Compact JSON.
        case compact([UInt8])
        case prepared(PreparedRows)

        var byteCount: Int {
            switch self {
            case .compact(let json): json.count
            case .prepared(let rows): rows.byteCount
            }
        }
    }

    /// Splits a response into segments, so that rows, up to 100 MB, are not copied.
    private static func segments(of object: JSONObject) -> [Segment] {
        var segments: [Segment] = [.compact([UInt8(ascii: "{")])]
        for (index, member) in object.members.enumerated() {
            var text: [UInt8] = index > 0 ? [UInt8(ascii: ",")] : []
            text.appendJSONString(member.name)
            text.append(UInt8(ascii: ":"))
            switch member.value {
            case .encoded(let json): segments += [.compact(text), .compact(json)]
            case .prepared(let rows): segments += [.compact(text), .prepared(rows)]
            default:
                member.value.write(to: &text)
                segments.append(.compact(text))
            }
        }
        return segments + [.compact([UInt8(ascii: "}")])]
    }

    private func body(_ segments: [Segment]) -> ResponseBody {
        let length = isPretty || usesGzip ? nil : segments.reduce(0) { $0 + $1.byteCount }
        return ResponseBody(contentLength: length) { [isPretty, usesGzip] writer in
            var indenter = isPretty ? JSONIndenter() : nil
            let gzip = usesGzip ? try GzipWriter() : nil
            for segment in segments {
                switch segment {
                case .compact(let json):
                    for chunk in json.chunks(of: Self.chunkBytes) {
                        let chunk = indenter?.indented(chunk) ?? chunk
                        let output = try gzip?.compress(chunk) ?? chunk
                        if !output.isEmpty { try await writer.write(ByteBuffer(bytes: output)) }
                    }
                case .prepared(let rows):
                    if let gzip { try await writer.write(ByteBuffer(bytes: gzip.skip(rows.trailer))) }
                    var rest = rows.bytes
                    while rest.readableBytes > 0 {
                        let chunk = rest.readSlice(length: min(rest.readableBytes, Self.preparedChunkBytes))
                        if let chunk { try await writer.write(chunk) }
                    }
                }
            }
            if let gzip { try await writer.write(ByteBuffer(bytes: gzip.finish())) }
            try await writer.finish(nil)
        }
    }
}

extension ResponseForm {
    init(_ request: Request) {
        isPretty = request.uri.queryParameters["prettyPrint"].map { $0.lowercased() != "false" } ?? true
        // Google's condition: the `User-Agent` must contain gzip too, not only `Accept-Encoding`.
        usesGzip =
            request.headers[.acceptEncoding]?.lowercased().contains("gzip") == true
            && request.headers[.userAgent]?.lowercased().contains("gzip") == true
    }
}
