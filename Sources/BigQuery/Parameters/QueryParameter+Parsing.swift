import Foundation
import GoogleHTTP
import TextSupport

extension QueryParameter {
    /// Parses `NAME:TYPE:VALUE`, as the `bq` tool does.
    ///
    /// An empty name makes a positional parameter, an empty type means STRING. Values of ARRAY and STRUCT are JSON
    /// (`ids:ARRAY<INT64>:[1,2]`, `who:STRUCT<name STRING, age INT64>:{"name":"Ann","age":7}`), those of RANGE are
    /// `[start, end)`. `NULL` is NULL for every type but STRING.
    ///
    /// - Throws: ``BigQueryError`` with code `invalidRequest`.
    public init(parsing text: String) throws(BigQueryError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw Self.invalid(text, "the type is missing") }
        name = parts[0].isEmpty ? nil : String(parts[0])
        var parser = ParameterTypeParser(parts[1])
        let type: ParameterType
        if parts[1].hasPrefix(":") {
            type = .scalar("STRING")
        } else {
            guard let parsed = parser.type() else { throw Self.invalid(text, "unknown type") }
            type = parsed
        }
        guard parser.rest.first == ":" else { throw Self.invalid(text, "the colon between type and value is missing") }
        let value = String(parser.rest.dropFirst())
        self.type = type
        guard let parsed = ParameterValue(text: value, type: type) else {
            throw Self.invalid(text, "the value does not match the type")
        }
        self.value = parsed
    }

    private static func invalid(_ text: String, _ reason: String) -> BigQueryError {
        BigQueryError(
            code: .invalidRequest, message: "the parameter \"\(printable(text, limit: 80))\" is not valid: \(reason)",
            detail: .invalidParameter)
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

    mutating func type() -> ParameterType? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth, let name = word()?.uppercased() else { return nil }
        switch name {
        case "ARRAY": return bracketed { $0.type() }.map(ParameterType.array)
        case "RANGE": return bracketed { $0.type() }.map(ParameterType.range)
        case "STRUCT": return bracketed { $0.members() }.map(ParameterType.structure)
        default: return .scalar(name)
        }
    }

    private mutating func members() -> [ParameterType.Member]? {
        var members: [ParameterType.Member] = []
        repeat {
            guard let name = word(), let type = type() else { return nil }
            members.append(.init(name: name, type: type))
        } while take(",")
        return members
    }

    private mutating func bracketed<Content>(_ content: (inout Self) -> Content?) -> Content? {
        guard take("<"), let result = content(&self), take(">") else { return nil }
        return result
    }

    private mutating func word() -> String? {
        skipSpaces()
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        rest.removeFirst(word.count)
        return word.isEmpty ? nil : String(word)
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

extension ParameterValue {
    /// Parses a value; `nil` if it does not match the type.
    fileprivate init?(text: String, type: ParameterType) {
        if text == "NULL" && type != .scalar("STRING") {
            self = .null
            return
        }
        switch type {
        case .scalar: self = .scalar(text)
        case .range: self.init(range: text)
        case .array, .structure:
            guard let json = try? JSONDecoder().decodeUnambiguous(JSONValue.self, from: Array(text.utf8)) else {
                return nil
            }
            self.init(json: json, type: type)
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
        case (.scalar, .scalar(let text)): self = .scalar(text)
        case (.range, .scalar(let text)): self.init(range: text)
        case (.array(let element), .array(let items)):
            let values = items.compactMap { ParameterValue(json: $0, type: element) }
            guard values.count == items.count else { return nil }
            self = .array(values)
        case (.structure(let members), .object(let object)):
            guard Set(object.keys).isSubset(of: members.map(\.name)) else { return nil }
            var values: [String: ParameterValue] = [:]
            for member in members {
                let item = object[member.name] ?? .null
                guard let value = ParameterValue(json: item, type: member.type) else { return nil }
                values[member.name] = value
            }
            self = .structure(values)
        default: return nil
        }
    }
}

/// JSON with its scalars as text; integers and decimals are exact.
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
