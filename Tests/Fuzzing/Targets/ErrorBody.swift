import Foundation
import GoogleHTTP

@testable import BigQuery
@testable import GoogleOAuth

private let statuses = [400, 401, 403, 404, 408, 409, 410, 429, 500, 501, 502, 503, 504, 511, 600, 100, 0, -1]

/// The body of an error response of BigQuery or a token endpoint, which becomes one line of bounded length.
@Sendable func fuzzErrorBody(_ input: inout FuzzInput) {
    let status = input.choose(statuses)
    let kind = input.nextByte() % 3
    let body = input.rest
    switch kind {
    case 0:
        let error = read(HTTPResponseHead(status: status), body)
        requireLine(error.message, atMost: 2_001)
        requireLine(BigQueryError.notBigQuery(body, host: "bigquery.example").message, atMost: 400)
    case 1, 2:
        let exchange: OAuthError.Exchange = kind == 1 ? .refreshToken : .authorizationCode
        let error = OAuthError(status: status, body: body, host: "oauth2.example", exchange: exchange)
        requireLine(error.message, atMost: 400)
    default: break
    }
}

/// Waits for an error that is available immediately.
private func read(_ head: HTTPResponseHead, _ bytes: [UInt8]) -> BigQueryError {
    let (done, result) = (DispatchSemaphore(value: 0), Box())
    Task {
        var body = HTTPBody(chunks: pieces(bytes, seed: 3))
        do {
            result.error = try await BigQueryError.read(head, &body)
        } catch {
            fatalError("\(error)")
        }
        done.signal()
    }
    done.wait()
    guard let error = result.error else { fatalError("nothing was read") }
    return error
}

/// Written before the semaphore is signaled, and read after.
private final class Box: @unchecked Sendable {
    var error: BigQueryError?
}
