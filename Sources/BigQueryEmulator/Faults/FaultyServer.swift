import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Serves an emulator's routes over raw sockets, so that instructions can inject faults at the byte level.
///
/// Handles one request at a time per connection, and keeps whole responses in memory.
final class FaultyServer: Sendable {
    private let responder: RouterResponder<BasicRequestContext>
    private let ledger: FaultLedger
    private let logger: Logger
    private let connections = Mutex<[ObjectIdentifier: any Channel]>([:])

    init(router: Router<BasicRequestContext>, ledger: FaultLedger, logger: Logger) {
        responder = router.buildResponder()
        self.ledger = ledger
        self.logger = logger
    }

    /// Listens on 127.0.0.1, in plain text if `tls` is `nil`, calls `body` with the port, and closes all connections
    /// afterwards.
    nonisolated(nonsending) func withRunning<Result>(
        port: Int, tls: NIOSSLContext?, _ body: (Int) async throws -> Result
    ) async throws -> Result {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel, tls) }
            }
            .bind(host: "127.0.0.1", port: port).get()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(listener.localAddress?.port ?? 0))
        } catch {
            result = .failure(error)
        }
        // Clients and `body` can have closed them before.
        try? await listener.close()
        for channel in connections.withLock({ Array($0.values) }) { try? await channel.close() }
        return try result.get()
    }

    private func accept(_ channel: any Channel, _ tls: NIOSSLContext?) throws {
        let id = ObjectIdentifier(channel)
        connections.withLock { $0[id] = channel }
        channel.closeFuture.whenComplete { [self] _ in connections.withLock { $0[id] = nil } }
        if let instruction = ledger.next(for: "connection"), case .end(let how, _) = instruction.delivery {
            _ = how == .reset ? reset(channel) : channel.close()
            return
        }
        if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
        try channel.pipeline.syncOperations.addHandler(RequestReader(server: self))
    }

    /// Resets a connection: with a linger time of zero, the kernel sends RST.
    private func reset(_ channel: any Channel) -> EventLoopFuture<Void> {
        let option = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        return (option ?? channel.eventLoop.makeSucceededVoidFuture()).flatMap { channel.close() }
    }

    /// Consumes the instruction for a request. While its body is incomplete, only instructions that do not wait for
    /// more of it apply.
    fileprivate func instruction(for head: HTTPRequestHead, body: ByteBuffer, isComplete: Bool) -> FaultInstruction? {
        guard let method = APIMethod(head, body: body) else { return nil }
        return ledger.next(for: method.id) { instruction in
            isComplete || instruction.requestBytes.map { $0 <= body.readableBytes } == true
        }
    }

    /// Responds to a request, and closes the channel if the connection cannot be reused.
    fileprivate func response(
        _ head: HTTPRequestHead, _ body: ByteBuffer, by instruction: FaultInstruction?, on channel: any Channel
    ) async throws {
        let serviceResponse =
            instruction?.isPerformed == false ? nil : try await execute(head, body, channel)
        let acceptsGzip =
            head.headers["accept-encoding"].contains { $0.contains("gzip") }
            && head.headers["user-agent"].contains { $0.contains("gzip") }
        let response = try FaultedResponse(
            instruction?.response ?? serviceResponse ?? FaultResponse(status: 200), by: instruction,
            acceptsGzip: acceptsGzip)
        try await send(response, instruction?.delivery ?? .whole, on: channel)
        if response.endsConnection || !head.isKeepAlive { try await channel.close() }
    }

    private func execute(_ head: HTTPRequestHead, _ body: ByteBuffer, _ channel: any Channel) async throws
        -> FaultResponse
    {
        var fields = HTTPFields()
        for (name, value) in head.headers where name.lowercased() != "accept-encoding" {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        let request = Request(
            head: HTTPRequest(
                method: HTTPRequest.Method(rawValue: head.method.rawValue) ?? .get, scheme: "http",
                authority: "127.0.0.1", path: head.uri, headerFields: fields),
            body: RequestBody(buffer: body))
        let context = BasicRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        let response = try await responder.respond(to: request, context: context)
        let collector = Collector()
        try await response.body.write(collector)
        let headers = response.headers.filter { $0.name != .contentLength }.map { ($0.name.rawName, $0.value) }
        return FaultResponse(
            status: response.status.code, headers: headers, body: collector.bytes.withLock { Array(buffer: $0) })
    }

    private func send(_ response: FaultedResponse, _ delivery: FaultDelivery, on channel: any Channel) async throws {
        func write(_ bytes: some Sequence<UInt8>) async throws {
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
        }
        switch delivery {
        case .whole, .corrupt: try await write(response.head + response.body)
        case .slices(let byteCount, let interval):
            // The head is sent at once: the fault is about a slow body.
            if interval > .zero { try await write(response.head) }
            let bytes = interval > .zero ? response.body : response.head + response.body
            for start in stride(from: 0, to: bytes.count, by: byteCount) {
                try await write(bytes[start...].prefix(byteCount))
                if interval > .zero { try await pause(interval, on: channel) }
            }
        case .stall(let duration, let position):
            guard let offset = position.offset(in: response.body.count) else {
                try await pause(duration, on: channel)
                return try await write(response.head + response.body)
            }
            try await write(response.head + response.body[..<offset])
            try await pause(duration, on: channel)
            try await write(response.body[offset...])
        case .end(let how, let position):
            if let offset = position.offset(in: response.body.count) {
                try await write(response.head + response.body[..<offset])
            }
            try await finish(how, on: channel)
        }
    }

    private func finish(_ how: FaultDelivery.End, on channel: any Channel) async throws {
        switch how {
        case .close: try await channel.close()
        case .reset: try await reset(channel).get()
        case .halfClose:
            try await channel.close(mode: .output)
            try await pause(.milliseconds(20), on: channel)
            try await finish(.reset, on: channel)
        case .garbage:
            try await channel.eventLoop.submit {
                let context = try channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
                // From the TLS handler's context, so that the bytes bypass its encryption.
                context.writeAndFlush(NIOAny(ByteBuffer(repeating: 0x58, count: 64)), promise: nil)
            }.get()
            try await finish(.close, on: channel)
        }
    }

    /// Waits for a duration, or until the client disconnects.
    private func pause(_ duration: Duration, on channel: any Channel) async throws {
        let (ends, end) = AsyncStream<Never>.makeStream()
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(duration)) { end.finish() }
        channel.closeFuture.whenComplete { _ in end.finish() }
        for await _ in ends {}
        timer.cancel()
    }

    /// Collects a response body.
    private struct Collector: ResponseBodyWriter, Sendable {
        final class Bytes: Sendable {
            private let buffer = Mutex(ByteBuffer())

            func withLock<Value>(_ body: (inout sending ByteBuffer) -> sending Value) -> Value { buffer.withLock(body) }
        }

        let bytes = Bytes()

        func write(_ buffer: ByteBuffer) async throws {
            bytes.withLock { _ = $0.writeImmutableBuffer(buffer) }
        }

        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

/// Reads the requests of a connection.
private final class RequestReader: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let server: FaultyServer
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(server: FaultyServer) {
        self.server = server
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(var bytes):
            body.writeBuffer(&bytes)
            guard let head, let instruction = server.instruction(for: head, body: body, isComplete: false) else {
                return
            }
            response(head, by: instruction, context)
        case .end:
            guard let head else { return }
            response(head, by: server.instruction(for: head, body: body, isComplete: true), context)
        }
    }

    private func response(_ head: HTTPRequestHead, by instruction: FaultInstruction?, _ context: ChannelHandlerContext)
    {
        self.head = nil
        let (server, channel, body) = (server, context.channel, body)
        context.eventLoop.makeFutureWithTask {
            do {
                try await server.response(head, body, by: instruction, on: channel)
                // The rest of the request is not read.
                if instruction?.requestBytes != nil { try await channel.close() }
            } catch {
                // The client disconnected, or the connection was closed on purpose.
                try? await channel.close()
            }
        }.whenComplete { _ in }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
