import GoogleHTTP
import GoogleOAuth

/// The redirect of a consent request, as the user pastes it.
enum PastedAnswer {
    /// Reads lines until one contains a code. At a terminal, a wrong line can be corrected.
    ///
    /// - Returns: `nil` at the end of the input.
    /// - Throws: `OAuthError`, ``CommandError`` for invalid UTF-8, or `CancellationError`.
    static func code(for request: ConsentRequest, from input: LineInput) async throws -> Secret? {
        while let line = try await input.next() {
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            do throws(OAuthError) {
                return try request.authorizationCode(fromPasted: line)
            } catch {
                guard LineInput.isTerminal, error.code == .noCode || error.code == .wrongState else { throw error }
                StandardError.write("\(error.message)\nhint: \(error.suggestion ?? "")\npaste again:\n")
            }
        }
        try Task.checkCancellation()
        return nil
    }

    static let missing = OAuthError(code: .noCode, message: "no URL was pasted")
        .hinted("run the command in a terminal and paste the URL you were redirected to, or pipe it as one line")
}
