extension Int64 {
    /// Converts `-` and digits; `nil` if the text has anything else, or the number does not fit.
    @inline(__always)
    init?(digits text: Span<UInt8>) {
        let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        guard start < text.count else { return nil }

        var magnitude: UInt64 = 0
        var index = start
        // 18 digits always fit, so that only longer numbers pay for the check.
        let unchecked = Swift.min(text.count, start + 18)
        while index < unchecked {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            magnitude = magnitude &* 10 &+ UInt64(digit)
            index += 1
        }
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            guard digit < 10, !overflow, !carry else { return nil }
            magnitude = sum
            index += 1
        }

        guard magnitude <= UInt64(Int64.max) else {
            guard isNegative, magnitude == Int64.min.magnitude else { return nil }
            self = .min
            return
        }
        self = isNegative ? -Int64(magnitude) : Int64(magnitude)
    }
}
