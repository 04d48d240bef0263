/// The narrowest type that fits all texts of a column.
struct TypeGuess {
    private static let order: [FieldType] = [.int64, .float64, .bool, .date, .timestamp]

    private var candidates = Self.order
    private var hasValues = false

    mutating func add(_ text: String) {
        hasValues = true
        candidates.removeAll { !Self.fits(text, $0) }
    }

    /// STRING if nothing narrower fits, or if there was no value.
    var type: FieldType { hasValues ? candidates.first ?? .string : .string }

    private static func fits(_ text: String, _ type: FieldType) -> Bool {
        switch type {
        // Leading zeros and plus signs mean something, as in postal codes: such a column stays a STRING.
        case .int64: Int64(text).map { String($0) == text } ?? false
        case .float64: isDecimal(text) && Double(text)?.isFinite == true
        case .bool: ["true", "false"].contains(text.lowercased())
        case .date: CivilTime.date(text) == text
        case .timestamp: text.contains(":") && CivilTime.timestamp(text) != nil
        default: false
        }
    }

    private static func isDecimal(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let hasLeadingZero = digits.hasPrefix("0") && digits.dropFirst().first.map(\.isNumber) == true
        return digits.first.map { $0.isASCII && $0.isNumber } == true && !hasLeadingZero
            && digits.allSatisfy { $0.isASCII && ($0.isNumber || ".eE+-".contains($0)) }
    }
}
