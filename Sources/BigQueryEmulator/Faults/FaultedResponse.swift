/// The bytes of a response after a fault was applied.
struct FaultedResponse {
    /// The status line and the headers, including the empty line.
    private(set) var head: [UInt8] = []
    /// The body with its framing.
    private(set) var body: [UInt8]
    /// Whether the connection is closed after the response.
    private(set) var endsConnection = false

    private static let crlf = Array("\r\n".utf8)

    /// - Parameters:
    ///  - response: the service's response, not compressed.
    ///  - acceptsGzip: whether the client accepts a compressed body.
    init(_ response: FaultResponse, by instruction: FaultInstruction?, acceptsGzip: Bool) throws {
        var response = response
        // Only JSON can be patched; any other body is sent unchanged.
        if let patch = instruction?.patch, let json = try? JSONParser.parse(response.body) {
            response.body = Array(json.merged(with: patch).text.utf8)
        }
        // These statuses have no body; a client would read one as the start of the next response.
        let hasBody = ![204, 304].contains(response.status)
        let (encoding, content) =
            hasBody
            ? try Self.encoded(response.body, instruction?.compression, acceptsGzip: acceptsGzip) : (nil, [])
        if let encoding { response.headers.append(("Content-Encoding", encoding)) }
        body = content
        let framing = instruction?.framing ?? .length(offset: 0)
        if case .garbage = framing {
            head = Array("this is no HTTP at all\r\n\r\n".utf8)
            body = []
            endsConnection = true
            return
        }
        frame(framing, &response.headers)
        if case .corrupt? = instruction?.delivery, !body.isEmpty { body[body.count / 2] ^= 1 }
        let version = if case .untilClose = framing { "HTTP/1.0" } else { "HTTP/1.1" }
        // Three digits, also for an invalid status below 100, which is one of the faults.
        let status = String(1000 + response.status).dropFirst()
        let lines =
            ["\(version) \(status) Status"] + response.headers.map { "\($0.name): \($0.value)" } + ["", ""]
        head += Array(lines.joined(separator: "\r\n").utf8)
    }

    /// Adds the headers of a framing, and applies it to the body.
    private mutating func frame(_ framing: FaultFraming, _ headers: inout [(name: String, value: String)]) {
        let length = (name: "Content-Length", value: String(body.count))
        switch framing {
        case .length(let offset): headers.append((length.name, String(max(0, body.count + offset))))
        case .twoLengths: headers += [length, (length.name, String(body.count + 1))]
        case .lengthAndChunks:
            headers += [length, ("Transfer-Encoding", "chunked")]
            body = Self.chunk(body) + Self.chunk([])
        case .chunks, .unfinishedChunks:
            headers.append(("Transfer-Encoding", "chunked"))
            body = stride(from: 0, to: body.count, by: 1000).flatMap { Self.chunk(Array(body[$0...].prefix(1000))) }
            if case .chunks = framing { body += Self.chunk([]) } else { endsConnection = true }
        case .garbageChunk:
            headers.append(("Transfer-Encoding", "chunked"))
            body = Self.chunk(body) + Array("no number\r\n".utf8)
        case .hugeChunk:
            headers.append(("Transfer-Encoding", "chunked"))
            body = Self.chunk(body) + Array("fffffffffffffffff\r\n".utf8)
        case .untilClose: endsConnection = true
        case .closing:
            headers += [length, ("Connection", "close")]
            endsConnection = true
        case .manyHeaders(let count): headers += (0..<count).map { ("X-Fault-\($0)", "1") } + [length]
        case .largeHeader(let byteCount):
            headers += [("X-Fault", String(repeating: "x", count: byteCount)), length]
        case .informational(let status):
            head = Array("HTTP/1.1 \(status) Early\r\nLink: </style.css>\r\n\r\n".utf8)
            headers.append(length)
        case .garbage: break
        }
    }

    private static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array(String(bytes.count, radix: 16).utf8) + crlf + bytes + crlf
    }

    /// Returns the body as sent, with its declared encoding.
    private static func encoded(
        _ content: [UInt8], _ fault: FaultCompression?, acceptsGzip: Bool
    ) throws -> (encoding: String?, content: [UInt8]) {
        guard let fault else { return acceptsGzip ? ("gzip", try gzip(content)) : (nil, content) }
        switch fault {
        case .declaredOnly: return ("gzip", content)
        case .undeclared: return (nil, try gzip(content))
        case .declared(let name): return (name, try gzip(content))
        case .bomb(let byteCount): return ("gzip", try bomb(byteCount))
        case .members(let count):
            let size = max(1, (content.count + count - 1) / count)
            let parts = stride(from: 0, to: content.count, by: size).map { Array(content[$0...].prefix(size)) }
            return ("gzip", try parts.flatMap(gzip))
        case .truncated: return ("gzip", try gzip(content).dropLast(9))
        case .wrongChecksum: return ("gzip", flipping(try gzip(content), fromEnd: 8))
        case .wrongLength: return ("gzip", flipping(try gzip(content), fromEnd: 4))
        case .flippedBit:
            let bytes = try gzip(content)
            return ("gzip", flipping(bytes, fromEnd: bytes.count / 2))
        }
    }

    private static func flipping(_ bytes: [UInt8], fromEnd: Int) -> [UInt8] {
        var bytes = bytes
        bytes[bytes.count - fromEnd] ^= 1
        return bytes
    }

    private static func gzip(_ content: [UInt8]) throws -> [UInt8] {
        let writer = try GzipWriter()
        return try Array(writer.compress(content[...]) + writer.finish())
    }

    /// Zeros at a compression ratio of about 1000: one compressed block, repeated.
    private static func bomb(_ byteCount: Int) throws -> [UInt8] {
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        let part = try Deflater().compress(zeros[...], end: .flushed)
        var partTrailer = GzipTrailer()
        partTrailer.add(zeros[...])
        let writer = try GzipWriter()
        var bytes: [UInt8] = []
        for _ in 0..<byteCount / zeros.count { bytes += try writer.skip(partTrailer) + part }
        return try bytes + writer.finish()
    }
}

extension JSON {
    /// Applies a JSON merge patch (RFC 7396): null members are removed, objects are merged, other values are replaced.
    func merged(with patch: JSON) -> JSON {
        guard case .object(let changes) = patch else { return patch }
        var result = object ?? [:]
        for change in changes.members {
            result[change.name] =
                if case .null = change.value { nil } else { (result[change.name] ?? .null).merged(with: change.value) }
        }
        return .object(result)
    }
}
