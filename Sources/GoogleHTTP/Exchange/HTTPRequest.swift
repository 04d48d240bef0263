/// An HTTP request.
public struct HTTPRequest: Sendable {
    /// The supported methods.
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
    }

    /// The method.
    public var method: Method
    /// The encoded URL. It must not contain a secret, since it is logged.
    public var url: String
    /// The headers, in order, without `Authorization`.
    public var headers: [(name: String, value: String)]
    /// The value of the `Authorization` header.
    public var authorization: Secret?
    /// The body, if any.
    public var body: [UInt8]?
    /// The time until the head of the response. Defaults to 30 s.
    public var firstByteTimeout: Duration

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - method: the method.
    ///   - url: the encoded URL, without secrets.
    ///   - headers: the headers, in order, without `Authorization`. Defaults to none.
    ///   - authorization: the value of the `Authorization` header. Defaults to none.
    ///   - body: the body. Defaults to none.
    ///   - firstByteTimeout: the time until the head of the response. Defaults to 30 s.
    public init(
        _ method: Method, _ url: String, headers: [(name: String, value: String)] = [],
        authorization: Secret? = nil, body: [UInt8]? = nil, firstByteTimeout: Duration = .seconds(30)
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.authorization = authorization
        self.body = body
        self.firstByteTimeout = firstByteTimeout
    }

    /// Creates a POST of a form, with percent-encoded values.
    package static func form(_ url: String, _ fields: KeyValuePairs<String, String>) -> HTTPRequest {
        let text = fields.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
        return HTTPRequest(
            .post, url, headers: [("Content-Type", "application/x-www-form-urlencoded")], body: Array(text.utf8)
        )
    }
}

extension HTTPRequest: CustomStringConvertible, CustomReflectable {
    /// Method and URL. The body can contain secrets.
    public var description: String { "\(method.rawValue) \(url)" }

    /// A mirror with method and URL only.
    public var customMirror: Mirror { Mirror(self, children: ["method": method, "url": url]) }
}
