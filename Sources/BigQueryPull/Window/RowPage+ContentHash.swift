import BigQueryRows

extension RowPage {
    /// A number that is the same for the same values, in this process; where they lie in ``bytes`` does not count.
    ///
    /// An unsafe pointer, because every byte of a table goes through this: a slice would be hashed byte by byte. Every
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
