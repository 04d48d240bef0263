/// A named parameter that a query uses and its request does not declare.
package struct UndeclaredParameter: Sendable, Hashable {
    /// The name without `@`, in the service's spelling.
    package var name: String
    /// The inferred type; `unknown` if the service reported one that this version cannot read.
    package var type: ParameterType

    package init(name: String, type: ParameterType) {
        self.name = name
        self.type = type
    }
}

/// The wire form of undeclared parameters. Positional parameters, which have no name, are skipped.
struct UndeclaredParameters: Decodable, Sendable {
    private struct Element: Decodable {
        private struct TypeName: Decodable {
            var type: String?
        }

        private enum CodingKeys: String, CodingKey {
            case name, parameterType
        }

        var name: String?
        var type: ParameterType

        init(from decoder: any Decoder) throws {
            let container = try? decoder.container(keyedBy: CodingKeys.self)
            name = try? container?.decodeIfPresent(String.self, forKey: .name)
            // An estimate must not fail because of a type that only some queries need.
            let known = try? container?.decodeIfPresent(ParameterType.self, forKey: .parameterType)
            let typeName = try? container?.decodeIfPresent(TypeName.self, forKey: .parameterType)?.type
            type = known ?? .unknown(typeName ?? "")
        }
    }

    var parameters: [UndeclaredParameter]

    init(from decoder: any Decoder) throws {
        let elements = try? decoder.singleValueContainer().decode([Element].self)
        parameters = (elements ?? []).compactMap { element in
            guard let name = element.name, !name.isEmpty else { return nil }
            return UndeclaredParameter(name: name, type: element.type)
        }
    }
}
