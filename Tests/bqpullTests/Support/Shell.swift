import Foundation

/// Commands as they are typed into a shell.
enum Shell {
    /// Runs a line in bash.
    static func run(_ line: String) async throws -> Binary.Outcome {
        try await Binary(program: URL(fileURLWithPath: "/bin/bash")).run(["-c", line])
    }

    /// The words of a line, with simple quoting.
    static func words(_ line: String) -> [String] {
        var (words, word, isQuoted, hasBegun) = ([String](), "", false, false)
        for character in line {
            switch character {
            case "'", "\"":
                isQuoted.toggle()
                hasBegun = true
            case " " where !isQuoted:
                if hasBegun { words.append(word) }
                (word, hasBegun) = ("", false)
            default:
                word.append(character)
                hasBegun = true
            }
        }
        return hasBegun ? words + [word] : words
    }
}
