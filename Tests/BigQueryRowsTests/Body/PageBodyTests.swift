import BigQueryRows
import Testing

@Suite("Bodies")
struct PageBodyTests {
    private static let text = Array(#"{"rows":[{"f":[{"v":"naïve 日本語 😀"}]}],"totalRows":"1"}"#.utf8)

    /// Receives a body in chunks that end at these offsets.
    private func receive(
        _ bytes: [UInt8], encoding: String?, cuts: [Int] = [], limits: BodyLimits = .page
    ) throws -> InflatedBody {
        var body = try PageBody(contentEncoding: encoding, limits: limits)
        var start = 0
        for end in cuts + [bytes.count] {
            // A copy of exactly this chunk, so that the address sanitizer detects reads past its end.
            try Array(bytes[start..<end]).withUnsafeBytes { try body.receive($0) }
            start = end
        }
        return try body.finish()
    }

    @Test(arguments: [nil, "", "identity", "Identity"])
    func readsPlainBodies(encoding: String?) throws {
        let body = try receive(Self.text, encoding: encoding)
        #expect(body.bytes == Self.text)
        #expect(body.wireByteCount == Self.text.count)
    }

    @Test(arguments: ["gzip", "x-gzip", "GZIP", "X-Gzip"])
    func inflatesGzip(encoding: String) throws {
        let wire = gzip(Self.text)
        let body = try receive(wire, encoding: encoding)
        #expect(body.bytes == Self.text)
        #expect(body.wireByteCount == wire.count)
    }

    @Test(arguments: [
        "br", "deflate", "zstd", "compress", "gzip, gzip", "gzip,identity", "gzip;q=1", "*", "\u{1B}[2J",
    ])
    func rejectsOtherEncodings(encoding: String) throws {
        let error = try rowsError { _ = try receive(Self.text, encoding: encoding) }
        #expect(error.code == .unsupportedEncoding)
        #expect(!error.message.unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test(arguments: ["identity", "gzip"])
    func acceptsAnyChunks(encoding: String) throws {
        let wire = encoding == "gzip" ? gzip(Self.text) : Self.text
        for cut in 0...wire.count {
            #expect(try receive(wire, encoding: encoding, cuts: [cut]).bytes == Self.text)
        }
        #expect(try receive(wire, encoding: encoding, cuts: Array(0..<wire.count)).bytes == Self.text)
    }

    @Test func rejectsGzipTruncatedAtAnyByte() throws {
        let wire = gzip(Self.text)
        for count in 0..<wire.count {
            let error = try rowsError { _ = try receive(Array(wire[..<count]), encoding: "gzip") }
            #expect(error.code == .corruptBody)
            #expect(error.isTransient)
        }
    }

    /// Changes all bits of a byte, since the last byte of the data has unused bits.
    @Test func detectsAnyChangedByte() throws {
        let wire = gzip(Self.text)
        let meaningless = 4...9  // time, extra flags, operating system
        for offset in wire.indices where !meaningless.contains(offset) {
            var broken = wire
            broken[offset] ^= 0xFF
            let error = try rowsError("byte \(offset)") { _ = try receive(broken, encoding: "gzip") }
            #expect(error.code == .corruptBody)
        }
    }

    @Test func inflatesAllMembers() throws {
        let wire = gzip(Self.text) + gzip([]) + gzip(Self.text)
        for cut in 0...wire.count {
            #expect(try receive(wire, encoding: "gzip", cuts: [cut]).bytes == Self.text + Self.text)
        }
        let error = try rowsError { _ = try receive(Array(wire.dropLast()), encoding: "gzip") }
        #expect(error.code == .corruptBody)
    }

    @Test(
        arguments: [[0], [0x1F], Array("{}".utf8), [0x1F, 0x8B, 0x08], Array(repeating: 0, count: 512)]
            as [[UInt8]])
    func rejectsBytesAfterGzipData(garbage: [UInt8]) throws {
        let wire = gzip(Self.text)
        for cuts in [[], [wire.count]] {
            let error = try rowsError { _ = try receive(wire + garbage, encoding: "gzip", cuts: cuts) }
            #expect(error.code == .corruptBody)
        }
    }

    @Test func rejectsPlainBytesAsGzip() throws {
        #expect(try rowsError { _ = try receive(Self.text, encoding: "gzip") }.code == .corruptBody)
        #expect(try rowsError { _ = try receive([], encoding: "gzip") }.code == .corruptBody)
    }

    @Test(arguments: [255, 256, 257, 262_143, 262_144, 262_145, 524_288, 1_000_000])
    func inflatesMoreThanOneBuffer(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 1000) }
        let wire = gzip(bytes)
        #expect(try receive(wire, encoding: "gzip").bytes == bytes)
        #expect(try receive(wire, encoding: "gzip", cuts: Array(0..<wire.count)).bytes == bytes)
    }

    @Test func limitsAreInclusive() throws {
        let wire = gzip(Self.text)
        let exact = BodyLimits(compressedBytes: wire.count, inflatedBytes: Self.text.count)
        #expect(try receive(wire, encoding: "gzip", limits: exact).bytes == Self.text)
        for limits in [
            BodyLimits(compressedBytes: wire.count - 1, inflatedBytes: Self.text.count),
            BodyLimits(compressedBytes: wire.count, inflatedBytes: Self.text.count - 1),
        ] {
            let error = try rowsError { _ = try receive(wire, encoding: "gzip", limits: limits) }
            #expect(error.code == .bodyTooLarge)
        }
        let plain = BodyLimits(compressedBytes: .max, inflatedBytes: Self.text.count)
        #expect(try receive(Self.text, encoding: nil, limits: plain).bytes == Self.text)
        #expect(
            try rowsError { _ = try receive(Self.text + [0], encoding: nil, limits: plain) }.code
                == .bodyTooLarge)
    }

    @Test func stopsGzipBombAtLimit() throws {
        let bomb = gzip([UInt8](repeating: 0, count: 64 << 20))
        #expect(bomb.count < 100_000)
        let error = try rowsError { _ = try receive(bomb, encoding: "gzip", limits: .error) }
        #expect(error.code == .bodyTooLarge)
        #expect(!error.isTransient)
    }

    @Test func reusesMemory() throws {
        let memory = PageMemory()
        let address = recycledPage(memory, byteCapacity: 1 << 20).bytes
        _ = recycledPage(memory, byteCapacity: 1 << 20)
        var body = try PageBody(contentEncoding: "gzip", memory: memory)
        try gzip(Self.text).withUnsafeBytes { try body.receive($0) }
        let inflated = try body.finish()
        #expect(inflated.bytes == Self.text)
        #expect(inflated.bytes.withUnsafeBytes { $0.baseAddress } == address)
    }
}
