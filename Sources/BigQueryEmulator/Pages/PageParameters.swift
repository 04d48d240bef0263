/// The paging parameters of a request.
struct PageParameters: Sendable {
    /// The name of the paged collection, which page tokens are bound to.
    var subject: String
    var startIndex: Int64
    var maxResults: Int64?
    var timestamps: RESTRowEncoder.TimestampFormat

    /// Creates the parameters for the first page of a result.
    init(subject: String, maxResults: Int64?, timestamps: RESTRowEncoder.TimestampFormat) {
        self.subject = subject
        startIndex = 0
        self.maxResults = maxResults
        self.timestamps = timestamps
    }

    /// Parses `startIndex` or `pageToken`, and `maxResults`.
    init(_ call: APICall, subject: String) throws(ServiceError) {
        self.init(
            subject: subject, maxResults: try call.integer("maxResults"), timestamps: try call.timestampFormat())
        let token = call.parameters["pageToken"].flatMap { $0.isEmpty ? nil : $0 }
        let start = try call.integer("startIndex")
        if token != nil, start != nil {
            throw ServiceError(.invalid, "Cannot specify both pageToken and startIndex")
        }
        startIndex =
            try token.map { text throws(ServiceError) in
                try PageToken(text, subject: subject).position
            } ?? start ?? 0
    }

    /// Reads a page and returns the response's `totalRows`, `pageToken` and `rows`. Inapplicable members are omitted,
    /// as in the API.
    ///
    /// - Parameters:
    ///  - byteLimit: the maximum size of a page in BigQuery's logical bytes.
    ///  - rows: Encodes the rows of the page; not called for an empty page.
    func page(
        of source: any RowSource, byteLimit: Int,
        rows: (RowSelection) async throws -> (json: JSON, count: Int)
    ) async throws -> (members: JSONObject, rowCount: Int) {
        var members: JSONObject = ["totalRows": .int64(source.rowCount)]
        let remaining = source.rowCount - startIndex
        guard remaining > 0 else { return (members, 0) }
        let selection = RowSelection(
            source: source, start: startIndex, rowLimit: min(remaining, maxResults ?? .max), byteLimit: byteLimit,
            timestamps: timestamps)
        let (json, rowCount) = selection.rowLimit > 0 ? try await rows(selection) : ([], 0)
        let next = startIndex + Int64(rowCount)
        if next < source.rowCount {
            members["pageToken"] = .string(PageToken(subject: subject, position: next).text)
        }
        if rowCount > 0 { members["rows"] = json }
        return (members, rowCount)
    }
}

extension PageParameters {
    /// Returns the requested part of a list as a member `name`, and the response's `nextPageToken`. Inapplicable
    /// members are omitted.
    func members(of list: [JSON], named name: String) -> JSONObject {
        let part = list.dropFirst(Int(clamping: startIndex)).prefix(Int(clamping: maxResults ?? .max))
        var members: JSONObject = [:]
        if part.endIndex < list.endIndex {
            members["nextPageToken"] = .string(PageToken(subject: subject, position: Int64(part.endIndex)).text)
        }
        if !part.isEmpty { members[name] = .array(Array(part)) }
        return members
    }
}

/// The rows of a page, and their format.
struct RowSelection: Sendable {
    let source: any RowSource
    let start: Int64
    /// The maximum row count; at most the number of remaining rows.
    let rowLimit: Int64
    /// The maximum size of the page in BigQuery's logical bytes; a page has at least one row.
    let byteLimit: Int
    let timestamps: RESTRowEncoder.TimestampFormat

    func encode() async throws -> EncodedRows {
        let encoder = RESTRowEncoder(fields: source.fields, timestamps: timestamps)
        let page = RowCollector(encoder: encoder, rowLimit: rowLimit, byteLimit: byteLimit)
        let filled = try await source.fill(page, from: start)
        return EncodedRows(rowCount: filled.rowCount, json: filled.finish())
    }
}

/// The rows of a page as a compact JSON array.
struct EncodedRows: Sendable {
    let rowCount: Int
    let json: [UInt8]
}
