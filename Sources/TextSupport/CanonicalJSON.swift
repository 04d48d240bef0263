package import Foundation

extension JSONEncoder {
    /// An encoder whose output depends only on the value: members are sorted by name, without indentation or escaped
    /// slashes.
    package static var canonical: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
