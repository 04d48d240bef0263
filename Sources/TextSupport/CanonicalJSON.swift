package import Foundation

extension JSONEncoder {
    /// An encoder whose output depends on the value only: members are sorted by name, nothing is indented, slashes are
    /// not escaped.
    package static var canonical: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
