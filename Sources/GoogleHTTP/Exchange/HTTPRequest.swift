/// One request.
public struct HTTPRequest: Sendable {
    /// The method; no others are used.
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
    }

    /// The method.
    public var method: Method
    /// The whole address, encoded. It must hold no secret, since it is logged.
    public var url: String
    /// Headers in the order in which they are sent; without `Authorization`.
    public var headers: [(name: String, value: String)]
    /// The value of the `Authorization` header.
    public var authorization: Secret?
    /// The body, if there is one.
    public var body: [UInt8]?
    /// How long the head of the answer may take. Defaults to 30 s.
    public var firstByteTimeout: Duration

    /// Makes a request.
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

    /// A POST of a form, all values percent-encoded in the body.
    public static func form(_ url: String, _ fields: KeyValuePairs<String, String>) -> HTTPRequest {
        let text = fields.map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
        return HTTPRequest(
            .post, url, headers: [("Content-Type", "application/x-www-form-urlencoded")], body: Array(text.utf8)
        )
    }
}

extension HTTPRequest: CustomStringConvertible, CustomReflectable {
    /// Method and address, since the body may hold secrets.
    public var description: String { "\(method.rawValue) \(url)" }

    /// A mirror that shows method and address only.
    public var customMirror: Mirror { Mirror(self, children: ["method": method, "url": url]) }
}
