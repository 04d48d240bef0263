/// The start of the next page, as an opaque token.
struct PageToken {
    /// The name of the paged collection; a token of another job or table is rejected.
    let subject: String
    let position: Int64

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// Twelve bytes in base 32, which end in `====` like BigQuery's tokens.
    var text: String {
        let checksum = UInt32(truncatingIfNeeded: Self.hash(subject))
        let bytes =
            (0..<8).map { UInt8(truncatingIfNeeded: position >> (56 - 8 * $0)) }
            + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (24 - 8 * $0)) }
        var bits: UInt64 = 0
        var bitCount = 0
        var text: [UInt8] = []
        for byte in bytes + [0] {
            bits = bits << 8 | UInt64(byte)
            bitCount += 8
            while bitCount >= 5, text.count < 20 {
                bitCount -= 5
                text.append(Self.alphabet[Int(bits >> UInt64(bitCount) & 31)])
            }
        }
        return String(decoding: text, as: UTF8.self) + "===="
    }

    init(subject: String, position: Int64) {
        self.subject = subject
        self.position = position
    }

    /// Parses a token and checks that it belongs to the subject.
    init(_ text: String, subject: String) throws(ServiceError) {
        var bits: UInt64 = 0
        for byte in text.utf8.prefix(13) {
            guard let digit = Self.alphabet.firstIndex(of: byte) else { throw Self.invalid }
            bits = bits << 5 | UInt64(digit)
        }
        // Thirteen characters hold 65 bits: the sign, which is always 0, the position, and a bit of the checksum.
        self.init(subject: subject, position: Int64(bits >> 1))
        guard self.text == text else { throw Self.invalid }
    }

    private static let invalid = ServiceError(
        .invalid, "Invalid page token", location: "pageToken", locationType: "parameter")

    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
