import Foundation
import GoogleHTTP
import TextSupport

extension QueryParameter {
    /// Parses `NAME:TYPE:VALUE`, as the `bq` tool does.
    ///
    /// An empty name makes a positional parameter, an empty type means STRING. Values of ARRAY and STRUCT are JSON
    /// (`ids:ARRAY<INT64>:[1,2]`, `who:STRUCT<name STRING, age INT64>:{"name":"Ann","age":7}`), those of RANGE are
    /// `[start, end)`. `NULL` is NULL for every type but STRING. Types have their GoogleSQL names or the aliases of
    /// these, in any case.
    ///
    /// - Throws: ``BigQueryError`` with code `invalidRequest`.
    package init(parsing text: String) throws(BigQueryError) {
        do throws(ParameterSyntaxError) {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw ParameterSyntaxError("the type is missing") }
            var parser = ParameterTypeParser(parts[1])
            let type = parts[1].hasPrefix(":") ? .string : try parser.type()
            guard parser.rest.first == ":" else {
                throw ParameterSyntaxError("the colon between type and value is missing")
            }
            guard let content = ParameterContent(text: String(parser.rest.dropFirst()), type: type) else {
                throw ParameterSyntaxError("the value does not match the type")
            }
            self.init(name: parts[0].isEmpty ? nil : String(parts[0]), value: ParameterValue(content, type))
        } catch {
            throw BigQueryError(
                code: .invalidRequest,
                message: "the parameter \"\(printable(text, limit: 80))\" is not valid: \(error.reason)",
                detail: error.unknownType.map { name in
                    .unknownParameterType(similarName: NearestName.find(name, among: ParameterType.names))
                } ?? .invalidParameter)
        }
    }
}

private struct ParameterSyntaxError: Error {
    let reason: String
    var unknownType: String?

    init(_ reason: String) {
        self.reason = reason
    }

    init(unknownType name: String) {
        reason = "unknown type \(printable(name, limit: 40))"
        unknownType = name
    }
}

/// Parses a type such as `INT64`, `ARRAY<STRING>` or `STRUCT<a INT64, b ARRAY<DATE>>` at the start of a text.
private struct ParameterTypeParser {
    private(set) var rest: Substring
    private var depth = 0

    /// Bounds the recursion. BigQuery allows 15 levels.
    private static let maximumDepth = 100

    init(_ text: Substring) {
        rest = text
    }

    mutating func type() throws(ParameterSyntaxError) -> ParameterType {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw ParameterSyntaxError("the type is nested too deeply") }
        let name = try word("a type")
        switch name.uppercased() {
        case "ARRAY":
            return .array(try bracketed { parser throws(ParameterSyntaxError) in try parser.type() })
        case "RANGE":
            return .range(try bracketed { parser throws(ParameterSyntaxError) in try parser.type() })
        case "STRUCT":
            return .struct(try bracketed { parser throws(ParameterSyntaxError) in try parser.fields() })
        default:
            let type = ParameterType(scalar: name)
            if case .unknown = type { throw ParameterSyntaxError(unknownType: name) }
            return type
        }
    }

    private mutating func fields() throws(ParameterSyntaxError) -> [ParameterType.Field] {
        var fields: [ParameterType.Field] = []
        repeat {
            fields.append(.init(name: try word("the name of a field"), type: try type()))
        } while take(",")
        return fields
    }

    private mutating func bracketed<Content>(
        _ content: (inout Self) throws(ParameterSyntaxError) -> Content
    ) throws(ParameterSyntaxError) -> Content {
        guard take("<") else { throw ParameterSyntaxError("expected < in the type") }
        let result = try content(&self)
        guard take(">") else { throw ParameterSyntaxError("expected > in the type") }
        return result
    }

    private mutating func word(_ meaning: String) throws(ParameterSyntaxError) -> String {
        skipSpaces()
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        rest.removeFirst(word.count)
        guard !word.isEmpty else { throw ParameterSyntaxError("expected \(meaning)") }
        return String(word)
    }

    private mutating func take(_ character: Character) -> Bool {
        skipSpaces()
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipSpaces() {
        rest = rest.drop { $0 == " " }
    }
}

extension ParameterContent {
    /// Parses a value; `nil` if it does not match the type.
    fileprivate init?(text: String, type: ParameterType) {
        if text == "NULL" && type != .string {
            self = .null
            return
        }
        switch type {
        case .range: self.init(range: text)
        case .array, .struct:
            guard let json = try? JSONDecoder().decodeUnambiguous(JSONValue.self, from: Array(text.utf8)) else {
                return nil
            }
            self.init(json: json, type: type)
        default: self = .scalar(text)
        }
    }

    private init?(range text: String) {
        guard text.hasPrefix("["), text.hasSuffix(")") else { return nil }
        let bounds = text.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        guard bounds.count == 2 else { return nil }
        let values = bounds.map { $0.uppercased() == "UNBOUNDED" ? nil : $0 }
        self = .range(start: values[0], end: values[1])
    }

    private init?(json: JSONValue, type: ParameterType) {
        switch (type, json) {
        case (_, .null): self = .null
        case (.range, .scalar(let text)): self.init(range: text)
        case (.array(let element), .array(let items)):
            let values = items.compactMap { ParameterContent(json: $0, type: element) }
            guard values.count == items.count else { return nil }
            self = .array(values)
        case (.struct(let fields), .object(let object)):
            guard Set(object.keys).isSubset(of: fields.map(\.name)) else { return nil }
            var contents: [String: ParameterContent] = [:]
            for field in fields {
                let item = object[field.name] ?? .null
                guard let content = ParameterContent(json: item, type: field.type) else { return nil }
                contents[field.name] = content
            }
            self = .struct(contents)
        case (.array, _), (.struct, _): return nil
        case (_, .scalar(let text)): self = .scalar(text)
        default: return nil
        }
    }
}

/// JSON with its scalars as text; integers and decimals are exact.
///
/// A decoder does not report the kind of a value, so each kind is tried.
private indirect enum JSONValue: Decodable {
    case null
    case scalar(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .scalar(value ? "true" : "false")
        } else if let value = try? container.decode(Int64.self) {
            self = .scalar(String(value))
        } else if let value = try? container.decode(Decimal.self) {
            self = .scalar("\(value)")
        } else if let value = try? container.decode(String.self) {
            self = .scalar(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}
