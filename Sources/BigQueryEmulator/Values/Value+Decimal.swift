extension Value {
    /// `number` divided by 10 to the `scale`, without trailing zeros, as BigQuery prints a NUMERIC.
    static func decimal(_ number: Int64, scale: Int) -> Value {
        var power: UInt64 = 1
        for _ in 0..<scale { power *= 10 }
        let sign = number < 0 ? "-" : ""
        let integer = number.magnitude / power
        var fraction = number.magnitude % power
        if fraction == 0 { return .text("\(sign)\(integer)") }
        var zeros = ""
        while fraction * 10 < power {
            zeros += "0"
            power /= 10
        }
        while fraction % 10 == 0 { fraction /= 10 }
        return .text("\(sign)\(integer).\(zeros)\(fraction)")
    }
}
