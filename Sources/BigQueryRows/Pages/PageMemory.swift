import Synchronization

/// Recycles the memory of pages.
///
/// Pages are large, and the system clears new memory first: recycling saves a considerable part of the time of a page.
/// Pools at most one array of each kind per concurrent page, plus one. Oversized arrays are dropped.
package final class PageMemory: Sendable {
    private struct State {
        var bodies: [[UInt8]] = []
        var tails: [[UInt8]] = []
        var cells: [[CellReference]] = []
        /// The number of decoded rows, and their bytes without cells.
        var rows = 0
        var bytes = 0
    }

    private let state = Mutex(State())

    /// The maximum size of an array that is reserved in advance or kept, in bytes.
    private static let maxArraySize = Double(64 << 20)

    /// Creates an empty pool.
    package init() {}

    /// Returns the memory of a page to the pool. A page that is still in use keeps its memory, which is then not
    /// reused.
    package func recycle(_ page: RowPage) {
        state.withLock { state in
            if Self.isPoolable(page.bytes) { state.bodies.append(page.bytes) }
            if Self.isPoolable(page.cells) { state.cells.append(page.cells) }
        }
    }

    func recycle(tail: [UInt8]) {
        state.withLock { state in
            if Self.isPoolable(tail) { state.tails.append(tail) }
        }
    }

    private static func isPoolable<Element>(_ array: [Element]) -> Bool {
        let size = Double(array.capacity * MemoryLayout<Element>.stride)
        return size > 0 && size <= maxArraySize
    }

    /// The oldest array of a pool of at least two. The newest can still have a second owner for a moment, and emptying
    /// it would then allocate.
    private static func take<Element>(_ arrays: inout [[Element]]) -> [Element] {
        arrays.count > 1 ? arrays.removeFirst() : []
    }

    /// Records the length of rows.
    func note(rowCount: Int, byteCount: Int) {
        state.withLock { state in
            state.rows += rowCount
            state.bytes += byteCount
        }
    }

    /// An empty array for the text of a page with this many rows.
    func takeBody(rowCount: Int) -> [UInt8] {
        var (array, expected) = state.withLock { state in
            let bytesPerRow = state.rows > 0 ? Double(state.bytes) / Double(state.rows) : 0
            return (Self.take(&state.bodies), Int(min(bytesPerRow * Double(rowCount), Self.maxArraySize)))
        }
        array.removeAll(keepingCapacity: true)
        // With spare capacity, or arrays would be reallocated repeatedly for a few bytes.
        if array.capacity < expected { array.reserveCapacity(expected + expected / 8) }
        return array
    }

    /// An empty array for the converted text of a page.
    func takeTail() -> [UInt8] {
        var array = state.withLock { Self.take(&$0.tails) }
        array.removeAll(keepingCapacity: true)
        return array
    }

    /// An empty array for this many cells.
    func takeCells(count: Int) -> [CellReference] {
        var array = state.withLock { Self.take(&$0.cells) }
        array.removeAll(keepingCapacity: true)
        array.reserveCapacity(min(count, Int(Self.maxArraySize) / MemoryLayout<CellReference>.stride))
        return array
    }
}
