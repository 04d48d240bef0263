/// Converts compact JSON incrementally to the indented form that the API sends unless `prettyPrint=false`.
struct JSONIndenter {
    private var depth: Int
    private var isInString = false
    private var isEscaped = false
    private var isAfterOpening = false

    /// - Parameter depth: the nesting depth of the JSON to indent.
    init(depth: Int = 0) {
        self.depth = depth
    }

    /// Returns the indented form of the next chunk.
    mutating func indented(_ chunk: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var output: [UInt8] = []
        indent(chunk, into: &output)
        return output[...]
    }

    /// Appends the indented form of the next chunk.
    mutating func indent(_ chunk: some Sequence<UInt8>, into output: inout [UInt8]) {
        for byte in chunk {
            if isInString {
                output.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            let isClosing = byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
            if isClosing { depth -= 1 }
            if isAfterOpening != isClosing { newLine(into: &output) }
            isAfterOpening = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
            output.append(byte)
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: ","): newLine(into: &output)
            case UInt8(ascii: ":"): output.append(UInt8(ascii: " "))
            default: break
            }
        }
    }

    private func newLine(into output: inout [UInt8]) {
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }
}

extension JSONObject {
    /// Indented JSON.
    var indented: [UInt8] {
        var indenter = JSONIndenter()
        var bytes: [UInt8] = []
        indenter.indent(JSON.object(self).text.utf8, into: &bytes)
        return bytes
    }
}
