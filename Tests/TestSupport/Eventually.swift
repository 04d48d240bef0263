package import Testing

/// Waits for a condition of which no event reports the change: of a file, of another process or of its database.
///
/// - Parameters:
///   - what: the condition, for the failure.
///   - limit: a guard against endless waiting; far longer than any machine takes.
///   - sourceLocation: the place of the failure.
///   - condition: evaluated every 5 ms.
/// - Throws: an `ExpectationFailedError` after the limit; rethrows errors of `condition`.
package func eventually(
    _ what: Comment, within limit: Duration = .seconds(300), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, what, sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(5))
    }
}
