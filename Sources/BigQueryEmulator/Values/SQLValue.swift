import Foundation

/// A value of any BigQuery type.
///
/// Types that the API sends as text (NUMERIC, DATE, TIME, DATETIME, JSON, GEOGRAPHY, INTERVAL, RANGE) are `text` in the
/// same form; the bounds of a RANGE<TIMESTAMP> are in GoogleSQL's form.
enum SQLValue: Sendable, Equatable {
    case null
    /// An INT64, or a TIMESTAMP in microseconds since 1970.
    case integer(Int64)
    case double(Double)
    case bool(Bool)
    case text(String)
    case bytes([UInt8])
    case structure([SQLValue])
    case list([SQLValue])
}

extension SQLValue {
    /// `number` / 10^`scale` without trailing zeros, in BigQuery's form of a NUMERIC.
    static func decimal(_ number: Int64, scale: Int) -> SQLValue {
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

/// A text or JSON document that is not a valid value of its field.
struct ValueError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }

    init(_ field: SchemaField, _ text: String) {
        description = "field \(field.name): not a \(field.type.rawValue): \(text.prefix(80))"
    }
}

extension SQLValue {
    /// Parses a value in the text form of query parameters and CSV files.
    init(text: String, field: SchemaField) throws(ValueError) {
        guard let value = SQLValue.parse(text, type: field.type) else { throw ValueError(field, text) }
        self = value
    }

    /// The value; `nil` if the text is not one of the type.
    static func parse(_ text: String, type: GoogleSQLType) -> SQLValue? {
        switch type {
        case .int64: Int64(text).map(SQLValue.integer)
        case .float64: Double(text).map(SQLValue.double)
        case .bool: boolean(text).map(SQLValue.bool)
        case .bytes: Data(base64Encoded: text).map { .bytes(Array($0)) }
        case .timestamp: CivilTime.timestamp(text).map(SQLValue.integer)
        case .date: CivilTime.date(text).map(SQLValue.text)
        case .time: CivilTime.time(text).map(SQLValue.text)
        case .datetime: CivilTime.datetime(text).map(SQLValue.text)
        case .numeric, .bignumeric: isDecimal(text) ? .text(text) : nil
        case .json: (try? JSONParser.parse(Array(text.utf8))).map { .text($0.text) }
        case .string, .geography, .interval, .range: .text(text)
        case .structure: nil
        }
    }

    private static func isDecimal(_ text: String) -> Bool {
        let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : Substring(text)
        let halves = digits.split(separator: ".", omittingEmptySubsequences: false)
        return halves.count <= 2 && halves.allSatisfy { half in half.utf8.allSatisfy { (48...57).contains($0) } }
            && halves.contains { !$0.isEmpty }
    }

    private static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "t", "yes", "y", "1": true
        case "false", "f", "no", "n", "0": false
        default: nil
        }
    }

    /// Parses a value in the JSON form of JSON lines and of stored STRUCT and ARRAY values.
    init(json: JSON, field: SchemaField) throws(ValueError) {
        if field.mode == .repeated {
            guard json != .null else {
                self = .list([])
                return
            }
            guard let elements = json.array else { throw ValueError("field \(field.name): expected a list") }
            let element = field.element
            var values: [SQLValue] = []
            for json in elements { values.append(try SQLValue(json: json, field: element)) }
            self = .list(values)
            return
        }
        switch json {
        case .null:
            guard field.mode != .required else { throw ValueError("field \(field.name): NULL in a REQUIRED field") }
            self = .null
        case _ where field.type == .json: self = .text(json.text)
        case .object(let object) where field.type == .structure:
            if let unknown = object.members.first(where: { member in !field.fields.contains { $0.name == member.name } }
            ) {
                throw ValueError("field \(field.name): no such member: \(unknown.name)")
            }
            var members: [SQLValue] = []
            for member in field.fields {
                members.append(try SQLValue(json: object[member.name] ?? .null, field: member))
            }
            self = .structure(members)
        case .string(let text), .number(let text): self = try SQLValue(text: text, field: field)
        case .bool(let value) where field.type == .bool: self = .bool(value)
        default: throw ValueError(field, json.text)
        }
    }

    /// The JSON that SQLite stores for a STRUCT or an ARRAY: members by name, numbers and booleans as JSON numbers and
    /// booleans.
    func storedJSON(_ field: SchemaField) -> JSON {
        switch self {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .double(let value): return value.isFinite ? .number(value.description) : .string(value.description)
        case .integer(let value) where field.type == .timestamp:
            return .string(CivilTime.timestampText(microseconds: value))
        case .integer(let value): return .number(String(value))
        case .text(let text) where field.type == .json:
            // Checked when the value was created.
            return (try? JSONParser.parse(Array(text.utf8))) ?? .null
        case .text(let text): return .string(text)
        case .bytes(let bytes): return .string(Data(bytes).base64EncodedString())
        case .list(let elements):
            let element = field.element
            return .array(elements.map { $0.storedJSON(element) })
        case .structure(let members):
            return .object(
                JSONObject(
                    members: zip(field.fields, members).map { field, value in
                        JSONObject.Member(name: field.name, value: value.storedJSON(field))
                    }))
        }
    }
}
