import BigQueryRows
import Testing

@Suite struct PageMemoryTests {
    private static let schema = TableSchema(fields: [
        .init(name: "s", type: .string), .init(name: "t", type: .timestamp),
    ])

    private static func decode(_ text: String, _ memory: PageMemory) throws -> RowPage {
        let json = Array("{\"rows\":[{\"f\":[{\"v\":\"\(text)\"},{\"v\":\"0\"}]}]}".utf8)
        var body = try PageBody(contentEncoding: nil, memory: memory, rowCount: 1)
        try json.withUnsafeBytes { try body.receive($0) }
        return try PageDecoder(schema: schema, memory: memory, rowCount: 1).decode(try body.finish(), firstRow: 0).rows
    }

    private static func addresses(_ page: RowPage) -> [UnsafeRawPointer?] {
        [page.bytes.withUnsafeBytes { $0.baseAddress }, page.cells.withUnsafeBytes { $0.baseAddress }]
    }

    @Test func reusesMemoryOfEarlierPage() throws {
        let memory = PageMemory()
        func decodeAndRecycle(_ text: String) throws -> [UnsafeRawPointer?] {
            let page = try Self.decode(text, memory)
            #expect(page[0, 0] == .text(text))
            #expect(page[0, 1] == .text("1970-01-01T00:00:00.000000Z"))
            memory.recycle(page)
            return Self.addresses(page)
        }
        // The first one has no length to go by, so that its text moves when it grows.
        _ = try decodeAndRecycle("the first page, which is as long as those that come after it")
        let second = try decodeAndRecycle("the second")
        let third = try decodeAndRecycle("the third")
        #expect(try decodeAndRecycle("the fourth") == second)
        #expect(try decodeAndRecycle("the fifth") == third)
    }

    /// A page in use keeps its content.
    @Test func doesNotReusePageInUse() throws {
        let memory = PageMemory()
        let kept = try Self.decode("kept", memory)
        memory.recycle(kept)
        memory.recycle(kept)
        let next = try Self.decode("next", memory)
        #expect(kept[0, 0] == .text("kept"))
        #expect(next[0, 0] == .text("next"))
        #expect(Self.addresses(kept) != Self.addresses(next))
    }

    /// An oversized page does not occupy memory after its use.
    @Test func dropsOversizedArrays() throws {
        let memory = PageMemory()
        let usual = recycledPage(memory, byteCapacity: 1 << 20)
        _ = recycledPage(memory, byteCapacity: 65 << 20)
        _ = recycledPage(memory, byteCapacity: 1 << 20)
        let page = try Self.decode("text", memory)
        #expect(Self.addresses(page)[0] == usual.bytes)
    }

    /// The requested number of rows can be any integer.
    @Test func anAbsurdNumberOfRowsIsNoFault() throws {
        let json = Array("{\"rows\":[{\"f\":[{\"v\":\"a\"},{\"v\":null}]}]}".utf8)
        let page = try PageDecoder(schema: Self.schema, rowCount: .max)
            .decode(InflatedBody(bytes: json, wireByteCount: 0), firstRow: 0)
        #expect(page.rows.rowCount == 1)
    }
}
