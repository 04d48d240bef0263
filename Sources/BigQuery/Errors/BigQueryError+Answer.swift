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

    /// The error that an answer with an error status stands for. Its body is read to its end.
    ///
    /// The body need not be BigQuery's: proxies send HTML, and some servers leave parts out.
    static func read(_ head: HTTPResponseHead, _ body: inout HTTPBody, limits: BodyLimits = .error) async throws
        -> BigQueryError
    {
        let bytes = try await readBytes(head, &body, limits: limits)
        var error: BigQueryError
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
            // What BigQuery does not find or take, it says in its own form.
            if [.notFound, .queryFailed].contains(error.code) {
                error.code = .unexpectedAnswer
                error.hint = unexpectedAnswerHint
            }
        }
        error.retryAfter = head.retryAfter
        return error
    }

    /// What to do about an answer that is not BigQuery's.
    static let unexpectedAnswerHint =
        "check the endpoint, and whether a proxy or a login page answers in the place of Google"

    /// The error for an answer with a success status whose body is another server's.
    static func notBigQuery(_ body: some Collection<UInt8>, host: String, cause: (any Error)? = nil) -> BigQueryError {
        let excerpt = printable(String(decoding: body.prefix(800), as: UTF8.self), limit: 200)
        return BigQueryError(
            code: .unexpectedAnswer, message: "\(host) did not answer like BigQuery: \(excerpt)",
            hint: unexpectedAnswerHint, cause: cause)
    }

    /// A body that cannot be read does not hide the status, nor does one that is too large. One that only becomes too
    /// large when it is inflated is meant to do harm.
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
