import NIOCore
import Synchronization

/// An LRU cache of encoded pages, so that a repeated request costs little more than the write to the socket.
final class PageCache: Sendable {
    /// Everything that determines the bytes of a page.
    struct Key: Hashable, Sendable {
        private let source: String
        private let start: Int64
        private let rowLimit: Int64
        private let byteLimit: Int
        private let timestamps: RESTRowEncoder.TimestampFormat
        private let form: ResponseForm

        init(_ selection: RowSelection, form: ResponseForm) {
            source = selection.source.identity
            start = selection.start
            rowLimit = selection.rowLimit
            byteLimit = selection.byteLimit
            timestamps = selection.timestamps
            self.form = form
        }
    }

    private struct Entry {
        let rows: Task<PreparedRows, any Error>
        /// `nil` until the rows are encoded.
        var byteCount: Int?
        var lastUse = 0
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var byteCount = 0
        var useCount = 0
    }

    private let byteLimit: Int
    private let state = Mutex(State())

    /// - Parameter byteLimit: the maximum total size of the cached pages.
    init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    /// The number of requests so far.
    var requestCount: Int { state.withLock { $0.useCount } }

    /// Returns the cached rows for the key, or those that `prepare` returns. Concurrent requests share one call of
    /// `prepare`.
    func rows(
        for key: Key, prepare: @escaping @Sendable () async throws -> PreparedRows
    ) async throws -> PreparedRows {
        let rows = state.withLock { state in
            // An unstructured task: the first client can disconnect while others wait for the same page.
            var entry =
                state.entries[key]
                ?? Entry(
                    rows: Task {
                        do {
                            let rows = try await prepare()
                            self.keep(key, byteCount: rows.byteCount)
                            return rows
                        } catch {
                            self.state.withLock { $0.entries[key] = nil }
                            throw error
                        }
                    })
            state.useCount += 1
            entry.lastUse = state.useCount
            state.entries[key] = entry
            return entry.rows
        }
        return try await rows.value
    }

    /// Stores encoded rows, unless they exceed the limit on their own, and evicts the least recently used ones.
    private func keep(_ key: Key, byteCount: Int) {
        state.withLock { state in
            guard byteCount <= byteLimit else {
                state.entries[key] = nil
                return
            }
            state.entries[key]?.byteCount = byteCount
            state.byteCount += byteCount
            while state.byteCount > byteLimit {
                let kept = state.entries.filter { $0.value.byteCount != nil }
                guard let oldest = kept.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
                state.entries[oldest.key] = nil
                state.byteCount -= oldest.value.byteCount ?? 0
            }
        }
    }
}

/// The rows of a page, encoded for responses of one format, for repeated use.
struct PreparedRows: Sendable, Equatable {
    let rowCount: Int
    /// The JSON array, indented and compressed as the format requires. Compressed rows are raw deflate that ends at a
    /// byte boundary, so that they can be embedded in any gzip response.
    let bytes: ByteBuffer
    /// The gzip trailer of the rows alone; unused if they are not compressed.
    let trailer: GzipTrailer

    var byteCount: Int { bytes.readableBytes }

    init(_ rows: EncodedRows, form: ResponseForm) async throws {
        var indenter = form.isPretty ? JSONIndenter(depth: 1) : nil
        let deflater = form.usesGzip ? try Deflater() : nil
        var trailer = GzipTrailer()
        var bytes = ByteBuffer()
        for chunk in rows.json.chunks(of: ResponseForm.chunkBytes) {
            let chunk = indenter?.indented(chunk) ?? chunk
            if deflater != nil { trailer.add(chunk) }
            bytes.writeBytes(try deflater?.compress(chunk) ?? chunk)
            // This computation never suspends by itself; let other requests run.
            await Task.yield()
        }
        if let deflater { bytes.writeBytes(try deflater.compress([], end: .flushed)) }
        rowCount = rows.rowCount
        self.bytes = bytes
        self.trailer = trailer
    }
}

extension [UInt8] {
    /// The bytes in slices of `size` bytes; the last one can be shorter.
    func chunks(of size: Int) -> some Sequence<ArraySlice<UInt8>> {
        stride(from: 0, to: count, by: size).lazy.map { self[$0..<Swift.min($0 + size, count)] }
    }
}
