import Foundation
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
