import BigQueryRows

/// A gzip body: within its limits, and equal whether it arrives whole or in pieces. The input is either the body, or is
/// compressed first, since the fuzzer cannot guess checksums.
@Sendable func fuzzGzip(_ input: inout FuzzInput) {
    let limits = BodyLimits(
        compressedBytes: 1 << (4 + input.nextByte() % 16), inflatedBytes: 1 << (input.nextByte() % 20))
    let seed = input.nextByte()
    let members = input.nextByte() % 4
    let content = input.rest
    let repeated = seed % 8 == 0 ? Array(repeatElement(content, count: 64).joined()) : content
    let body = members == 0 ? content : Array((0..<members).map { _ in gzip(repeated) }.joined())

    let whole = inflate([body], limits)
    let cut = inflate(pieces(body, seed: seed), limits)
    switch (whole, cut) {
    case (.success(let bytes), .success(let other)):
        require(bytes == other, "a body depends on its chunks")
        require(bytes.count <= limits.inflatedBytes && body.count <= limits.compressedBytes, "a limit was exceeded")
        require(
            members == 0 || bytes == Array(repeatElement(repeated, count: Int(members)).joined()),
            "other bytes came out")
    case (.failure(let error), .failure(let other)):
        requireLine(error.message, atMost: 300)
        requireLine(other.message, atMost: 300)
        let fits = body.count <= limits.compressedBytes && repeated.count * Int(members) <= limits.inflatedBytes
        require(members == 0 || !fits, "a body within its limits was rejected")
    default: fatalError("whether a body can be read depends on how it arrives")
    }
    requireOneEncoding(String(decoding: content.prefix(100), as: UTF8.self))
}

/// Content encodings other than gzip and identity are rejected, with a one-line error.
private func requireOneEncoding(_ name: String) {
    do {
        _ = try PageBody(contentEncoding: name)
        require(["", "identity", "gzip", "x-gzip"].contains(name.lowercased()), name)
    } catch {
        requireLine(error.message, atMost: 1_000)
    }
}

private func inflate(_ pieces: [[UInt8]], _ limits: BodyLimits) -> Result<[UInt8], RowsError> {
    do {
        var body = try PageBody(contentEncoding: "gzip", limits: limits)
        for piece in pieces { try piece.withUnsafeBytes { try body.receive($0) } }
        return .success(try body.finish().bytes)
    } catch let error as RowsError {
        return .failure(error)
    } catch {
        fatalError("\(error)")
    }
}
