import SQLiteStaging

extension StagingDatabase {
    /// Plans a run of the load that the options name; `nil` for a plain pull.
    ///
    /// Throws ``PullError`` if the records of the load or of its table rule out the run.
    func plan(_ options: LoadOptions, into target: StagingTarget) async throws -> LoadPlan? {
        guard let name = options.name(into: target) else { return nil }
        let state = try await loadState(of: name)
        var plan: LoadPlan
        do {
            plan = try LoadPlan(name, options, into: target, state)
        } catch {
            throw try await proposingFreeNames(error)
        }
        // The result can contradict the recorded type.
        if plan.recordedType != nil { plan.newName = try await freeName(plan.newName, besides: []) }
        return plan
    }

    /// Replaces the names that an error proposes for new loads by names that no load has.
    private func proposingFreeNames(_ error: PullError) async throws -> PullError {
        var error = error
        switch error.detail {
        case .changedQuery(let name, let newName, let needsLoadColumn):
            let newName = try await freeName(newName, besides: [])
            error.detail = .changedQuery(name: name, newName: newName, needsLoadColumn: needsLoadColumn)
        case .takenName(let newName):
            error.detail = .takenName(newName: try await freeName(newName, besides: []))
        case .unassigned(var loads):
            for place in loads.indices {
                let earlier = loads[..<place].map { SQLiteName($0.name) }
                loads[place].name = try await freeName(loads[place].name, besides: Set(earlier))
            }
            error.detail = .unassigned(loads)
        default: break
        }
        return error
    }

    /// The name, or the next one that no load has.
    private func freeName(_ name: String, besides taken: Set<SQLiteName>) async throws -> String {
        var candidate = name
        while true {
            if !taken.contains(SQLiteName(candidate)), try await loadState(of: candidate).record == nil {
                return candidate
            }
            candidate = LoadPlan.nextName(after: candidate)
        }
    }
}

extension LoadPlan {
    /// `orders_2` after `orders`, and `orders_3` after `orders_2`.
    static func nextName(after name: String) -> String {
        let digits = name.utf8.reversed().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
        let base = name.dropLast(digits)
        // Long numbers belong to the name.
        guard base.last == "_", let number = Int(name.suffix(digits)), number < 1000 else { return "\(name)_2" }
        return "\(base)\(number + 1)"
    }
}
