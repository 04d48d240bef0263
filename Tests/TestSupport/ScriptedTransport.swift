package import GoogleHTTP
import Synchronization

/// A transport that returns scripted responses and records requests.
package final class ScriptedTransport: HTTPTransport {
    /// A response or a failure.
    package enum Reply: Sendable {
        case answer(HTTPResponseHead, [[UInt8]])
        case failure(HTTPError)

        /// Waits until the task is cancelled, as for a server that does not respond.
        package static func never() async -> Reply {
            // The failure stands for the dropped cancellation error.
            try? await Task.sleep(for: .seconds(3600))
            return .failure(HTTPError(code: .connectionLost, message: "cancelled"))
        }

        /// A response with a text body.
        package static func answer(
            _ status: Int, _ body: String = "", headers: [(name: String, value: String)] = []
        ) -> Reply {
            .answer(HTTPResponseHead(status: status, headers: headers), [Array(body.utf8)])
        }
    }

    private let state = Mutex((requests: [HTTPRequest](), replies: [Reply]()))
    private let respond: @Sendable (HTTPRequest) async -> Reply?

    /// Returns these responses in order.
    package init(_ replies: [Reply]) {
        respond = { _ in nil }
        state.withLock { $0.replies = replies.reversed() }
    }

    /// Returns the responses of `respond`.
    package init(respond: @escaping @Sendable (HTTPRequest) async -> Reply) {
        self.respond = respond
    }

    /// The requests so far.
    package var requests: [HTTPRequest] { state.withLock { $0.requests } }

    /// The number of unused responses.
    package var unusedReplies: Int { state.withLock { $0.replies.count } }

    package func exchange<Answer: Sendable>(
        _ request: HTTPRequest,
        receive: @escaping @Sendable (HTTPResponseHead, inout HTTPBody) async throws -> Answer
    ) async throws -> Answer {
        let scripted = state.withLock { state in
            state.requests.append(request)
            return state.replies.popLast()
        }
        let reply: Reply
        if let scripted {
            reply = scripted
        } else {
            reply =
                await respond(request) ?? .failure(HTTPError(code: .connectionFailed, message: "the script is over"))
        }
        switch reply {
        case .failure(let error): throw error
        case .answer(let head, let chunks):
            var body = HTTPBody(chunks: chunks)
            return try await receive(head, &body)
        }
    }
}

extension HTTPRequest {
    /// The body as text.
    package var bodyText: String { String(decoding: body ?? [], as: UTF8.self) }
}
