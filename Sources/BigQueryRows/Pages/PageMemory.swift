import Synchronization

/// The memory of pages that are done, kept for pages to come.
///
/// Pages are large, and memory that is new to a process is cleared by the system first: using it again saves a good part
/// of the time that a page takes. There are never more arrays in use and here than pages were there at one moment, and one
/// more of each kind; none is of unusual size.
public final class PageMemory: Sendable {
    private struct State {
        var bodies: [[UInt8]] = []
        var tails: [[UInt8]] = []
        var cells: [[CellReference]] = []
        /// The rows that were decoded so far, and the bytes that they took, cells not counted.
        var rows = 0
        var bytes = 0
    }

    private let state = Mutex(State())

    /// More is not set aside before it is needed, nor kept afterwards, in bytes.
    private static let expectationLimit = Double(64 << 20)

    /// Begins with nothing.
    public init() {}

    /// Takes back the memory of a page that nobody reads any more.
    ///
    /// If somebody does, nothing happens to what they read: its memory is just not used again.
    public func recycle(_ page: RowPage) {
        state.withLock { state in
            if Self.isUsual(page.bytes) { state.bodies.append(page.bytes) }
            if Self.isUsual(page.cells) { state.cells.append(page.cells) }
        }
    }

    func recycle(tail: [UInt8]) {
        state.withLock { state in
            if Self.isUsual(tail) { state.tails.append(tail) }
        }
    }

    private static func isUsual<Element>(_ array: [Element]) -> Bool {
        let size = Double(array.capacity * MemoryLayout<Element>.stride)
        return size > 0 && size <= expectationLimit
    }

    /// The array that came back first, if another one has come back since.
    ///
    /// The latest may still have a second owner for a moment, since whoever read it has not quite returned: emptying it
    /// would allocate another one.
    private static func take<Element>(_ arrays: inout [[Element]]) -> [Element] {
        arrays.count > 1 ? arrays.removeFirst() : []
    }

    /// Learns how long rows are.
    func note(rowCount: Int, byteCount: Int) {
        state.withLock { state in
            state.rows += rowCount
            state.bytes += byteCount
        }
    }

    /// An empty array for the text of a page of so many rows.
    func takeBody(rowCount: Int) -> [UInt8] {
        var (array, expected) = state.withLock { state in
            let bytesPerRow = state.rows > 0 ? Double(state.bytes) / Double(state.rows) : 0
            return (Self.take(&state.bodies), Int(min(bytesPerRow * Double(rowCount), Self.expectationLimit)))
        }
        array.removeAll(keepingCapacity: true)
        // With some room to spare, or arrays would move for a few bytes again and again.
        if array.capacity < expected { array.reserveCapacity(expected + expected / 8) }
        return array
    }

    /// An empty array for the values of a page that are written anew.
    func takeTail() -> [UInt8] {
        var array = state.withLock { Self.take(&$0.tails) }
        array.removeAll(keepingCapacity: true)
        return array
    }

    /// An empty array for so many cells.
    func takeCells(count: Int) -> [CellReference] {
        var array = state.withLock { Self.take(&$0.cells) }
        array.removeAll(keepingCapacity: true)
        array.reserveCapacity(min(count, Int(Self.expectationLimit) / MemoryLayout<CellReference>.stride))
        return array
    }
}
