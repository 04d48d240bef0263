/// Which jobs jobs.list is to tell of.
struct JobFilter: Sendable {
    private let states: Set<String>
    private let created: ClosedRange<Int64>

    init(_ call: APICall) throws(ServiceError) {
        states = Set(call.parameters["stateFilter"]?.uppercased().split(separator: ",").map(String.init) ?? [])
        let first = try call.integer("minCreationTime") ?? 0
        let last = try call.integer("maxCreationTime") ?? .max
        guard first <= last else {
            throw ServiceError(.invalid, "minCreationTime must not be later than maxCreationTime")
        }
        created = first...last
    }

    func accepts(_ job: Job) -> Bool {
        (states.isEmpty || states.contains(job.phase.name)) && created.contains(job.created.milliseconds)
    }
}
