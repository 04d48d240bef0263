import NIOCore
import Synchronization

/// Keeps the rows of pages as they went out, so that a page that is asked for again costs little more than the
/// writing to the socket. When there is no room for more, the page goes that has not been asked for for longest.
final class PageCache: Sendable {
    /// What makes two pages the same.
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
        /// `nil` while the rows are being prepared.
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

    /// - Parameter byteLimit: The most that all pages together may take.
    init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    /// The rows that are kept or being prepared under the key; if there are none, those that `prepare` returns.
    func rows(
        for key: Key, prepare: @escaping @Sendable () async throws -> PreparedRows
    ) async throws -> PreparedRows {
        let rows = state.withLock { state in
            // Not part of the request that comes first: its client may leave while others wait for the same page.
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

    /// Keeps the rows that were prepared, if they fit at all, and makes room for them.
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
        for chunk in rows.json.chunks(of: ResponseForm.chunkBytes) {
            let chunk = indenter?.indented(chunk) ?? chunk
            if deflater != nil { trailer.add(chunk) }
            bytes.writeBytes(try deflater?.compress(chunk) ?? chunk)
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
    func chunks(of size: Int) -> some Sequence<ArraySlice<UInt8>> {
        stride(from: 0, to: count, by: size).lazy.map { self[$0..<Swift.min($0 + size, count)] }
    }
}
