import BigQueryRows
import Foundation
import GoogleHTTP
import TextSupport

extension BigQueryError {
    private struct Envelope: Decodable {
        struct Failure: Decodable {
            var message: String?
            var errors: [ErrorProto]?
            var details: [Detail]?
        }

        /// Google's `ErrorInfo`, the only place of a reason where `errors` is missing.
        struct Detail: Decodable {
            var reason: String?
        }

        var error: Failure
    }

    /// Reads an error response.
    ///
    /// The body need not be BigQuery's: proxies send HTML, and some servers leave members out.
    ///
    /// - Throws: `RowsError` with code `bodyTooLarge`, `HTTPError`, or `CancellationError`.
    static func read(_ head: HTTPResponseHead, _ body: inout HTTPBody, limits: BodyLimits = .error) async throws
        -> BigQueryError
    {
        let bytes = try await readBytes(head, &body, limits: limits)
        var error: BigQueryError
        // Without an envelope, the excerpt of the body says more than the decoding error.
        if let failure = try? JSONDecoder().decodeUnambiguous(Envelope.self, from: bytes).error {
            let first = failure.errors?.first
            let message = failure.message ?? first?.message ?? "HTTP \(head.status)"
            let reason = first?.reason ?? failure.details?.lazy.compactMap(\.reason).first
            error = BigQueryError(reason: reason, status: head.status, message: printable(message, limit: 2_000))
        } else {
            let text = printable(String(decoding: bytes.prefix(800), as: UTF8.self), limit: 200)
            error = BigQueryError(
                reason: nil, status: head.status,
                message: text.isEmpty ? "HTTP \(head.status)" : "HTTP \(head.status): \(text)"
            )
            // BigQuery itself reports these in its own format.
            if [.notFound, .queryFailed].contains(error.code) { error.code = .unexpectedAnswer }
        }
        error.retryAfter = head.retryAfter
        return error
    }

    /// The error for a successful response of another server.
    static func notBigQuery(_ body: some Collection<UInt8>, host: String, cause: (any Error)? = nil) -> BigQueryError {
        let excerpt = printable(String(decoding: body.prefix(800), as: UTF8.self), limit: 200)
        return BigQueryError(
            code: .unexpectedAnswer, message: "the response of \(host) is not from BigQuery: \(excerpt)", cause: cause)
    }

    /// A body that is damaged or too large does not hide the status. One that is too large only after inflating is a
    /// gzip bomb.
    private static func readBytes(_ head: HTTPResponseHead, _ body: inout HTTPBody, limits: BodyLimits) async throws
        -> [UInt8]
    {
        do {
            var isEmpty = true
            var inflated = try PageBody(contentEncoding: head["Content-Encoding"], limits: limits)
            while try await body.read({ chunk in
                isEmpty = false
                try inflated.receive(chunk)
            }) {}
            return isEmpty ? [] : try inflated.finish().bytes
        } catch let error as RowsError where error.code != .bodyTooLarge || head["Content-Encoding"] == nil {
            return []
        }
    }
}

/// BigQuery's `ErrorProto`: one reason with its message.
struct ErrorProto: Decodable, Sendable {
    var reason: String?
    var message: String?
}
