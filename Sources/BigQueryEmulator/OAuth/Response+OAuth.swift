import Hummingbird

extension Response {
    /// An answer, or a refusal, in OAuth's form.
    static func oauth(_ answer: () throws(OAuthError) -> JSONObject) -> Response {
        do throws(OAuthError) {
            return json(try answer(), status: 200)
        } catch {
            return json(error.body, status: error.status)
        }
    }

    static func json(_ object: JSONObject, status: Int = 200) -> Response {
        Response(
            status: .init(code: status),
            headers: [
                .contentType: "application/json; charset=utf-8",
                .cacheControl: "no-cache, no-store, max-age=0, must-revalidate",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: object.indented)))
    }
}
