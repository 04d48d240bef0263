/// Durations are seconds in JSON. The synthesized conformances of this module call this overload.
extension KeyedEncodingContainer {
    mutating func encode(_ duration: Duration, forKey key: Key) throws {
        try encode(duration / .seconds(1), forKey: key)
    }
}
