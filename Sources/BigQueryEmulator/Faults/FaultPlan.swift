import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// The fault instructions of each API method.
///
/// Each request consumes one instruction of its method, in order, as in a retry test of storage-testbench (googleapis).
/// Methods have the IDs of the API's discovery document. Additional ones are
/// `bigquery.jobs.dryRun` for a `bigquery.jobs.insert` with `dryRun`, `oauth2.token`, `oauth2.tokeninfo`,
/// `oauth2.revoke`, and `connection`, whose instructions apply to new connections.
///
/// ```swift
/// import BigQueryEmulator
///
/// func configuration() throws -> EmulatorConfiguration {
///     let unavailable = try FaultInstruction("return-503")
///     return EmulatorConfiguration(faults: FaultPlan(["bigquery.jobs.getQueryResults": [unavailable]]))
/// }
/// ```
public struct FaultPlan: Sendable {
    /// The instructions by method ID.
    public var instructions: [String: [FaultInstruction]]

    /// Creates a plan.
    ///
    /// - Parameter instructions: the instructions by method ID, in the order in which requests consume them.
    public init(_ instructions: [String: [FaultInstruction]]) {
        self.instructions = instructions
    }

    /// Reads a plan from a file in the form of a retry test of storage-testbench: `{"instructions":
    /// {"bigquery.jobs.getQueryResults": ["return-503", "stall-for-30s-after-4K"]}}`.
    ///
    /// - Throws: an ``EmulatorError`` with code `unreadableFile` or `invalidData`.
    package init(contentsOf file: String) throws(EmulatorError) {
        func invalid(_ what: String) -> EmulatorError {
            EmulatorError(
                code: .invalidData,
                message: file + ": " + what
                    + #"; expected {"instructions": {"bigquery.jobs.getQueryResults": ["return-503"]}}"#)
        }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw EmulatorError.unreadableFile(file)
        }
        // Not JSON, or JSON of another form: the error shows the expected one.
        guard let methods = try? JSONParser.parse(Array(data)).object?["instructions"]?.object else {
            throw invalid("has no instructions")
        }
        instructions = [:]
        for member in methods.members {
            guard FaultPlan.methods.contains(member.name) else { throw invalid("\(member.name) is not a method") }
            guard let list = member.value.array else { throw invalid("\(member.name) has no list of instructions") }
            for value in list {
                instructions[member.name, default: []].append(try FaultInstruction(value.string ?? value.text))
            }
        }
    }

    /// The methods that can have instructions.
    static let methods =
        [
            "projects.list", "jobs.insert", "jobs.dryRun", "jobs.list", "jobs.get", "jobs.cancel", "jobs.query",
            "jobs.getQueryResults", "datasets.list", "datasets.get", "tables.list", "tables.get", "tabledata.list",
        ].map { "bigquery." + $0 } + ["oauth2.token", "oauth2.tokeninfo", "oauth2.revoke", "connection"]
}

/// Distributes the instructions of a plan to requests, and records which ones were consumed.
public final class FaultLedger: Sendable {
    /// A consumed or pending instruction.
    public struct Entry: Sendable {
        /// The method ID.
        public internal(set) var method: String
        /// The instruction.
        public internal(set) var instruction: FaultInstruction
    }

    private struct State {
        var waiting: [String: [FaultInstruction]]
        var consumed: [Entry] = []
    }

    private let state: Mutex<State>
    private let changes = StateChanges()
    private let onEntry: @Sendable (Entry) -> Void

    init(_ plan: FaultPlan, onEntry: @escaping @Sendable (Entry) -> Void) {
        state = Mutex(State(waiting: plan.instructions))
        self.onEntry = onEntry
    }

    /// The instructions consumed so far, in order.
    public var consumed: [Entry] { state.withLock { $0.consumed } }

    /// The instructions not consumed so far. An ` always` instruction counts as consumed after its first request.
    public var unmet: [Entry] {
        state.withLock { state in
            state.waiting.flatMap { method, instructions in
                instructions.map { Entry(method: method, instruction: $0) }
            }.filter { entry in
                !entry.instruction.isLasting
                    || !state.consumed.contains {
                        $0.method == entry.method
                            && $0.instruction.description == entry.instruction.description
                    }
            }
        }
    }

    /// Waits until all instructions are consumed.
    ///
    /// - Throws: `CancellationError` if the task is cancelled.
    public func waitUntilAllConsumed() async throws(CancellationError) {
        _ = try await changes.first({ unmet.isEmpty }, where: \.self)
    }

    /// Appends instructions, for example in the middle of a test.
    ///
    /// - Parameter plan: the instructions that follow the pending ones of their method.
    public func add(_ plan: FaultPlan) {
        state.withLock { $0.waiting.merge(plan.instructions, uniquingKeysWith: +) }
    }

    /// Discards all pending instructions: no more faults are injected.
    package func end() {
        state.withLock { $0.waiting = [:] }
        changes.announce()
    }

    /// Consumes the next instruction of a method, unless it is not due yet.
    func next(for method: String, isDue: (FaultInstruction) -> Bool = { _ in true }) -> FaultInstruction? {
        let entry = state.withLock { state -> Entry? in
            guard let instruction = state.waiting[method]?.first, isDue(instruction) else { return nil }
            if !instruction.isLasting { state.waiting[method]?.removeFirst() }
            let entry = Entry(method: method, instruction: instruction)
            state.consumed.append(entry)
            return entry
        }
        guard let entry else { return nil }
        changes.announce()
        onEntry(entry)
        return entry.instruction
    }
}

/// The API method that a request calls.
struct APIMethod {
    /// The method ID as in ``FaultPlan``.
    let id: String

    /// Identifies the method from the request's head and the part of its body that has arrived.
    init?(_ head: HTTPRequestHead, body: ByteBuffer) {
        let path = head.uri.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        if path.count == 1, ["token", "tokeninfo", "revoke"].contains(path[0]) {
            id = "oauth2." + path[0]
            return
        }
        guard path.count >= 3, path[..<3] == ["bigquery", "v2", "projects"] else { return nil }
        let isPost = head.method == .POST
        let name: String? =
            switch (path.dropFirst(4).first, path.count) {
            case (nil, 3): "projects.list"
            case ("jobs", 5): isPost ? (Self.requestsDryRun(body) ? "jobs.dryRun" : "jobs.insert") : "jobs.list"
            case ("jobs", 6): "jobs.get"
            case ("jobs", 7): "jobs.cancel"
            case ("queries", 5): "jobs.query"
            case ("queries", 6): "jobs.getQueryResults"
            case ("datasets", 5): "datasets.list"
            case ("datasets", 6): "datasets.get"
            case ("datasets", 7): "tables.list"
            case ("datasets", 8): "tables.get"
            case ("datasets", 9): "tabledata.list"
            default: nil
            }
        guard let name else { return nil }
        id = "bigquery." + name
    }

    /// Matches text, since the body can be incomplete.
    private static func requestsDryRun(_ body: ByteBuffer) -> Bool {
        String(buffer: body).contains(/"dryRun"\s*:\s*true/)
    }
}
