import TextSupport

/// The parameters of a query, either named or positional.
///
/// A dictionary literal makes named parameters, which the query refers to as `@name`; an array literal makes positional
/// ones, which it refers to as `?`:
///
/// ```swift
/// import BigQuery
///
/// let named: QueryParameters = ["day": .date("2024-01-31"), "ids": .array([1, 2])]
/// let positional: QueryParameters = [.date("2024-01-31"), 5]
/// ```
///
/// A request with invalid parameters throws ``BigQueryError`` with code
/// ``BigQueryError/Code-swift.struct/invalidRequest``: an empty name or one that begins with `@`, two of one name,
/// named and positional ones together, or a ``ParameterValue`` without a type.
public struct QueryParameters: Sendable, Hashable {
    /// The parameters in order.
    package private(set) var elements: [QueryParameter]

    package init(_ elements: [QueryParameter]) {
        self.elements = elements
    }

    /// Adds a parameter at the end.
    ///
    /// - Parameters:
    ///   - value: the value.
    ///   - name: the name without `@`, compared without case; `nil` for a positional parameter.
    public mutating func append(_ value: ParameterValue, named name: String? = nil) {
        elements.append(QueryParameter(name: name, value: value))
    }

    /// Removes all parameters with this name.
    package mutating func removeAll(named name: String) {
        elements.removeAll { $0.name == name }
    }

    /// Checks the parameters for mixed kinds, invalid and duplicate names, and values without a wire form, and returns
    /// them.
    ///
    /// - Throws: ``BigQueryError`` with code `invalidRequest`.
    package func validated() throws(BigQueryError) -> [QueryParameter] {
        var names: Set<String> = []
        for (index, parameter) in elements.enumerated() {
            guard (parameter.name == nil) == (elements[0].name == nil) else {
                throw BigQueryError(
                    code: .invalidRequest, message: "some parameters are named and others are positional")
            }
            if let name = parameter.name, name.isEmpty || name.hasPrefix("@") {
                throw BigQueryError(
                    code: .invalidRequest,
                    message: "the parameter name \"\(printable(name, limit: 80))\" is empty or begins with @")
            }
            let label = parameter.name.map { "@\(printable($0, limit: 80))" } ?? String(index + 1)
            if let name = parameter.name, !names.insert(name.lowercased()).inserted {
                throw BigQueryError(code: .invalidRequest, message: "duplicate parameter \(label)")
            }
            if case .failure(let invalid) = parameter.value.typed {
                throw BigQueryError(
                    code: .invalidRequest,
                    message: "the parameter \(label) is not valid: \(printable(invalid.reason, limit: 200))")
            }
        }
        return elements
    }
}

extension QueryParameters: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    /// Creates named parameters.
    public init(dictionaryLiteral elements: (String, ParameterValue)...) {
        self.init(elements.map { QueryParameter(name: $0, value: $1) })
    }

    /// Creates positional parameters.
    public init(arrayLiteral elements: ParameterValue...) {
        self.init(elements.map { QueryParameter(name: nil, value: $0) })
    }
}

/// One parameter of a query.
package struct QueryParameter: Sendable, Hashable {
    /// The name without `@`; `nil` for a positional parameter.
    package var name: String?
    package var value: ParameterValue

    package init(name: String?, value: ParameterValue) {
        self.name = name
        self.value = value
    }
}

extension QueryParameter: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, parameterType, parameterValue
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        value = ParameterValue(
            try container.decode(ParameterContent.self, forKey: .parameterValue),
            try container.decode(ParameterType.self, forKey: .parameterType))
    }

    package func encode(to encoder: any Encoder) throws {
        let value = try value.typed.get()
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(name, forKey: .name)
        try container.encode(value.type, forKey: .parameterType)
        try container.encode(value.content, forKey: .parameterValue)
    }
}
