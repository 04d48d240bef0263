import NIOCore

/// The rows of a page as they go out in answers of one form, to be sent again and again.
struct PreparedRows: Sendable, Equatable {
    let rowCount: Int
    /// The JSON array, indented and compressed as the form wants it. Compressed, it is raw deflate that ends at a
    /// whole byte, so that it fits into the gzip of any answer.
    let bytes: ByteBuffer
    /// What gzip of the rows alone would end with; of no use if they are not compressed.
    let trailer: GzipTrailer

    var byteCount: Int { bytes.readableBytes }

    init(_ rows: EncodedRows, form: ResponseForm) async throws {
        var indenter = form.isPretty ? JSONIndenter(depth: 1) : nil
        let deflater = form.usesGzip ? try Deflater() : nil
        var trailer = GzipTrailer()
        var bytes = ByteBuffer()
        for piece in rows.json.pieces(of: ResponseForm.pieceBytes) {
            let piece = indenter?.indented(piece) ?? piece
            if deflater != nil { trailer.add(piece) }
            bytes.writeBytes(try deflater?.compress(piece) ?? piece)
            // Other requests get a turn: this is computation that never waits.
            await Task.yield()
        }
        if let deflater { bytes.writeBytes(try deflater.compress([], end: .flushed)) }
        rowCount = rows.rowCount
        self.bytes = bytes
        self.trailer = trailer
    }
}

extension [UInt8] {
    /// The bytes in slices of a size, the last one smaller if need be.
    func pieces(of size: Int) -> some Sequence<ArraySlice<UInt8>> {
        stride(from: 0, to: count, by: size).lazy.map { self[$0..<Swift.min($0 + size, count)] }
    }
}
