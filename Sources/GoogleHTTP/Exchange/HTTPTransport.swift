/// What carries one HTTP exchange: ``HTTPSTransport``, or a stand-in for tests.
public protocol HTTPTransport: Sendable {
    /// Sends a request and hands its answer to `receive`, which reads as much of the body as it needs.
    ///
    /// Redirects are never followed, bodies never decompressed, failures never repeated.
    /// - Throws: ``HTTPError``, `CancellationError`, or what `receive` throws.
    func exchange<Answer: Sendable>(
        _ request: HTTPRequest,
        receive: @escaping @Sendable (HTTPResponseHead, inout HTTPBody) async throws -> Answer
    ) async throws -> Answer
}
