/// What happens to one request, in the vocabulary of Google's storage test bench and some words of our own.
///
/// | instruction | what the client meets |
/// |---|---|
/// | `pass` | the usual answer |
/// | `return-503`, `return-403-rateLimitExceeded` | an error with this status, and this reason if there is one; the request is not carried out |
/// | `return-503-after-256K` | the same as soon as so much of the request's body has come |
/// | `return-503-once-done` | the same, but the request is carried out before |
/// | `return-reset-connection` | the connection is reset; the request is not carried out |
/// | `return-reset-connection-after-64K` | the request is carried out, and the connection reset after so much of the answer's body |
/// | `return-broken-stream-after-64K` | the same, but the connection is closed as if all had been sent |
/// | `return-half-closed-stream-after-64K` | the same, and reset a moment later |
/// | `stall-for-30s-after-4K`, `stall-for-30s` | nothing comes for so long after so much of the body; before the answer |
/// | `drip-1B` | so much of the body a second |
/// | `slice-1B` | the answer in so small pieces, without a wait |
/// | `return-corrupted-data` | one bit of the body is another, in the middle |
/// | `return-html-200` | a page instead of JSON; any status |
/// | `return-empty-200` | no body; any status |
/// | `return-garbage` | something that is not HTTP |
/// | `redirect-308-to-http://…` | a redirect; any status from 300 to 399 |
/// | `gzip-truncated`, `gzip-wrong-checksum`, `gzip-wrong-length`, `gzip-flipped-bit` | a compressed body with this fault |
/// | `gzip-members-3` | a compressed body of so many members |
/// | `gzip-bomb-10G` | a compressed body that holds so much |
/// | `gzip-undeclared`, `gzip-declared-only` | a compressed body that is said to be plain, and the other way round |
/// | `encoding-br` | a compressed body that is said to be encoded like this |
/// | `length-plus-7`, `length-minus-7` | a `Content-Length` that is too large, too small |
/// | `length-twice`, `length-and-chunks` | lengths that contradict each other |
/// | `chunks`, `chunks-unfinished`, `chunks-garbage`, `chunks-huge` | a chunked body, one without its end, with a size that is none, with a size that is too large |
/// | `until-close` | an HTTP/1.0 answer that ends with its connection |
/// | `close-after` | the usual answer, the last one on its connection |
/// | `headers-10000`, `header-of-100K` | the usual answer after so many headers, after a header of this size |
/// | `informational-103` | this status before the usual answer |
/// | `tls-garbage-after-4K` | after so much of the body bytes that TLS cannot read |
/// | `{"status": 429, "headers": {"Retry-After": "2"}, "body": …}` | this answer; a `body` that is no string is sent as JSON; the request is not carried out unless there is `"once-done": true` |
/// | `{"merge-patch": {…}}` | the usual answer, changed by a JSON merge patch (RFC 7396) |
///
/// A size is a number of bytes (`10B`), of kibibytes (`4K`), mebibytes (`4M`) or gibibytes (`4G`); after how much of an
/// answer may also be `half`, `all` or `all-but-1B`. An instruction that ends in ` always` is carried out for every
/// request from then on.
public struct FaultInstruction: Sendable, CustomStringConvertible {
    /// The instruction as it is written.
    public let description: String
    /// Whether it stays in force.
    let isLasting: Bool
    var isPerformed = true
    /// After how many bytes of the request's body the answer goes out; `nil` waits for all.
    var requestBytes: Int?
    var response: FaultResponse?
    var patch: JSON?
    var compression: FaultCompression?
    var framing = FaultFraming.length(offset: 0)
    var delivery = FaultDelivery.whole

    /// Reads an instruction.
    ///
    /// - Throws: An ``EmulatorError`` with code `invalidData` if it is none.
    public init(_ text: String) throws(EmulatorError) {
        let lasting = " always"
        description = text
        isLasting = text.hasSuffix(lasting)
        let words = isLasting ? String(text.dropLast(lasting.count)) : text
        let isRead = words.hasPrefix("{") ? parseObject(words) : parseText(words)
        guard isRead else {
            throw EmulatorError(
                code: .invalidData, message: "\"\(text)\" is not an instruction for a fault",
                hint: "see bqpull emulator --help for the instructions that there are")
        }
    }
}

/// An answer that is sent instead of the service's.
struct FaultResponse: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
}

/// What is wrong with a compressed body.
enum FaultCompression: Sendable {
    case truncated, wrongChecksum, wrongLength, flippedBit
    case members(Int)
    case bomb(byteCount: Int)
    case undeclared
    /// The header alone.
    case declaredOnly
    case declared(String)
}

/// How a body is framed by HTTP, and what stands before it.
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

/// How the bytes of an answer get to the client.
enum FaultDelivery: Sendable {
    enum End: Sendable {
        case reset, close, halfClose
        /// Bytes below TLS that it cannot read.
        case garbage
    }

    case whole
    case end(End, after: FaultPosition)
    case stall(Duration, after: FaultPosition)
    case slices(byteCount: Int, every: Duration)
    case corrupt
}

/// A place in the body of an answer.
enum FaultPosition: Sendable {
    /// Before the head.
    case start
    case bytes(Int)
    case half
    case allBut(Int)

    /// The number of bytes of a body before it; `nil` before the head.
    func offset(in byteCount: Int) -> Int? {
        switch self {
        case .start: nil
        case .bytes(let count): min(count, byteCount)
        case .half: byteCount / 2
        case .allBut(let count): max(0, byteCount - count)
        }
    }
}
