/// A fault to inject into one request. The instructions extend those of storage-testbench (googleapis).
///
/// | instruction | effect |
/// |---|---|
/// | `pass` | the service's response |
/// | `return-503`, `return-403-rateLimitExceeded` | an error with this status, and optionally this reason; the request is not executed |
/// | `return-503-after-256K` | the same, as soon as this much of the request body has arrived |
/// | `return-503-once-done` | the same, after the request was executed |
/// | `return-reset-connection` | the connection is reset; the request is not executed |
/// | `return-reset-connection-after-64K` | the request is executed, and the connection is reset after this much of the response body |
/// | `return-broken-stream-after-64K` | the same, but the connection is closed normally |
/// | `return-half-closed-stream-after-64K` | the same, and reset a moment later |
/// | `stall-for-30s-after-4K`, `stall-for-30s` | a pause after this much of the response body; before the response |
/// | `drip-1B` | the response body at this rate per second |
/// | `slice-1B` | the response in slices of this size, without pauses |
/// | `return-corrupted-data` | one bit in the middle of the body is flipped |
/// | `return-html-200` | an HTML page instead of JSON; any status |
/// | `return-empty-200` | an empty body; any status |
/// | `return-garbage` | bytes that are not HTTP |
/// | `redirect-308-to-http://…` | a redirect; any status from 300 to 399 |
/// | `gzip-truncated`, `gzip-wrong-checksum`, `gzip-wrong-length`, `gzip-flipped-bit` | a compressed body with this defect |
/// | `gzip-members-3` | a compressed body of this many gzip members |
/// | `gzip-bomb-10G` | a compressed body that inflates to this size |
/// | `gzip-undeclared`, `gzip-declared-only` | a compressed body without `Content-Encoding`; the header without compression |
/// | `encoding-br` | a gzip body with this `Content-Encoding` |
/// | `length-plus-7`, `length-minus-7` | a `Content-Length` that is too large, too small |
/// | `length-twice`, `length-and-chunks` | contradictory lengths |
/// | `chunks`, `chunks-unfinished`, `chunks-garbage`, `chunks-huge` | a chunked body; one without its end, with an invalid chunk size, with an excessive chunk size |
/// | `until-close` | an HTTP/1.0 response that ends with its connection |
/// | `close-after` | the service's response, and the end of the connection |
/// | `headers-10000`, `header-of-100K` | the service's response with this many additional headers, with a header of this size |
/// | `informational-103` | this status before the service's response |
/// | `tls-garbage-after-4K` | bytes that are not TLS, after this much of the response body |
/// | `{"status": 429, "headers": {"Retry-After": "2"}, "body": …}` | this response; a `body` that is not a string is sent as JSON; the request is not executed unless `"once-done": true` is present |
/// | `{"merge-patch": {…}}` | the service's response, changed by a JSON merge patch (RFC 7396) |
///
/// A size is a number of bytes (`10B`), kibibytes (`4K`), mebibytes (`4M`) or gibibytes (`4G`); a position in a
/// response can also be `half`, `all` or `all-but-1B`. An instruction that ends in ` always` applies to every request
/// from then on.
public struct FaultInstruction: Sendable, CustomStringConvertible {
    /// The text of the instruction.
    public let description: String
    /// Whether the instruction applies to all later requests, too.
    let isLasting: Bool
    var isPerformed = true
    /// The number of bytes of the request body to read before responding; `nil` reads the whole body.
    var requestBytes: Int?
    var response: FaultResponse?
    var patch: JSON?
    var compression: FaultCompression?
    var framing = FaultFraming.length(offset: 0)
    var delivery = FaultDelivery.whole

    /// Parses an instruction.
    ///
    /// - Parameter text: an instruction of the table above.
    /// - Throws: an ``EmulatorError`` with code `invalidData` if the instruction is unknown or malformed.
    public init(_ text: String) throws(EmulatorError) {
        let lasting = " always"
        description = text
        isLasting = text.hasSuffix(lasting)
        let instruction = isLasting ? String(text.dropLast(lasting.count)) : text
        let isValid = instruction.hasPrefix("{") ? parseObject(instruction) : parseText(instruction)
        guard isValid else {
            throw EmulatorError(
                code: .invalidData, message: "\"\(text)\" is not a fault instruction, such as return-503")
        }
    }
}

/// A response that replaces the service's.
struct FaultResponse: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
}

/// A defect of a compressed body.
enum FaultCompression: Sendable {
    case truncated, wrongChecksum, wrongLength, flippedBit
    case members(Int)
    case bomb(byteCount: Int)
    case undeclared
    /// The `Content-Encoding` header without compression.
    case declaredOnly
    case declared(String)
}

/// The HTTP framing of a body, including what precedes the response.
enum FaultFraming: Sendable {
    case length(offset: Int)
    case twoLengths, lengthAndChunks
    case chunks, unfinishedChunks, garbageChunk, hugeChunk
    case untilClose
    case closing
    case garbage
    case manyHeaders(Int)
    case largeHeader(byteCount: Int)
    case informational(Int)
}

/// The way in which the bytes of a response reach the client.
enum FaultDelivery: Sendable {
    enum End: Sendable {
        case reset, close, halfClose
        /// Bytes that are not TLS, written below the TLS layer.
        case garbage
    }

    case whole
    case end(End, after: FaultPosition)
    case stall(Duration, after: FaultPosition)
    case slices(byteCount: Int, every: Duration)
    case corrupt
}

/// A position in the body of a response.
enum FaultPosition: Sendable {
    /// Before the status line.
    case start
    case bytes(Int)
    case half
    case allBut(Int)

    /// The offset in a body of this size; `nil` before the status line.
    func offset(in byteCount: Int) -> Int? {
        switch self {
        case .start: nil
        case .bytes(let count): min(count, byteCount)
        case .half: byteCount / 2
        case .allBut(let count): max(0, byteCount - count)
        }
    }
}
