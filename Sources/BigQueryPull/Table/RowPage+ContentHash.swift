import BigQueryRows

extension RowPage {
    /// A hash of the values, regardless of their positions in ``bytes``. Valid within this process.
    ///
    /// Uses an unsafe pointer, since every byte of a table is hashed here and a slice would be hashed byte by byte. Every
    /// range is checked against the buffer.
    var contentHash: Int {
        bytes.withUnsafeBytes { buffer in
            var hasher = Hasher()
            for cell in cells {
                hasher.combine(cell.kind)
                switch cell.kind {
                case .null: break
                case .integer: hasher.combine(cell.integer)
                case .double: hasher.combine(cell.double.bitPattern)
                case .text, .blob:
                    let range = cell.range
                    precondition(range.upperBound <= buffer.count)
                    hasher.combine(range.count)
                    hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: buffer[range]))
                }
            }
            return hasher.finalize()
        }
    }
}
