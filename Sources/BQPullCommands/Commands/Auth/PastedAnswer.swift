import GoogleHTTP
import GoogleOAuth

/// The answer to a consent request, as somebody pastes it.
enum PastedAnswer {
    /// Reads lines until one has a code; at a terminal a wrong one may be tried again.
    ///
    /// - Returns: `nil` at the end of the input.
    /// - Throws: `OAuthError`, ``CommandError`` for what is not UTF-8, or `CancellationError`.
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
