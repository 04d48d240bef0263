import BigQuery
import Foundation
import GoogleHTTP
import GoogleOAuth
import Synchronization
import TestSupport

/// A client of a scripted service.
func scriptedClient(
    _ transport: ScriptedTransport, tokens: (any TokenProvider)? = nil, clock: ManualClock = ManualClock(),
    adjust: (inout BigQueryConfiguration) -> Void = { _ in }
) throws -> BigQueryClient {
    var configuration = try BigQueryConfiguration(project: "demo", endpoint: HTTPEndpoint("http://127.0.0.1:1"))
    adjust(&configuration)
    return BigQueryClient(configuration, tokens: tokens, transport: transport, clock: clock)
}

/// Provides numbered tokens, and records the rejected ones.
final class CountingTokens: TokenProvider {
    private let state = Mutex((current: 1, rejected: [AccessToken]()))

    var rejected: [AccessToken] { state.withLock { $0.rejected } }

    func accessToken() -> AccessToken {
        AccessToken(Secret("fake-token-\(state.withLock { $0.current })"))
    }

    func reject(_ token: AccessToken) {
        state.withLock {
            $0.current += 1
            $0.rejected.append(token)
        }
    }
}

/// An error response of BigQuery.
func refusal(_ status: Int, _ reason: String, _ message: String = "no") -> ScriptedTransport.Reply {
    .answer(
        status,
        #"{"error":{"code":\#(status),"message":"\#(message)","errors":[{"reason":"\#(reason)","domain":"global","message":"\#(message)"}]}}"#
    )
}

/// The body of a request as JSON.
func json(_ request: HTTPRequest) throws -> NSDictionary {
    let value = try JSONSerialization.jsonObject(with: Data(request.body ?? []))
    return value as? NSDictionary ?? [:]
}
