import Foundation

/// A yes-or-no question on the terminal.
enum Confirmation {
    /// Whether a person can answer.
    static var isPossible: Bool { LineInput.isTerminal && StandardError.isTerminal }

    /// Shows a text and asks a question about it.
    ///
    /// - Returns: whether the answer was yes.
    /// - Throws: `CancellationError`.
    static func ask(_ question: String, about text: String, _ display: ProgressDisplay) async throws -> Bool {
        try await display.paused {
            Diagnostics.info(text)
            StandardError.write("\(question) [y/N] ")
            return try await isNextLineYes()
        }
    }

    /// Reads the answer to a question.
    static func isNextLineYes() async throws -> Bool {
        let answer = try await LineInput().next()?.trimmingCharacters(in: .whitespaces).lowercased()
        try Task.checkCancellation()
        return answer == "y" || answer == "yes"
    }
}
