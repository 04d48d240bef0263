/// Carries HTTP exchanges: ``HTTPSTransport``, or a substitute in tests.
public protocol HTTPTransport: Sendable {
    /// Sends a request and passes the response to `receive`, which reads as much of the body as it needs.
    ///
    /// Redirects are not followed, bodies not decompressed, failures not retried.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - receive: reads the response.
    /// - Returns: what `receive` returns.
    /// - Throws: ``HTTPError``, `CancellationError`, or what `receive` throws.
    func exchange<Response: Sendable>(
        _ request: HTTPRequest,
        receive: @escaping @Sendable (HTTPResponseHead, inout HTTPBody) async throws -> Response
    ) async throws -> Response
}
