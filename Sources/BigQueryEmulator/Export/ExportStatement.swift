/// A parsed EXPORT DATA statement.
struct ExportStatement {
    let target: ExportTarget
    /// The tokens of the exported query.
    let query: [SQLToken]

    init(_ tokens: [SQLToken]) throws(ServiceError) {
        var rest = tokens[...]
        try Self.expect("EXPORT", in: &rest)
        try Self.expect("DATA", in: &rest)
        try Self.expect("OPTIONS", in: &rest)
        let options = try Self.options(&rest)
        try Self.expect("AS", in: &rest)
        query = Array(rest)
        do {
            target = try Self.target(options)
        } catch  where error.reason == .invalid {
            // An invalid option is an error of the query.
            throw .invalidQuery(error.message)
        }
    }

    private static func target(_ options: [String: String]) throws(ServiceError) -> ExportTarget {
        let known: Set = [
            "uri", "format", "compression", "field_delimiter", "header", "overwrite", "use_avro_logical_types",
        ]
        if let unknown = options.keys.sorted().first(where: { !known.contains($0) }) {
            throw .invalidQuery("Unknown option: \(unknown)")
        }
        guard let uri = options["uri"], let formatName = options["format"]?.uppercased() else {
            throw .invalidQuery("EXPORT DATA statement requires the options uri and format")
        }
        guard formatName != ExportTarget.Format.json.rawValue,
            let format = formatName == "JSON" ? .json : ExportTarget.Format(rawValue: formatName)
        else { throw .invalidQuery("Unsupported export format: \(formatName)") }
        guard uri.contains("*") else { throw .invalidQuery("Option 'uri' value must be a wild card URI.") }
        var target = try ExportTarget(uri: uri, format: format, compression: options["compression"])
        if let delimiter = options["field_delimiter"] { try target.setDelimiter(delimiter) }
        // The default differs from that of an extract job.
        target.hasHeader = options["header"] == "TRUE"
        target.replaces = options["overwrite"] == "TRUE"
        return target
    }

    /// Parses the option list; TRUE and FALSE are returned in upper case.
    private static func options(_ rest: inout ArraySlice<SQLToken>) throws(ServiceError) -> [String: String] {
        var options: [String: String] = [:]
        var separator: Character = "("
        repeat {
            guard rest.popFirst()?.isSymbol(separator) == true, let name = rest.popFirst()?.name,
                rest.popFirst()?.isSymbol("=") == true, let value = rest.popFirst()
            else { throw .invalidQuery("Syntax error: Unexpected option list") }
            switch value.kind {
            case .string(let text): options[name.lowercased()] = text
            case .identifier(let word) where ["TRUE", "FALSE"].contains(word.uppercased()):
                options[name.lowercased()] = word.uppercased()
            default: throw .invalidQuery("Invalid value of option \(name) \(value.place)")
            }
            separator = ","
        } while rest.first?.isSymbol(",") == true
        guard rest.popFirst()?.isSymbol(")") == true else {
            throw .invalidQuery("Syntax error: Expected \")\" after the options")
        }
        return options
    }

    private static func expect(_ keyword: String, in rest: inout ArraySlice<SQLToken>) throws(ServiceError) {
        guard let token = rest.popFirst(), token.keyword == keyword else {
            throw .invalidQuery("Syntax error: Expected keyword \(keyword)")
        }
    }
}
