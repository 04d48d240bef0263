import BigQueryRows
import TextSupport

private let schemas: [TableSchema?] = {
    let scalars: [FieldType] = [
        .int64, .float64, .bool, .bytes, .timestamp, .string, .numeric, .json, .unknown("NEW"), .structure,
    ]
    let all = scalars.enumerated().map { TableSchema.Field(name: "c\($0)", type: $1) }
    let lists = scalars.enumerated().map { TableSchema.Field(name: "l\($0)", type: $1, mode: .repeated) }
    let inner = TableSchema.Field(name: "inner", type: .structure, mode: .repeated, fields: all)
    let outer = TableSchema.Field(name: "o\"é", type: .structure, mode: .required, fields: [inner, all[0]])
    let single = scalars.map { TableSchema(fields: [TableSchema.Field(name: "c", type: $0, mode: .required)]) }
    let repeated = scalars.map { TableSchema(fields: [TableSchema.Field(name: "c", type: $0, mode: .repeated)]) }
    return [nil, TableSchema(fields: all), TableSchema(fields: lists), TableSchema(fields: [outer])] + single + repeated
}()

private let memory = PageMemory()

/// The body of a page with a schema: text cells are UTF-8, cells stay within the page, errors are one short line, and
/// neither chunks nor reused memory change the result.
@Sendable func fuzzPage(_ input: inout FuzzInput) {
    let schema = input.choose(schemas)
    let seed = input.nextByte()
    let body = input.rest

    let whole = outcome([body], schema, PageMemory())
    let cut = outcome(pieces(body, seed: seed), schema, memory)
    switch (whole, cut) {
    case (.success(let page), .success(let other)):
        requireSound(page, schema)
        require(values(page.rows) == values(other.rows), "a page depends on its chunks")
        require(page.schema == other.schema && page.totalRows == other.totalRows, "so does its head")
        require(page.pageToken == other.pageToken && page.jobComplete == other.jobComplete, "so does its head")
        require(page.nullsInRequired == other.nullsInRequired, "so do its warnings")
        memory.recycle(other.rows)
    case (.failure(let error), .failure(let other)):
        require(error.description == other.description, "an error depends on the chunks")
        require(error.isTransient == [.malformedJSON, .inconsistentPage].contains(error.code), "\(error)")
        requireLine(error.message, atMost: 1_001)
    default: fatalError("whether a page can be read depends on how it arrives")
    }
}

private func outcome(_ pieces: [[UInt8]], _ schema: TableSchema?, _ memory: PageMemory) -> Result<ResultPage, RowsError>
{
    do throws(RowsError) {
        var body = try PageBody(contentEncoding: nil, memory: memory, rowCount: 2)
        for piece in pieces {
            // The closure cannot rethrow a typed error.
            if let error = piece.withUnsafeBytes({ bytes -> RowsError? in
                do throws(RowsError) { try body.receive(bytes) } catch { return error }
                return nil
            }) {
                throw error
            }
        }
        return .success(
            try PageDecoder(schema: schema, memory: memory, rowCount: 2).decode(try body.finish(), firstRow: 7))
    } catch {
        return .failure(error)
    }
}

private func requireSound(_ page: ResultPage, _ schema: TableSchema?) {
    let rows = page.rows
    require(rows.columnCount == (schema ?? page.schema)?.fields.count ?? 0, "a page has other columns than its schema")
    require(rows.cells.count == rows.rowCount * rows.columnCount, "rows are incomplete")
    require(page.totalRows ?? 0 >= 0, "a negative row count")
    require(page.pageToken != "", "an empty page token")
    for cell in rows.cells where cell.kind == .text || cell.kind == .blob {
        require(cell.range.upperBound <= rows.bytes.count, "a cell is outside of its page")
        guard cell.kind == .text else { continue }
        require(String(validating: rows.bytes[cell.range], as: UTF8.self) != nil, "a text is not UTF-8")
    }
    guard let fields = (schema ?? page.schema)?.fields else { return }
    requireDistinctNames(fields)
    for (column, field) in fields.enumerated() where field.type == .json || field.mode == .repeated {
        for cell in stride(from: column, to: rows.cells.count, by: fields.count).map({ rows.cells[$0] }) {
            if cell.kind == .text { requireJSON(rows.bytes[cell.range]) }
        }
    }
}

/// The text of a value can neither end the surrounding object nor add a member.
private func requireJSON(_ text: ArraySlice<UInt8>) {
    let body = Array(#"{"unknown":"#.utf8) + text + Array(#","pageToken":"t"}"#.utf8)
    guard case .success(let page) = outcome([body], nil, PageMemory()) else { fatalError("a cell is not JSON") }
    require(page.pageToken == "t" && page.rows.rowCount == 0, "a cell is more than one value")
}

/// Names of one level are distinct in SQLite, and only duplicates have a suffix.
private func requireDistinctNames(_ fields: [TableSchema.Field]) {
    let names = fields.distinctNames.map { folded($0) }
    require(names.count == fields.count && Set(names).count == names.count, "two names are equal")
    var seen: Set<[UInt8]> = []
    for (field, name) in zip(fields, names) {
        let given = folded(field.name)
        require(seen.insert(given).inserted == (given == name), "a unique name was changed")
        requireDistinctNames(field.fields)
    }
}

private func folded(_ name: String) -> [UInt8] {
    name.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 0x20 : $0 }
}

/// The values of the cells, doubles by their bits.
private func values(_ page: RowPage) -> [[UInt8]] {
    page.cells.map { cell in
        let content: [UInt8] =
            switch cell.kind {
            case .null: []
            case .integer: withUnsafeBytes(of: cell.integer, Array.init)
            case .double: withUnsafeBytes(of: cell.double.bitPattern, Array.init)
            case .text, .blob: Array(page.bytes[cell.range])
            }
        return [cell.kind.rawValue] + content
    }
}
