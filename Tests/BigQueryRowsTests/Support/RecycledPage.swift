import BigQueryRows

/// Recycles the memory of a page with these capacities, and returns its addresses.
func recycledPage(
    _ memory: PageMemory, byteCapacity: Int = 0, cellCapacity: Int = 0
) -> (bytes: UnsafeRawPointer?, cells: UnsafeRawPointer?) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCapacity)
    bytes.append(1)
    var cells: [CellReference] = []
    cells.reserveCapacity(cellCapacity)
    cells.append(.integer(1))
    memory.recycle(RowPage(firstRow: 0, columnCount: 1, bytes: bytes, cells: cells))
    return (bytes.withUnsafeBytes { $0.baseAddress }, cells.withUnsafeBytes { $0.baseAddress })
}
