/// A response body that is inflated as it arrives, and never grows past its limits.
///
/// After an error the body is of no further use.
public struct PageBody: ~Copyable {
    private let limits: BodyLimits
    private let gzip: GzipStream?
    private var bytes: [UInt8]
    private var wireByteCount = 0

    /// Prepares for a body.
    ///
    /// - Parameters:
    ///   - contentEncoding: the header's value: none, empty or `identity` for plain bytes, `gzip` or `x-gzip`.
    ///   - limits: the most that is accepted, inclusive.
    ///   - memory: where the memory for the content is taken from.
    ///   - rowCount: the rows that are expected, if any are.
    /// - Throws: `unsupportedEncoding` for any other encoding, several in a row included.
    public init(
        contentEncoding: String?, limits: BodyLimits = .page, memory: PageMemory = PageMemory(), rowCount: Int = 0
    ) throws(RowsError) {
        switch contentEncoding?.lowercased() ?? "" {
        case "", "identity": gzip = nil
        case "gzip", "x-gzip": gzip = try GzipStream()
        case let other:
            throw RowsError(
                code: .unsupportedEncoding,
                message: "the body is encoded as \(Excerpt.of(other)), but only gzip was asked for",
                hint: "look for a proxy between here and the service that encodes answers anew"
            )
        }
        self.limits = limits
        bytes = memory.takeBody(rowCount: rowCount)
    }

    /// Takes the next bytes from the wire; any split is fine.
    ///
    /// - Throws: `bodyTooLarge` as soon as a limit is passed, `corruptBody` if the gzip data is wrong.
    public mutating func receive(_ chunk: UnsafeRawBufferPointer) throws(RowsError) {
        wireByteCount += chunk.count
        guard wireByteCount <= limits.compressedBytes else {
            throw RowsError.bodyTooLarge(limit: limits.compressedBytes, measured: "on the wire")
        }
        if let gzip {
            try gzip.inflate(chunk, onto: &bytes, limit: limits.inflatedBytes)
        } else {
            guard wireByteCount <= limits.inflatedBytes else {
                throw RowsError.bodyTooLarge(limit: limits.inflatedBytes, measured: "inflated")
            }
            bytes.append(contentsOf: chunk)
        }
    }

    /// Ends the body.
    ///
    /// - Throws: `corruptBody` if a gzip body is not complete.
    public consuming func finish() throws(RowsError) -> InflatedBody {
        if let gzip, !gzip.isComplete {
            throw RowsError(
                code: .corruptBody,
                message: "the gzip body ends early, after \(wireByteCount) bytes"
            )
        }
        return InflatedBody(bytes: bytes, wireByteCount: wireByteCount)
    }
}

extension RowsError {
    /// A body that passed one of its limits.
    static func bodyTooLarge(limit: Int, measured: String) -> RowsError {
        RowsError(
            code: .bodyTooLarge,
            message: "the body has more than \(limit) bytes \(measured)",
            hint: fewerRowsHint
        )
    }

    /// What to do about too large a page.
    static let fewerRowsHint = "ask for fewer rows a page with --page-rows"
}
