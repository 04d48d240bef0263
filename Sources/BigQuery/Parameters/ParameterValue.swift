import BigQueryRows
public import Foundation

/// A value of a query parameter, with its type.
///
/// Literals are values of INT64, FLOAT64, STRING and BOOL. Every other type has a function of its name.
///
/// ```swift
/// import BigQuery
///
/// let values: [ParameterValue] = [
///     42, 1.5, "text", true,
///     .date("2024-01-31"), .numeric("0.10"), .bytes([0xFF]),
///     .array([1, 2, 3]), .array([], of: .date),
///     .struct(["name": "Ann", "age": 7]),
///     .range(from: .date("2024-01-01"), to: nil),
///     .null(of: .timestamp),
/// ]
/// ```
///
/// The service checks values that are given as text, and reports invalid ones with code
/// ``BigQueryError/Code-swift.struct/queryFailed``. Values that have no type, such as an empty ARRAY without `of`, are
/// errors of the request.
public struct ParameterValue: Sendable, Hashable {
    struct Typed: Sendable, Hashable {
        var type: ParameterType
        var content: ParameterContent
    }

    /// A value that has no wire form.
    struct Invalid: Error, Hashable {
        var reason: String
    }

    /// The wire form. Its error is thrown by the request, since a literal cannot throw.
    let typed: Result<Typed, Invalid>

    init(_ content: ParameterContent, _ type: ParameterType) {
        typed = .success(Typed(type: type, content: content))
    }

    private init(catching typed: () throws(Invalid) -> Typed) {
        self.typed = Result(catching: typed)
    }

    /// Creates a scalar from its text form.
    package init(text: String, type: ParameterType) {
        self.init(.scalar(text), type)
    }
}

extension ParameterValue {
    /// An INT64.
    public static func int64(_ value: Int64) -> ParameterValue { Self(text: String(value), type: .int64) }

    /// A FLOAT64. NaN and the infinities are valid.
    public static func float64(_ value: Double) -> ParameterValue {
        let text =
            switch value {
            case .infinity: "Infinity"
            case -.infinity: "-Infinity"
            default: value.isNaN ? "NaN" : "\(value)"
            }
        return Self(text: text, type: .float64)
    }

    /// A NUMERIC.
    ///
    /// - Parameter digits: the decimal number, with up to 29 digits before the point and 9 after it.
    /// - Returns: the value.
    public static func numeric(_ digits: String) -> ParameterValue { Self(text: digits, type: .numeric) }

    /// A BIGNUMERIC.
    ///
    /// - Parameter digits: the decimal number, with up to 38 digits before the point and 38 after it.
    /// - Returns: the value.
    public static func bignumeric(_ digits: String) -> ParameterValue { Self(text: digits, type: .bignumeric) }

    /// A BOOL.
    public static func bool(_ value: Bool) -> ParameterValue { Self(text: String(value), type: .bool) }

    /// A STRING.
    public static func string(_ text: String) -> ParameterValue { Self(text: text, type: .string) }

    /// BYTES.
    public static func bytes(_ bytes: some Sequence<UInt8>) -> ParameterValue {
        Self(text: Data(bytes).base64EncodedString(), type: .bytes)
    }

    /// A JSON value.
    ///
    /// - Parameter text: the JSON text, for example `{"a": 1}`.
    /// - Returns: the value.
    public static func json(_ text: String) -> ParameterValue { Self(text: text, type: .json) }

    /// A GEOGRAPHY.
    ///
    /// - Parameter text: the well-known text, for example `POINT(-122 47)`.
    /// - Returns: the value.
    public static func geography(_ text: String) -> ParameterValue { Self(text: text, type: .geography) }

    /// A DATE.
    ///
    /// - Parameter text: the date as `YYYY-MM-DD`.
    /// - Returns: the value.
    public static func date(_ text: String) -> ParameterValue { Self(text: text, type: .date) }

    /// A TIME.
    ///
    /// - Parameter text: the time as `HH:MM:SS`, with up to six fractional digits.
    /// - Returns: the value.
    public static func time(_ text: String) -> ParameterValue { Self(text: text, type: .time) }

    /// A DATETIME, which has no time zone.
    ///
    /// - Parameter text: date and time as `YYYY-MM-DDTHH:MM:SS`, with up to six fractional digits.
    /// - Returns: the value.
    public static func datetime(_ text: String) -> ParameterValue { Self(text: text, type: .datetime) }

    /// A TIMESTAMP.
    ///
    /// - Parameter text: date and time as `YYYY-MM-DDTHH:MM:SSZ`, with up to six fractional digits. Instead of `Z`, an
    ///   offset or the name of a time zone can follow; without any of these the time is in UTC.
    /// - Returns: the value.
    public static func timestamp(_ text: String) -> ParameterValue { Self(text: text, type: .timestamp) }

