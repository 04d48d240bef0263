/// What the bytes of a query cost.
enum CostText {
    /// US dollars for a tebibyte on demand in the US, where the first one of a month is free
    /// (https://cloud.google.com/bigquery/pricing). Other regions cost up to half more, and editions are paid by time.
    private static let dollarsPerTebibyte = 6.25

    /// The bytes, and about what they cost on demand.
    static func text(_ bytes: Int64) -> String {
        guard bytes > 0 else { return "0 B, which costs nothing" }
        return "\(Readable.bytes(bytes)), \(Readable.dollars(dollars(bytes))) on demand"
    }

    /// US dollars on demand, before what is free.
    static func dollars(_ bytes: Int64) -> Double {
        Double(bytes) / 0x1p40 * dollarsPerTebibyte
    }
}
