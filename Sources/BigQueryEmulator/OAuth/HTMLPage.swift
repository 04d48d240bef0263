import Hummingbird

/// An HTML page without JavaScript.
struct HTMLPage: Sendable {
    private let title: String
    /// The HTML below the title.
    private let content: String

    func response(status: Int = 200) -> Response {
        let html = """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>\(title.htmlEscaped)</title></head>
            <body>
            <h1>\(title.htmlEscaped)</h1>
            \(content)
            </body>
            </html>

            """
        return Response(
            status: .init(code: status),
            headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }
}

extension HTMLPage {
    /// Google's page for an unavailable server.
    static let serverError = HTMLPage(
        title: "Error 503 (Service Unavailable)!!1", content: "<p>That’s an error. Please try again later.</p>")

    static func refusal(_ error: OAuthErrorResponse) -> HTMLPage {
        HTMLPage(
            title: "Error \(error.status): \(error.error)", content: "<p>\(error.description.htmlEscaped)</p>")
    }

    /// Returns the consent page for the pending request `id`, which its form sends back with the decision.
    static func consent(to request: AuthorizationRequest, id: String, account: String) -> HTMLPage {
        let boxes = request.scopes.enumerated().map { index, scope in
            """
            <p><input type="checkbox" id="scope-\(index)" name="scope" value="\(scope.htmlEscaped)" checked>
            <label for="scope-\(index)">\(scope.htmlEscaped)</label></p>
            """
        }
        return HTMLPage(
            title: "\(request.clientID) wants to access your account",
            content: """
                <p>Signed in to the emulator as \(account.htmlEscaped). Select what it may do:</p>
                <form method="post" action="\(OAuthServer.authorizePath)">
                <input type="hidden" name="request" value="\(id)">
                \(boxes.joined(separator: "\n"))
                <p><button id="deny" name="decision" value="deny">Cancel</button>
                <button id="allow" name="decision" value="allow">Continue</button></p>
                </form>
                """)
    }
}

extension String {
    fileprivate var htmlEscaped: String {
        replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }
}
