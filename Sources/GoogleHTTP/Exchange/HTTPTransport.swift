/// Carries HTTP exchanges: ``HTTPSTransport``, or a substitute in tests.
///
/// ```swift
/// import GoogleHTTP
///
/// struct ConstantTransport: HTTPTransport {
///     func exchange<Response: Sendable>(
///         _ request: HTTPRequest,
///         receive: @escaping @Sendable (HTTPResponseHead, inout HTTPBody) async throws -> Response
///     ) async throws -> Response {
///         var body = HTTPBody(chunks: [Array(#"{"kind": "test"}"#.utf8)])
///         return try await receive(HTTPResponseHead(status: 200), &body)
///     }
/// }
/// ```
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