    /// A TIMESTAMP.
    ///
    /// - Parameter date: the time, rounded to microseconds, between the years 1 and 9999. Any other time is an error of
    ///   the request.
    /// - Returns: the value.
    public static func timestamp(_ date: Date) -> ParameterValue {
        Self { () throws(Invalid) in
            let microseconds = Int64(exactly: (date.timeIntervalSince1970 * 1_000_000).rounded())
            guard let timestamp = microseconds.flatMap(Timestamp.init(microseconds:)) else {
                throw Invalid(reason: "the time is outside the range of TIMESTAMP")
            }
            return Typed(type: .timestamp, content: .scalar(timestamp.text))
        }
    }

    /// An INTERVAL.
    ///
    /// - Parameter text: the canonical form `Y-M D H:M:S`, for example `1-2 3 4:5:6.789`.
    /// - Returns: the value.
    public static func interval(_ text: String) -> ParameterValue { Self(text: text, type: .interval) }

    /// A RANGE of DATE, DATETIME or TIMESTAMP.
    ///
    /// Bounds of different types are an error of the request, as are two open bounds without a type.
    ///
    /// - Parameters:
    ///   - start: the first value; `nil` for unbounded.
    ///   - end: the value after the last one; `nil` for unbounded.
    ///   - type: the type of the bounds; `nil` for that of the given bounds.
    /// - Returns: the value.
    public static func range(
        from start: ParameterValue?, to end: ParameterValue?, of type: ParameterType? = nil
    ) -> ParameterValue {
        Self { () throws(Invalid) in
            let (start, end) = (try start?.typed.get(), try end?.typed.get())
            let element = try commonType(of: [start, end].compactMap { $0 }, declared: type, container: "RANGE")
            guard [.date, .datetime, .timestamp].contains(element) else {
                throw Invalid(reason: "a RANGE of \(element) does not exist")
            }
            return Typed(
                type: .range(element), content: .range(start: start?.content.text, end: end?.content.text))
        }
    }

    /// An ARRAY.
    ///
    /// Elements of different types are an error of the request, as are an empty array without a type and an ARRAY of
    /// ARRAY.
    ///
    /// - Parameters:
    ///   - elements: the elements.
    ///   - type: the type of the elements; `nil` for that of the first one.
    /// - Returns: the value.
    public static func array(_ elements: [ParameterValue], of type: ParameterType? = nil) -> ParameterValue {
        Self { () throws(Invalid) in
            let elements = try elements.map { element throws(Invalid) in try element.typed.get() }
            let element = try commonType(of: elements, declared: type, container: "ARRAY")
            if case .array = element { throw Invalid(reason: "an ARRAY of \(element) does not exist") }
            return Typed(type: .array(element), content: .array(elements.map(\.content)))
        }
    }

    /// A STRUCT.
    ///
    /// - Parameter fields: the fields in order. Two fields of one name are an error of the request.
    /// - Returns: the value.
    public static func `struct`(_ fields: KeyValuePairs<String, ParameterValue>) -> ParameterValue {
        Self { () throws(Invalid) in
            var types: [ParameterType.Field] = []
            var contents: [String: ParameterContent] = [:]
            for (name, value) in fields {
                let value = try value.typed.get()
                guard contents.updateValue(value.content, forKey: name) == nil else {
                    throw Invalid(reason: "the STRUCT has two fields \(name)")
                }
                types.append(.init(name: name, type: value.type))
            }
            return Typed(type: .struct(types), content: .struct(contents))
        }
    }

    /// NULL.
    ///
    /// - Parameter type: the type of the parameter, which BigQuery requires.
    /// - Returns: the value.
    public static func null(of type: ParameterType) -> ParameterValue { Self(.null, type) }

    private static func commonType(
        of values: [Typed], declared: ParameterType?, container: String
    ) throws(Invalid) -> ParameterType {
        guard let type = declared ?? values.first?.type else {
            throw Invalid(reason: "the element type of the \(container) is missing")
        }
        if let other = values.first(where: { $0.type != type }) {
            throw Invalid(reason: "the \(container) of \(type) contains a value of type \(other.type)")
        }
        return type
    }
}

extension ParameterValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByBooleanLiteral
{
    /// Creates an INT64.
    public init(integerLiteral value: Int64) { self = .int64(value) }

    /// Creates a FLOAT64.
    public init(floatLiteral value: Double) { self = .float64(value) }

    /// Creates a STRING.
    public init(stringLiteral value: String) { self = .string(value) }

    /// Creates a BOOL.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
