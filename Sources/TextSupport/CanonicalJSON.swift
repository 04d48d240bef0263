package import Foundation

extension JSONEncoder {
    /// An encoder whose output depends only on the value: members are sorted by name, without indentation or escaped
    /// slashes.
    package static var canonical: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// The encoded value as text.
    package func text(_ value: some Encodable) throws -> String {
        String(decoding: try encode(value), as: UTF8.self)
    }
}
