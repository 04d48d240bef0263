/// Encodes rows in the REST API's form, `{"f":[{"v":…},…]}`, and computes their size.
struct RESTRowEncoder: RowEncoding {
    /// The output format of TIMESTAMP values.
    enum TimestampFormat: Sendable {
        /// Seconds since 1970 as a floating-point number, the API's default.
        case float
        /// Microseconds since 1970.
        case microseconds
        /// ISO 8601 with `Z`.
        case iso8601
    }

    private let shapes: [CellShape]
    private let timestamps: TimestampFormat
    private var bytes = [UInt8(ascii: "[")]
    private(set) var rowCount = 0

    init(fields: [SchemaField], timestamps: TimestampFormat) {
        shapes = fields.map(CellShape.init)
        self.timestamps = timestamps
    }

    /// Appends a row if it fits.
    ///
    /// - Returns: the row's size in BigQuery's logical bytes, which determine bytes processed and page limits ("Data
    ///   type sizes" in its pricing documentation); `nil` if the row exceeds `byteLimit` and was not appended.
    mutating func append(_ row: [SQLValue], byteLimit: Int) -> Int? {
        let end = bytes.count
        if rowCount > 0 { bytes.append(UInt8(ascii: ",")) }
        let size = append(structure: row, shapes)
        guard size <= byteLimit else {
            bytes.removeLast(bytes.count - end)
            return nil
        }
        rowCount += 1
        return size
    }

    /// The rows as a JSON array.
    mutating func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "]"))
        defer { bytes = [] }
        return bytes
    }

    private mutating func append(structure members: [SQLValue], _ shapes: [CellShape]) -> Int {
        var size = 0
        append("{\"f\":[")
        for index in shapes.indices {
            append(index > 0 ? ",{\"v\":" : "{\"v\":")
            let shape = shapes[index]
            if case .list(let elements) = members[index] {
                size += append(list: elements, shape)
            } else if case .null = members[index], shape.isRepeated {
                append("[]")
            } else {
                size += append(members[index], shape)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        append("]}")
        return size
    }

    private mutating func append(list elements: [SQLValue], _ shape: CellShape) -> Int {
        var size = 0
        bytes.append(UInt8(ascii: "["))
        for index in elements.indices {
            append(index > 0 ? ",{\"v\":" : "{\"v\":")
            size += append(elements[index], shape)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "]"))
        return size
    }

    private mutating func append(_ value: SQLValue, _ shape: CellShape) -> Int {
        switch value {
        case .null, .list:
            append("null")
            return 0
        case .structure(let members): return append(structure: members, shape.members)
        case .bool(let value):
            append(value ? "\"true\"" : "\"false\"")
            return 1
        case .double(let value):
            appendQuoted(Self.text(of: value))
            return 8
        case .integer(let value):
            if shape.style == .timestamp, timestamps != .microseconds {
                appendQuoted(timestampText(value))
            } else {
                bytes.append(UInt8(ascii: "\""))
                bytes.appendDecimal(value)
                bytes.append(UInt8(ascii: "\""))
            }
            return 8
        case .bytes(let value):
            bytes.append(UInt8(ascii: "\""))
            bytes.appendBase64(value)
            bytes.append(UInt8(ascii: "\""))
            return 2 + value.count
        case .text(let text):
            if shape.style == .timestampRange {
                appendQuoted(rangeText(text))
            } else {
                bytes.appendJSONString(text, escapesHTML: true)
            }
            return shape.textBytes < 0 ? 2 + text.utf8.count : shape.textBytes
        }
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func appendQuoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\""))
    }
}

extension RESTRowEncoder {
    /// A FLOAT64 in the form of the API and of exports.
    static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value.description
    }

    private func timestampText(_ microseconds: Int64) -> String {
        switch timestamps {
        case .microseconds: return String(microseconds)
        case .iso8601: return CivilTime.datetimeText(microseconds: microseconds) + "Z"
        case .float:
            let seconds = Double(microseconds) / Double(CivilTime.microsecondsPerSecond)
            return seconds.magnitude < 1e7 ? seconds.description : Self.scientificText(of: seconds)
        }
    }

    /// Scientific notation with one digit before the decimal point, such as `1.7053146E9`.
    private static func scientificText(of value: Double) -> String {
        let point = UInt8(ascii: ".")
        var digits = Array(value.magnitude.description.utf8)
        let exponent = (digits.firstIndex(of: point) ?? digits.count) - 1
        digits.removeAll { $0 == point }
        while digits.count > 2, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        digits.insert(point, at: 1)
        return "\(value < 0 ? "-" : "")\(String(decoding: digits, as: UTF8.self))E\(exponent)"
    }

    /// `[start, end)` with both bounds in the requested timestamp format.
    private func rangeText(_ text: String) -> String {
        let ends = text.dropFirst().dropLast().split(separator: ", ").map { end in
            CivilTime.timestamp(String(end)).map(timestampText) ?? String(end)
        }
        return "[\(ends.joined(separator: ", ")))"
    }
}

extension [UInt8] {
    /// Appends a number in decimal.
    mutating func appendDecimal(_ number: Int64) {
        let start = count
        var rest = number.magnitude
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        if number < 0 { append(UInt8(ascii: "-")) }
        self[start...].reverse()
    }

    private static let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Appends bytes in standard base64 with padding.
    mutating func appendBase64(_ data: [UInt8]) {
        for start in stride(from: 0, to: data.count, by: 3) {
            let group = (0..<3).reduce(UInt32(0)) { $0 << 8 | UInt32(start + $1 < data.count ? data[start + $1] : 0) }
            for digit in 0..<4 {
                let isPadding = digit > data.count - start
                let bits = Int(group >> UInt32(18 - 6 * digit) & 63)
                append(isPadding ? UInt8(ascii: "=") : Self.base64Digits[bits])
            }
        }
    }
}

/// The properties of a field that the encoder needs, cheap to copy.
struct CellShape: Sendable {
    enum Style: Sendable {
        case plain, timestamp, timestampRange
    }

    let style: Style
    let isRepeated: Bool
    /// The logical size of a text value; -1 for two plus its length in UTF-8.
    let textBytes: Int
    /// The members of a STRUCT.
    let members: [CellShape]

    init(_ field: SchemaField) {
        switch (field.type, field.rangeElement) {
        case (.timestamp, _): style = .timestamp
        case (_, .timestamp): style = .timestampRange
        default: style = .plain
        }
        switch field.type {
        case .date, .time, .datetime: textBytes = 8
        case .numeric, .interval, .range: textBytes = 16
        case .bignumeric: textBytes = 32
        default: textBytes = -1
        }
        isRepeated = field.mode == .repeated
        members = field.fields.map(CellShape.init)
    }
}
