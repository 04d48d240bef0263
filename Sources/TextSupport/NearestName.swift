/// Finds the name that a mistyped one resembles.
package enum NearestName {
    /// The name with the smallest edit distance; `nil` if no name is similar.
    package static func find(_ name: String, among names: [String]) -> String? {
        let candidates = names.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
        guard let best = candidates.min(by: { $0.distance < $1.distance }),
            best.distance <= max(1, (name.count + 2) / 3)
        else { return nil }
        return best.name
    }

    /// `did you mean orders?`; `nil` if no name is similar.
    package static func suggestion(_ name: String, among names: [String]) -> String? {
        find(name, among: names).map { "did you mean \($0)?" }
    }

    /// The Levenshtein distance.
    private static func distance(_ one: String, _ other: String) -> Int {
        let other = Array(other)
        var row = Array(0...other.count)
        for (index, character) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, candidate) in other.enumerated() {
                let changed = diagonal + (character == candidate ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
