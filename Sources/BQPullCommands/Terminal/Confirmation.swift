import Foundation

/// A question that a person answers with yes or no.
enum Confirmation {
    /// Whether there is a person to answer.
    static var isPossible: Bool { LineInput.isTerminal && StandardError.isTerminal }

    /// Shows a text and asks a question about it.
    ///
    /// - Returns: whether the answer was yes.
    /// - Throws: `CancellationError`.
    static func ask(_ question: String, about text: String, _ display: ProgressDisplay) async throws -> Bool {
        let answer = try await display.paused {
            Diagnostics.info(text)
            StandardError.write("\(question) [y/N] ")
            let answer = try await LineInput().next()?.trimmingCharacters(in: .whitespaces).lowercased()
            try Task.checkCancellation()
            return answer
        }
        return answer == "y" || answer == "yes"
    }
}
