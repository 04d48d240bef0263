import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// Which instructions wait for the requests of which method.
///
/// The file is the body of a retry test of Google's storage test bench:
/// `{"instructions": {"bigquery.jobs.getQueryResults": ["return-503", "stall-for-30s-after-4K"]}}`. The instructions of
/// a method are carried out one after another, one a request. Methods have the ids of the API's description; besides
/// there are `bigquery.jobs.dryRun` for a `bigquery.jobs.insert` that asks for a dry run, `oauth2.token`,
/// `oauth2.tokeninfo`, `oauth2.revoke`, and `connection`, whose instructions are met by new connections.
public struct FaultPlan: Sendable {
    /// The instructions by the id of the method.
    public var instructions: [String: [FaultInstruction]]

    /// Makes a plan.
    public init(_ instructions: [String: [FaultInstruction]]) {
        self.instructions = instructions
    }

    /// Reads a plan from a file.
    ///
    /// - Throws: An ``EmulatorError`` that says what is wrong with it.
    public init(contentsOf file: String) throws(EmulatorError) {
        func invalid(_ what: String) -> EmulatorError {
            EmulatorError(
                code: .invalidData, message: "\(file): \(what)",
                hint: #"expected {"instructions": {"bigquery.jobs.getQueryResults": ["return-503"]}}"#)
        }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw EmulatorError.unreadableFile(file)
        }
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

    /// The methods that may have instructions.
    public static let methods =
        [
            "projects.list", "jobs.insert", "jobs.dryRun", "jobs.list", "jobs.get", "jobs.cancel", "jobs.query",
            "jobs.getQueryResults", "datasets.list", "datasets.get", "tables.list", "tables.get", "tabledata.list",
        ].map { "bigquery." + $0 } + ["oauth2.token", "oauth2.tokeninfo", "oauth2.revoke", "connection"]
}

/// Hands out the instructions of a plan, and keeps account of those that were met.
public final class FaultLedger: Sendable {
    /// An instruction that was met.
    public struct Entry: Sendable {
        /// The id of the method whose request met it.
        public var method: String
        /// The instruction.
        public var instruction: FaultInstruction
    }

    private struct State {
        var waiting: [String: [FaultInstruction]]
        var consumed: [Entry] = []
    }

    private let state: Mutex<State>
    private let onEntry: @Sendable (Entry) -> Void

    init(_ plan: FaultPlan, onEntry: @escaping @Sendable (Entry) -> Void) {
        state = Mutex(State(waiting: plan.instructions))
        self.onEntry = onEntry
    }

    /// What was met until now, in its order.
    public var consumed: [Entry] { state.withLock { $0.consumed } }

    /// What was not met until now. Of an instruction that stays in force nothing is left once it was met.
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

    /// Adds instructions behind those that wait.
    public func add(_ plan: FaultPlan) {
        state.withLock { $0.waiting.merge(plan.instructions, uniquingKeysWith: +) }
    }

    /// Drops all instructions that wait: from now on nothing goes wrong.
    public func end() {
        state.withLock { $0.waiting = [:] }
    }

    /// The instruction for a request, which is met by that, unless it is not `isDue` yet.
    func next(for method: String, isDue: (FaultInstruction) -> Bool = { _ in true }) -> FaultInstruction? {
        let entry = state.withLock { state -> Entry? in
            guard let instruction = state.waiting[method]?.first, isDue(instruction) else { return nil }
            if !instruction.isLasting { state.waiting[method]?.removeFirst() }
            let entry = Entry(method: method, instruction: instruction)
            state.consumed.append(entry)
            return entry
        }
        guard let entry else { return nil }
        onEntry(entry)
        return entry.instruction
    }
}

/// Which method of the API a request calls.
struct APIMethod {
    /// The method's id as ``FaultPlan`` names it.
    let id: String

    /// - Parameter body: as much of the body as has come.
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

    /// By the text alone, since the body may not be complete.
    private static func requestsDryRun(_ body: ByteBuffer) -> Bool {
        String(buffer: body).contains(/"dryRun"\s*:\s*true/)
    }
}
